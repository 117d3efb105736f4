"""Finished runs under folders: search, naming and reading."""

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

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


def drop_superseded(folders: Mapping[str, Runs]) -> dict[str, str]:
    """Drop runs for which a run with the same training has a strict superset of the probes.

    Args:
        folders: root → the runs under it, which may be superseded by those of another root.

    Returns:
        The names of those dropped, and why.
    """
    alike: dict[str, list[tuple[Runs, str, set[str]]]] = {}
    for runs in folders.values():
        for name, (metrics, config, _) in runs.items():
            if isinstance(config.get("probe"), dict):
                alike.setdefault(training_key(config), []).append((runs, name, {*metrics["probe"]}))
    left_out: dict[str, str] = {}
    for group in alike.values():
        for runs, name, probes in group:
            for further in [other for _, other, more in group if probes < more][-1:]:
                _, _, status = runs.pop(name)
                more_of = "with further controls"
                if status.get("status") != "finished":
                    more_of = f"and has gone further than epoch {status.get('epoch')}"
                left_out[name] = f"{further} is the same training {more_of}"
        left_out |= _merge_controls(group)
    return left_out


def _merge_controls(group: Sequence[tuple[Runs, str, set[str]]]) -> dict[str, str]:
    """Add the controls of finished runs to the first with the same training and the same scores.

    Neither has all controls of the other, so both would stand in the table, as one seed twice.

    Returns:
        The names of those dropped, and why.
    """
    left_out: dict[str, str] = {}
    kept: tuple[Runs, str] | None = None
    for runs, name, _ in group:
        if name not in runs or runs[name][2].get("status") != "finished":
            continue
        if kept is None:
            kept = runs, name
            continue
        home, first = kept
        (own, config, status), (metrics, other_config, other_status) = home[first], runs[name]
        columns = ["epoch", "task", "metric", "value"]
        linear = [part[part["probe"] == "linear"][columns] for part in (own, metrics)]
        same = linear[0].reset_index(drop=True).equals(linear[1].reset_index(drop=True))
        further = metrics[~metrics["probe"].isin(set(own["probe"]))]
        if further.empty or not same or status.get(_FILE) != other_status.get(_FILE):
            continue
        named = (each["probe"].get("controls") or [] for each in (config, other_config))
        controls = list(dict.fromkeys(itertools.chain(*named)))
        config = {**config, "probe": {**config["probe"], "controls": controls}}
        home[first] = pd.concat([own, further], ignore_index=True), config, status
        del runs[name]
        left_out[name] = f"it is the training of {first} with other controls, which are added there"
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
