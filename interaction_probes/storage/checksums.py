"""Checksums of a run's files in its run.json, so that damage does not pass for data.

They are the field ``sha256``: of run.json's own other fields, of config.json, and of a finished
run's tables. An unfinished run's tables are written anew from its checkpoint, which has sums of its
own; only `collect --half-done` reads them before. A file that is made after the run can have its
sum there too; no checkpoint mends it, so that :func:`damaged` does not name it.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_KEY = "sha256"
_STATUS = "run.json"
_ALWAYS = ("config.json",)
_FINISHED = ("metrics.csv", "losses.csv", "dynamics.csv")
#: Of a finished run, too, but earlier versions wrote none.
_IF_WRITTEN = ("confusion.csv", "representation.csv")


def with_checksums(status: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A status with checksums of its own fields and of the run's files.

    Raises:
        OSError: a file cannot be read.
    """
    names: tuple[str, ...] = _ALWAYS
    if status.get("status") == "finished":
        names += _FINISHED + tuple(name for name in _IF_WRITTEN if (folder / name).exists())
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    return {**status, _KEY: {**sums, _STATUS: _sum_of_status(status, sums)}}


def damaged(status: Mapping[str, Any], folder: Path) -> list[str]:
    """Files that differ from their checksums; none for a status of an earlier version, without any.

    Raises:
        OSError: a file cannot be read.
    """
    if _KEY not in status:
        return []
    sums = status[_KEY]
    if not isinstance(sums, dict) or sums.get(_STATUS) != _sum_of_status(
        {name: value for name, value in status.items() if name != _KEY},
        {name: value for name, value in sums.items() if name != _STATUS},
    ):
        return [_STATUS]
    # Only files that have sums: a stranger's names would be read wherever they point.
    known = [name for name in _ALWAYS + _FINISHED + _IF_WRITTEN if name in sums]
    return [name for name in known if _sum(folder / name) != sums[name]]


def with_later_sum(status: Mapping[str, Any], folder: Path, name: str) -> dict[str, Any]:
    """A status with the checksum of a file that was made after the run; the other sums stay.

    One of an earlier version, without sums, stays as it is, and so does a damaged one.

    Raises:
        OSError: a file cannot be read.
    """
    if _KEY not in status or _STATUS in damaged(status, folder):
        return dict(status)
    plain = {key: value for key, value in status.items() if key != _KEY}
    sums = {each: value for each, value in status[_KEY].items() if each != _STATUS}
    sums[name] = _sum(folder / name)
    return {**plain, _KEY: {**sums, _STATUS: _sum_of_status(plain, sums)}}


def differs(status: Mapping[str, Any], folder: Path, name: str) -> bool:
    """Whether a file has a checksum, as :func:`with_later_sum` adds it, and is not as it says.

    Raises:
        OSError: the file cannot be read.
    """
    sums = status.get(_KEY)
    return isinstance(sums, dict) and name in sums and sums[name] != _sum(folder / name)


def _sum(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _sum_of_status(status: Mapping[str, Any], sums: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps([status, sums], sort_keys=True).encode()).hexdigest()
