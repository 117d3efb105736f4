"""run.json says what it and the other files of a run were, so that damage does not pass for data.

Checksums stand under ``sha256``: of run.json's own other fields, of config.json, and of a finished
run's tables. An unfinished run's tables are written anew from its checkpoint, which has sums of its
own; only `collect --half-done` reads them before.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_KEY = "sha256"
_OWN = "run.json"
_ALWAYS = ("config.json",)
_FINISHED = ("metrics.csv", "losses.csv", "dynamics.csv")


def with_checksums(status: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A status with the checksums of itself and of the files that it speaks for.

    Raises:
        OSError: a file cannot be read.
    """
    names = _ALWAYS + (_FINISHED if status.get("status") == "finished" else ())
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    return {**status, _KEY: {**sums, _OWN: _own(status, sums)}}


def damaged(status: Mapping[str, Any], folder: Path) -> list[str]:
    """Files that are not what a status says; none for a status of an earlier version, without sums.

    Raises:
        OSError: a file cannot be read.
    """
    if _KEY not in status:
        return []
    sums = status[_KEY]
    if not isinstance(sums, dict) or sums.get(_OWN) != _own(
        {name: value for name, value in status.items() if name != _KEY},
        {name: value for name, value in sums.items() if name != _OWN},
    ):
        return [_OWN]
    # Only files that have sums: a stranger's names would be read wherever they point.
    sealed_names = [name for name in _ALWAYS + _FINISHED if name in sums]
    return [name for name in sealed_names if _sum(folder / name) != sums[name]]


def _sum(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _own(status: Mapping[str, Any], sums: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps([status, sums], sort_keys=True).encode()).hexdigest()
