"""Finished runs under folders: search, naming and reading."""

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .provenance import agreed_versions
from .representation_file import scores_and_ranks
from .reuse import training_key
from .run_folder import FAILURE, RunFolder, state_of

#: Entry of run.json: the version of a user's own method.
_FILE = "method_file"
_FILES = {"run.json", "config.json", FAILURE}

#: Run's name → its metrics, config and status.
Runs = dict[str, tuple[pd.DataFrame, Mapping[str, Any], Mapping[str, Any]]]


def read_runs(root: Path, half_done: bool = False) -> tuple[Runs, dict[str, str]]:
    """The finished runs under a folder, and why others are left out.

    A run is named by its folder, relative to the root, or to what the root lies in where that is
    itself a run's folder.

    Args:
        root: the folder.
        half_done: whether runs under way count too, as far as they have been probed. Until a run
            is finished its tables have no checksums.

    Raises:
        ValueError: no folder of runs.
    """
    if not root.is_dir():
        raise ValueError(f"no folder {root}")
    paths = _run_folders(root)
    if not paths:
        raise ValueError(f"{root} holds no runs")
    above = [root.resolve().name] if root in paths else []
    runs: Runs = {}
    left_out: dict[str, str] = {}
    for path in paths:
        name = "/".join([*above, *path.relative_to(root).parts])
        try:
            runs[name] = _read(RunFolder(path), half_done)
        except (ValueError, OSError) as error:
            left_out[name] = str(error)
    return runs, left_out


def path_of(root: Path, name: str) -> Path:
    """The folder of a run, by the name that :func:`read_runs` gave it under a root."""
    is_run = any((root / file).exists() for file in _FILES)
    return (root.resolve().parent if is_run else root) / name


def _run_folders(root: Path) -> list[Path]:
    """The folders under a root that hold files of a run, also those that links lead to.

    Each is found once, however many links lead to it, and by the path without links where it has
    one: links are followed when all else is known, and into no folder a second time, so that one
    to a folder around it makes no endless loop.
    """
    folders: list[Path] = []
    known: set[str] = set()
    starts = [root]
    while starts:
        links: list[Path] = []
        for start in starts:
            for path, names, files in os.walk(start):
                if (real := os.path.realpath(path)) in known:
                    names.clear()
                    continue
                known.add(real)
                if not _FILES.isdisjoint(files):
                    folders.append(Path(path))
                links += filter(Path.is_symlink, (Path(path, name) for name in names))
        starts = sorted(links)
    return sorted(folders)


@dataclass(frozen=True)
class _Found:
    """A run as it was read, and where it stands.

    Attributes:
        home: the runs that it stands among.
        name: its name there.
        metrics: its rows.
        status: its run.json.
    """

    home: Runs
    name: str
    metrics: pd.DataFrame
    status: Mapping[str, Any]

    @property
    def probes(self) -> set[str]:
        """What was fitted."""
        return {*self.metrics["probe"]}

    @property
    def is_finished(self) -> bool:
        """Whether it has gone to its end."""
        return bool(self.status.get("status") == "finished")

    def is_part_of(self, other: "_Found") -> bool:
        """Whether another run of the same config has learnt and read the same, as far as this went.

        Equal configs do not say so: a method's file and the generator may have changed between the
        two, and another machine rounds otherwise.
        """
        if self.status.get(_FILE) != other.status.get(_FILE):
            return False
        own, theirs = agreed_versions(self.status), agreed_versions(other.status)
        if any(own[name] != theirs[name] for name in own.keys() & theirs.keys()):
            return False
        columns = ["epoch", "task", "metric", "value"]
        mine, others = (
            set(part.loc[part["probe"] == "linear", columns].itertuples(index=False, name=None))
            for part in (self.metrics, other.metrics)
        )
        return mine == others if self.is_finished and other.is_finished else mine <= others


def drop_superseded(folders: Mapping[str, Runs]) -> dict[str, str]:
    """Drop runs for which a run with the same training has a strict superset of the probes.

    Runs of one config whose scores, method's file or generator differ stay, for the reader of the
    table to choose from: there a seed that counts twice is refused.

    Args:
        folders: root → the runs under it, which may be superseded by those of another root.

    Returns:
        The names of those dropped, and why.
    """
    alike: dict[str, list[_Found]] = {}
    for runs in folders.values():
        for name, (metrics, config, status) in runs.items():
            if isinstance(config.get("probe"), dict):
                found = _Found(runs, name, metrics, status)
                alike.setdefault(training_key(config), []).append(found)
    left_out: dict[str, str] = {}
    for group in alike.values():
        for run in group:
            further = [
                other for other in group if run.probes < other.probes and run.is_part_of(other)
            ]
            if not further:
                continue
            most = max(further, key=lambda other: len(other.probes))
            del run.home[run.name]
            more_of = "with further controls"
            if not run.is_finished:
                more_of = f"and has gone further than epoch {run.status.get('epoch')}"
            left_out[run.name] = f"{most.name} is the same training {more_of}"
        left_out |= _merge_controls(
            [run for run in group if run.name in run.home and run.is_finished]
        )
    return left_out


def _merge_controls(group: Sequence[_Found]) -> dict[str, str]:
    """Add the controls of finished runs to the first of the same training and the same scores.

    Neither has all controls of the other, so both would stand in the table, as one seed twice.

    Returns:
        The names of those dropped, and why.
    """
    left_out: dict[str, str] = {}
    firsts: list[_Found] = []
    for run in group:
        kept = next((first for first in firsts if run.is_part_of(first)), None)
        if kept is None:
            firsts.append(run)
            continue
        own, config, status = kept.home[kept.name]
        _, other_config, _ = run.home[run.name]
        further = run.metrics[~run.metrics["probe"].isin(set(own["probe"]))]
        if further.empty:
            continue
        named = (each["probe"].get("controls") or [] for each in (config, other_config))
        controls = list(dict.fromkeys(itertools.chain(*named)))
        config = {**config, "probe": {**config["probe"], "controls": controls}}
        kept.home[kept.name] = pd.concat([own, further], ignore_index=True), config, status
        del run.home[run.name]
        left_out[run.name] = (
            f"it is the training of {kept.name} with other controls, which are added there"
        )
    return left_out


def _read(
    folder: RunFolder, half_done: bool
) -> tuple[pd.DataFrame, Mapping[str, Any], Mapping[str, Any]]:
    """Metrics, config and status of a finished run, or of a half-done one too.

    Raises:
        ValueError: it is not finished, or damaged.
    """
    state = state_of(folder.path)
    # Damage makes a run half done, too; and one that failed is left out with its reason.
    under_way = half_done and state.name == "half done" and state.failure is None
    if state.name != "finished" and not under_way:
        failed = f"; it failed: {state.failure}" if state.failure else ""
        where = f" after epoch {state.epoch}" if state.epoch is not None else ""
        raise ValueError(f"{state.name.replace('new', 'not begun')}{where}{failed}")
    config, status = folder.read_json("config.json"), folder.read_status()
    if config is None or status is None:
        raise ValueError(f"{folder.path / 'config.json'} is missing")
    if not isinstance(config.get("weights") or {}, dict):
        raise ValueError(f"{folder.path / 'config.json'} is damaged: its weights are no object")
    if not isinstance(status.get("versions") or {}, dict):
        raise ValueError(f"{folder.path / 'run.json'} is damaged: its versions are no object")
    return scores_and_ranks(folder), config, status
