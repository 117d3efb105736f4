"""Rows of a memory map that are about to be read: their pages are asked for at once, and no others.

Left to itself the system reads some 128 kB around each page that is missing, which is many times a
row, and one page after another.
"""

import contextlib
import mmap
from collections.abc import Iterator

import numpy as np

#: Bytes that are asked for at a time: of more the system may read the first ones only, and it holds
#: up other threads meanwhile.
ASKED_AT_A_TIME = 1 << 20


@contextlib.contextmanager
def only_rows(array: np.ndarray, rows: np.ndarray) -> Iterator[None]:
    """Context in which some rows of an array are read: if it is a memory map, from its file.

    It is advice to the system: whatever it makes of it, the rows can be read.

    Args:
        array: [N, …] in C order, a memory map or not.
        rows: whole numbers [n], ascending.
    """
    mapped = _map_of(array)
    if mapped is None or not len(rows) or not 0 <= rows[0] <= rows[-1] < len(array):
        yield
        return
    start = array.ctypes.data - np.frombuffer(mapped, np.uint8).ctypes.data
    ranges = page_ranges(start, array.strides[0], rows.astype(np.int64), mmap.PAGESIZE)
    with contextlib.suppress(OSError, ValueError):
        mapped.madvise(mmap.MADV_RANDOM)
        for first, size in ranges:
            end = min(first + size, len(mapped))
            for at in range(first, end, ASKED_AT_A_TIME):
                mapped.madvise(mmap.MADV_WILLNEED, at, min(ASKED_AT_A_TIME, end - at))
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
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
    one = array[:1]
    if not hasattr(mmap, "MADV_RANDOM") or not one.flags.c_contiguous:
        return None
    if array.strides[:1] != (one.nbytes,):  # rows with others between them
        return None
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None
