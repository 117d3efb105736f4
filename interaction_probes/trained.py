"""Runs that differ in their controls alone train alike: one training serves all of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .config import RunConfig, as_plain
from .results import RunFolder, State, state_of


def training_of(plain: Mapping[str, Any]) -> str:
    """A text of what in a config decides all but the controls, which follow the last epoch.

    Args:
        plain: the config, as config.json holds it.
    """
    probe = {name: value for name, value in plain["probe"].items() if name != "controls"}
    return json.dumps({**plain, "probe": probe}, sort_keys=True)


def trained_before(config: RunConfig, out: Path) -> RunFolder | None:
    """A finished run in a folder of runs that differs from a config in its controls alone."""
    wanted = training_of(as_plain(config))
    for path in sorted(out.glob(f"*-s{config.seed}-*/config.json")):
        folder = RunFolder(path.parent)
        try:
            found = training_of(folder.read_json("config.json") or {})
        except (ValueError, KeyError, AttributeError, TypeError):  # damaged, or of another version
            continue
        if found == wanted and state_of(folder.path).name == "finished":
            return folder
    return None


def to_do(
    configs: Sequence[RunConfig], states: Sequence[State], out: Path
) -> list[tuple[RunConfig, int | None]]:
    """The runs that are not finished, and the epochs that each need not train (None: not begun).

    Args:
        configs: the runs.
        states: how far each is.
        out: the folder of their folders.
    """
    left: list[tuple[RunConfig, int | None]] = []
    for config, state in zip(configs, states, strict=True):
        if state.name == "new" and trained_before(config, out):
            left.append((config, config.optim.epochs))
        elif state.name != "finished":
            left.append((config, state.epoch))
    return left
