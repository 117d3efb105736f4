"""Runs that differ in their controls alone train alike: one training serves all of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from interaction_probes.settings.config import RunConfig, to_dict
from interaction_probes.settings.registry import changed_source, find_method

from .run_folder import RunFolder, State, state_of

#: What trains alike → the folders of such runs, whether finished or not.
_Alike = dict[str, list[RunFolder]]


def training_of(plain: Mapping[str, Any]) -> str:
    """A text of what in a config decides all but the controls, which follow the last epoch.

    Args:
        plain: the config, as config.json holds it.
    """
    probe = {name: value for name, value in plain["probe"].items() if name != "controls"}
    return json.dumps({**plain, "probe": probe}, sort_keys=True)


def trained_before(config: RunConfig, out: Path) -> RunFolder | None:
    """A finished run in a folder of runs that differs from a config in its controls alone.

    None without its checkpoint, of a method that learns nothing, or whose file has changed since.
    """
    return _finished(config, _alike(out, _pattern(config)))


def to_do(
    configs: Sequence[RunConfig], states: Sequence[State], out: Path
) -> list[tuple[RunConfig, int | None]]:
    """The runs that are not finished, and the epochs that each need not train (None: not begun).

    Args:
        configs: the runs.
        states: how far each is.
        out: the folder of their folders.
    """
    known: dict[str, _Alike] = {}  # every config.json is read once, however many runs there are
    left: list[tuple[RunConfig, int | None]] = []
    for config, state in zip(configs, states, strict=True):
        if state.name == "finished":
            continue
        done = state.epoch
        if state.name == "new":
            pattern = _pattern(config)
            if pattern not in known:
                known[pattern] = _alike(out, pattern)
            done = config.optim.epochs if _finished(config, known[pattern]) else None
        left.append((config, done))
    return left


def _pattern(config: RunConfig) -> str:
    """What the names of folders of runs that could train alike have in common."""
    return f"*-{config.preset}-{config.pairs}-s{config.seed}-*"


def _alike(out: Path, pattern: str) -> _Alike:
    found: _Alike = {}
    for path in sorted(out.glob(f"{pattern}/config.json")):
        folder = RunFolder(path.parent)
        try:
            found.setdefault(training_of(folder.read_json("config.json") or {}), []).append(folder)
        except (ValueError, KeyError, AttributeError, TypeError):  # damaged, or another version's
            continue
    return found


def _finished(config: RunConfig, alike: _Alike) -> RunFolder | None:
    if not (find_method(config.method).terms and config.optim.epochs):
        return None
    for folder in alike.get(training_of(to_dict(config)), []):
        # Of a finished run the checkpoint may have been deleted, and only it holds what was learnt.
        kept = (folder.path / "checkpoint.pt").exists()
        if kept and state_of(folder.path).name == "finished":
            status = folder.read_json("run.json") or {}
            return None if changed_source(status, config.method) else folder
    return None
