"""A folder that is written wholly or not at all, with a manifest of its files."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trifeature.images.image_sets import checksum


@contextlib.contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder to write into, which takes its place when the block ends well.

    Raises:
        ValueError: as :func:`check_free`.
        OSError: the folder cannot be written.
    """
    check_free(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    # A sibling, because only within a file system is a rename all or nothing.
    try:
        unfinished = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    except OSError as error:  # it names the temporary folder
        raise OSError(error.errno, error.strerror, str(out)) from error
    try:
        yield unfinished
        unfinished.chmod(0o755)  # mkdtemp lets nobody else in
        os.replace(unfinished, out)
    except BaseException as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if isinstance(error, OSError) and error.errno and _names_no_final_path(error, unfinished):
            raise OSError(error.errno, os.strerror(error.errno), str(out)) from error
        raise


def write_manifest(
    folder: Path, described: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """Write manifest.json: a description, and the sha256 of the content and of every file so far.

    Args:
        folder: a folder with its other files.
        described: what the manifest has besides.
        arrays: the content, whatever the format of the files.

    Returns:
        The manifest.
    """
    written = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        **described,
        "content_sha256": checksum(*arrays.values()),
        "files_sha256": {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in written
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest


def check_free(out: Path) -> None:
    """Refuse a folder that holds something, and the current one, which none can replace.

    Raises:
        ValueError: `out` is a file or a link, is inside a file, is the current folder, or is a
            folder that is not empty.
    """
    if out.is_symlink():
        raise ValueError(f"{out} is a link; name a new folder")
    for parent in out.parents:
        if parent.exists() and not parent.is_dir():
            raise ValueError(f"{parent} is a file, so {out} cannot be a folder")
    if out.is_dir():
        if any(out.iterdir()):
            raise ValueError(f"{out} is not empty; name a new folder")
        if out.samefile("."):
            raise ValueError(f"{out} is the current folder; name a new folder")
    elif out.exists():
        raise ValueError(f"{out} is a file; name a new folder")


def _names_no_final_path(error: OSError, unfinished: Path) -> bool:
    """Whether an error names no file, or one of the temporary folder, which users never see."""
    named = error.filename
    return named is None or os.fsdecode(named).startswith(str(unfinished))
