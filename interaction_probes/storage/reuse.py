"""Reuse of a checkpoint: runs that differ only in their controls have the same training."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from interaction_probes.settings.config import RunConfig, to_dict
from interaction_probes.settings.registry import changed_source, find_method
from interaction_probes.settings.stored_config import with_unstored

from .provenance import other_generator
from .run_folder import RunFolder, State, state_of

#: Training key → the folders of such runs, whether finished or not.
_FoldersByKey = dict[str, list[RunFolder]]


def training_key(plain: Mapping[str, Any]) -> str:
    """A config without its controls, as text: runs with equal keys have the same training.

    Args:
        plain: the config, as config.json holds it.
    """
    filled = with_unstored(plain)
    probe = {name: value for name, value in filled["probe"].items() if name != "controls"}
    return json.dumps({**filled, "probe": probe}, sort_keys=True)


def find_reusable(config: RunConfig, out: Path) -> RunFolder | None:
    """A finished run whose checkpoint serves a config, as it differs only in its controls.

    None if the checkpoint is missing, the method is not trained, or the method's source file or the
    version of the generator has changed. A run on a dataset has masks of earlier epochs too, which
    no checkpoint of a run without them can give.
    """
    return _reusable(config, _folders_by_key(out, _pattern(config)))


def to_do(
    configs: Sequence[RunConfig], states: Sequence[State], out: Path
) -> list[tuple[RunConfig, int | None]]:
    """Unfinished runs, and how many epochs each has already (None: not begun).

    Args:
        configs: the runs.
        states: how far each is.
        out: the folder of their folders.
    """
    known: dict[
        str, _FoldersByKey
    ] = {}  # every config.json is read once, however many runs there are
    unfinished: list[tuple[RunConfig, int | None]] = []
    for config, state in zip(configs, states, strict=True):
        if state.name == "finished":
            continue
        done = state.epoch
        if state.name == "new":
            pattern = _pattern(config)
            if pattern not in known:
                known[pattern] = _folders_by_key(out, pattern)
            done = config.optim.epochs if _reusable(config, known[pattern]) else None
        unfinished.append((config, done))
    return unfinished


def _pattern(config: RunConfig) -> str:
    """A glob for the folders of runs that may have the same training."""
    return f"*-{config.preset}-{config.pairs}-s{config.seed}-*"


def _folders_by_key(out: Path, pattern: str) -> _FoldersByKey:
    folders: _FoldersByKey = {}
    for path in sorted(out.glob(f"{pattern}/config.json")):
        folder = RunFolder(path.parent)
        try:
            folder.read_status()  # refuses a later version's
            folders.setdefault(training_key(folder.read_json("config.json") or {}), []).append(
                folder
            )
        except (ValueError, KeyError, AttributeError, TypeError):  # damaged, or another version's
            continue
    return folders


def _reusable(config: RunConfig, folders: _FoldersByKey) -> RunFolder | None:
    if not (find_method(config.method).terms and config.optim.epochs):
        return None
    for folder in folders.get(training_key(to_dict(config)), []):
        # Of a finished run the checkpoint may have been deleted, and only it holds what was learnt.
        kept = (folder.path / "checkpoint.pt").exists()
        if kept and state_of(folder.path).name == "finished" and _has_masks_for(config, folder):
            status = folder.read_status() or {}
            if not (changed_source(status, config.method) or other_generator(status)):
                return folder
    return None


def _has_masks_for(config: RunConfig, folder: RunFolder) -> bool:
    """Whether a run has the masks that a config asks for at other epochs than the last."""
    if not (config.data.path and config.probe.has("masks")):
        return True
    stored = (folder.read_json("config.json") or {}).get("probe", {}).get("controls", ())
    return replace(config.probe, controls=tuple(stored)).has("masks")
