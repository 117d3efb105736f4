"""Tables, arrays and pages written whole or not at all, and folders made for them."""

import contextlib
import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .files import replacing


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file whole: readers see the old bytes or the new ones, never a part.

    Raises:
        OSError: the folder cannot be written, or the disk is full; the old file is untouched.
    """
    with replacing(path) as file:
        file.write(content)


def check_apart(out: Path, source: Path) -> None:
    """Refuse to write over the table that is read, under whatever name.

    Raises:
        ValueError: they are one file.
    """
    if out.exists() and source.exists() and out.samefile(source):
        raise ValueError(f"{out} is the table that is read: name another file to write")


def check_folder(option: str, path: Path) -> None:
    """Refuse a file where an option names a folder to write to, before any work is done.

    Raises:
        ValueError: the path, or a part of it, is a file.
    """
    for part in (path, *path.parents):
        if part.exists() and not part.is_dir():
            raise ValueError(f"{option} {path}: {part} is a file; {option} names a folder")


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays by name to an .npz file, whole, the same bytes for the same arrays.

    Raises:
        OSError: as :func:`write_atomically`.
    """
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_atomically(path, content.getvalue())


@contextlib.contextmanager
def made_folder(path: Path) -> Iterator[None]:
    """A folder for the block; what the block leaves empty when it fails is taken away again.

    Raises:
        OSError: it cannot be made or written.
    """
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK):
            raise PermissionError(13, "Cannot be written", str(path))
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # what is not empty stays
            for folder in made:
                folder.rmdir()
        raise


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as CSV; floats in the shortest form that reads back to the same number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def table_as_csv(table: pd.DataFrame) -> bytes:
    """A table as CSV in the manner of :func:`as_csv`; what is missing stays empty."""
    blank = table.astype(object).where(table.notna(), "")
    return as_csv(list(table.columns), blank.values.tolist())
