"""What the manifest of a folder lists, compared with what lies there: files, values, numbers.

A manifest that lists nothing, or none at all, is of a folder that somebody made or adapted: then
only what the images and tables say themselves is checked.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trifeature.images.factors import FACTORS, FactorCounts

MANIFEST = "manifest.json"


def check_images(folder: Path, counts: FactorCounts) -> None:
    """Refuse PNG files and numbers of values that are not those of the manifest.

    Raises:
        ValueError: a file of train/ or test/ that the manifest lists is gone or differs, or it
            lists another number of values of a factor.
        OSError: a file cannot be read.
    """
    sums = _listed(folder, "files_sha256")
    named = (name for name in sums if name.endswith(".png"))
    images = [name for name in named if name.startswith(("train/", "test/"))]
    _check_files(folder, images, sums, "values")
    values = _listed(folder, "values")
    for factor in FACTORS:
        names = values.get(factor, [])
        if isinstance(names, list) and names and len(names) != counts[factor]:
            raise _differs(
                f"{folder} has images of {counts[factor]} values of {factor}, of {len(names)} by "
                f"its {MANIFEST}",
                "values",
            )


def check_table(path: Path, rows: int) -> None:
    """Refuse a table of pairs or samples that is not the one of the manifest beside it.

    Args:
        path: pairs_SET.csv or samples_SET.csv.
        rows: how many pairs or samples it has.

    Raises:
        ValueError: the manifest lists another checksum, or another number of them.
        OSError: the table cannot be read.
    """
    kind, _, name = path.stem.partition("_")
    entry = f"{kind.removesuffix('s')}_sets"
    number = _listed(path.parent, entry).get(name, rows)
    if number != rows:
        raise _differs(f"{path} has {rows:,} {kind}, and {number} by {MANIFEST}", entry)
    sums = _listed(path.parent, "files_sha256")
    _check_files(path.parent, [path.name] if path.name in sums else [], sums, entry)


def _check_files(folder: Path, names: Iterable[str], sums: dict[str, Any], other: str) -> None:
    for name in names:
        path = folder / name
        if not path.is_file():
            raise _differs(f"{path} is gone, and {MANIFEST} lists it", other)
        if hashlib.sha256(path.read_bytes()).hexdigest() != sums[name]:
            raise _differs(f"{path} is not the file that {MANIFEST} lists", other)


def _differs(what: str, entry: str) -> ValueError:
    return ValueError(
        f"{what}; if the change is meant, delete files_sha256 and {entry} from {MANIFEST}"
    )


def _listed(folder: Path, entry: str) -> dict[str, Any]:
    """An entry of the manifest; empty where there is none, or the manifest is another program's."""
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_bytes())[entry]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
