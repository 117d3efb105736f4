"""Rows of a memory map that are about to be read: their pages are asked for at once, and no others.

Left to itself the system reads some 128 kB around each page that is missing, which is many times a
row, and one page after another.
"""

import contextlib
import mmap
from collections.abc import Iterator

import numpy as np


@contextlib.contextmanager
def only_rows(array: np.ndarray, rows: np.ndarray) -> Iterator[None]:
    """Context in which some rows of an array are read: if it is a memory map, from its file.

    Args:
        array: [N, …] in C order, a memory map or not.
        rows: int64 [n], ascending.
    """
    mapped = _map_of(array)
    if mapped is None or not len(rows):
        yield
        return
    start = array.ctypes.data - np.frombuffer(mapped, np.uint8).ctypes.data
    mapped.madvise(mmap.MADV_RANDOM)
    try:
        for first, size in page_ranges(start, array.strides[0], rows, mmap.PAGESIZE):
            mapped.madvise(mmap.MADV_WILLNEED, first, min(size, len(mapped) - first))
        yield
    finally:
        mapped.madvise(mmap.MADV_NORMAL)


def page_ranges(start: int, row_bytes: int, rows: np.ndarray, page: int) -> list[tuple[int, int]]:
    """Where the pages of some rows lie: (first byte, bytes), ascending, neighbours in one range.

    Args:
        start: of row 0, in bytes.
        row_bytes: bytes of a row.
        rows: int64 [n], ascending, at least one.
        page: bytes of a page.
    """
    first = (start + rows * row_bytes) // page
    end = -(-(start + (rows + 1) * row_bytes) // page)  # not inclusive
    begins = np.flatnonzero(np.concatenate([[True], first[1:] > end[:-1]]))
    ends = np.append(begins[1:], len(rows)) - 1
    return [
        (int(first[a]) * page, int(end[b] - first[a]) * page)
        for a, b in zip(begins, ends, strict=True)
    ]


def _map_of(array: np.ndarray) -> mmap.mmap | None:
    """The memory map that an array's rows lie in, one after another; None for another array."""
    if not hasattr(mmap, "MADV_RANDOM") or array.strides[:1] != (array[:1].nbytes,):
        return None
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None
