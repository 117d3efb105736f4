"""Rows of memory maps: the pages that are asked for, and the rows that come."""

import mmap
from itertools import pairwise

import numpy as np
import pytest

from interaction_probes.training import memory_maps
from interaction_probes.training.memory_maps import only_rows, page_ranges
from interaction_probes.training.modalities import gather


@pytest.mark.parametrize("start", [0, 128, 4096, 5000])
@pytest.mark.parametrize("row_bytes", [8, 1200, 4096, 10_000])
@pytest.mark.parametrize("rows", [[0], [0, 1, 2], [3, 3, 7, 8, 400], [1, 5, 9, 13]])
def test_exactly_the_pages_of_the_rows_are_asked_for(start, row_bytes, rows):
    touched = {
        byte // 4096
        for row in rows
        for byte in range(start + row * row_bytes, start + (row + 1) * row_bytes)
    }
    ranges = page_ranges(start, row_bytes, np.array(rows), 4096)
    asked = [
        page for first, size in ranges for page in range(first // 4096, (first + size) // 4096)
    ]
    assert asked == sorted(touched)  # none twice
    assert all(first % 4096 == size % 4096 == 0 for first, size in ranges)
    gaps = [b[0] - sum(a) for a, b in pairwise(ranges)]
    assert all(gap > 0 for gap in gaps)  # neighbours are one range


@pytest.fixture
def both(tmp_path):
    """An array, and a memory map of the same values."""
    values = np.random.default_rng(0).standard_normal((3000, 25), dtype=np.float32)
    np.save(tmp_path / "values.npy", values)
    return values, np.load(tmp_path / "values.npy", mmap_mode="r")


@pytest.mark.parametrize(
    "part",
    [
        np.s_[:],
        np.s_[100:],
        np.s_[::2],
        np.s_[::-1],
        np.s_[:, ::-1],
        np.s_[:, 3:9],
        np.s_[:, 0],
        np.s_[:0],
    ],
    ids=str,
)
def test_rows_of_a_memory_map_are_those_of_the_array(both, part):
    array, mapped = (each[part] for each in both)
    rows = np.random.default_rng(1).integers(len(array), size=40 if len(array) else 0)
    assert gather(mapped, rows).numpy().tobytes() == array[rows].tobytes()


class Mapping:
    """A memory map that notes what it is advised of."""

    def __init__(self):
        self.advice = []

    def madvise(self, option, *where):
        self.advice.append((option, *where))

    def __len__(self):
        return 128 + 3000 * 100


@pytest.mark.skipif(not hasattr(mmap, "MADV_RANDOM"), reason="a system without advice on memory")
def test_what_is_read_ahead_is_as_before_once_the_rows_are_read(both, monkeypatch):
    mapping = Mapping()
    whole = memory_maps._map_of(both[1])
    monkeypatch.setattr(memory_maps, "_map_of", lambda array: mapping)
    monkeypatch.setattr(np, "frombuffer", lambda *_: np.ndarray(0, np.uint8, buffer=whole))
    with pytest.raises(ValueError, match="gone"), only_rows(both[1], np.array([0, 2999])):
        raise ValueError("the disk is gone")
    wanted, last = mmap.MADV_WILLNEED, (128 + 2999 * 100) // mmap.PAGESIZE * mmap.PAGESIZE
    assert mapping.advice == [
        (mmap.MADV_RANDOM,),
        (wanted, 0, mmap.PAGESIZE),
        (wanted, last, len(mapping) - last),  # not beyond the file
        (mmap.MADV_NORMAL,),
    ]


def test_arrays_that_are_no_memory_maps_are_left_alone(both):
    assert memory_maps._map_of(both[0]) is None
    assert memory_maps._map_of(both[0][1:]) is None
    assert memory_maps._map_of(both[1][:, 1:]) is None  # rows with gaps between them
    assert memory_maps._map_of(both[1][:, ::-1]) is None
    assert isinstance(memory_maps._map_of(both[1][1:]), mmap.mmap)


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.int32, np.uint64])
def test_rows_are_whole_numbers_of_any_size(both, dtype):
    """Products of int16 overflowed where a row lies beyond 32 kB."""
    array, mapped = both
    rows = np.array([2999, 700, 5], dtype)
    assert gather(mapped, rows).numpy().tobytes() == array[rows].tobytes()


def test_rows_that_do_not_exist_are_told_as_of_an_array(both):
    assert gather(both[1], np.array([-1, 3])).numpy().tobytes() == both[0][[-1, 3]].tobytes()
    with pytest.raises(IndexError, match="3000 is out of bounds"):
        gather(both[1], np.array([3000]))


@pytest.mark.skipif(not hasattr(mmap, "MADV_RANDOM"), reason="a system without advice on memory")
def test_of_many_pages_each_is_asked_for_once_and_few_at_a_time(both, monkeypatch):
    """Of a long range the system asked for the beginning alone, and faulted page by page."""
    mapping = Mapping()
    whole = memory_maps._map_of(both[1])
    monkeypatch.setattr(memory_maps, "ASKED_AT_A_TIME", 4 * mmap.PAGESIZE)
    monkeypatch.setattr(memory_maps, "_map_of", lambda array: mapping)
    monkeypatch.setattr(np, "frombuffer", lambda *_: np.ndarray(0, np.uint8, buffer=whole))
    with only_rows(both[1], np.arange(3000)):
        pass
    wanted = [where for option, *where in mapping.advice if option == mmap.MADV_WILLNEED]
    assert max(size for _, size in wanted) == 4 * mmap.PAGESIZE
    pages = [at + byte for at, size in wanted for byte in range(0, size, mmap.PAGESIZE)]
    assert pages == list(range(0, len(mapping), mmap.PAGESIZE))
