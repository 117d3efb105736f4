"""HDF5 files: arrays of plain numbers that lie in the file itself."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .content import check_form, check_keys

if TYPE_CHECKING:
    import h5py


@contextlib.contextmanager
def opened(path: Path) -> Iterator["h5py.File"]:
    """An HDF5 file for the block.

    Raises:
        ValueError: h5py is not installed, or it is no HDF5 file.
    """
    try:
        import h5py
    except ImportError as error:
        raise ValueError(
            "h5py is needed for this format: pip install 'interaction-probes[hdf5]'"
        ) from error
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        if not path.is_file():
            raise
        raise ValueError(f"{path.name} is no HDF5 file, or is damaged") from error
    with file:
        yield file


def dataset_of(
    file: "h5py.File", key: str, shape: tuple[int | None, ...], expected: tuple[str, ...]
) -> "h5py.Dataset":
    """An array of a file, not read yet.

    Links to other files, external storage and virtual datasets are refused: data of a file are in
    the file.

    Args:
        file: an open file.
        key: the array's name.
        shape: its shape; None for any length of an axis.
        expected: every key that the reader needs, for the error.

    Raises:
        ValueError: there is none of this form.
    """
    import h5py

    name = Path(file.filename).name
    check_keys(file, expected, name)
    found: Any = None
    if isinstance(file.get(key, getlink=True), h5py.HardLink):
        found = file[key]
    if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
        raise ValueError(f"{name}, {key} is no array that lies in the file itself")
    check_form(found, shape, f"{name}, {key}")
    return found


def mapped(dataset: "h5py.Dataset") -> np.ndarray | None:
    """A memory map of an array that lies in one piece; None of one that is chunked."""
    offset = dataset.id.get_offset()
    if dataset.chunks is not None or offset is None or dataset.file.userblock_size:
        return None
    return np.memmap(
        dataset.file.filename, dataset.dtype, mode="r", offset=offset, shape=dataset.shape
    )
