"""Large arrays a block of rows at a time, so that a memory map is never read whole."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from interaction_probes.common.values.labels_and_numbers import as_floats

from .schema import Modality

#: Bytes of one block.
_BLOCK = 2**24


def row_blocks(values: np.ndarray) -> Iterator[slice]:
    """Slices of rows of about 16 MB, in order, that cover an array."""
    row = max(1, values.itemsize * int(np.prod(values.shape[1:])))
    step = max(1, _BLOCK // row)
    for start in range(0, len(values), step):
        yield slice(start, min(start + step, len(values)))


def as_float32(values: np.ndarray, name: str) -> np.ndarray:
    """Numbers of any type as float32 of the same shape.

    Args:
        values: an array of one of NumPy's types.
        name: what an error calls it.

    Raises:
        ValueError: values that are no numbers, whole numbers that float64 would round, or finite
            ones beyond the range of float32.
    """
    found = np.empty(values.shape, dtype=np.float32)
    for rows in row_blocks(values):
        exact = as_floats(np.asarray(values[rows]), name)
        with np.errstate(over="ignore"):
            found[rows] = exact
        beyond = np.isfinite(exact) & ~np.isfinite(found[rows])
        if beyond.any():
            row = rows.start + int(np.argwhere(beyond)[0][0])
            raise ValueError(f"{name} has values beyond ±3.4e38, the first in row {row}")
    return found


@dataclass(frozen=True)
class ValueRange:
    """The values of a modality, read once.

    Attributes:
        not_finite: how many values are missing or infinite.
        first: the row of the first of these.
        low: the least value of each feature (vectors, sequences: [d]; images: [h, w, c]) in the
            rows that were asked for, of valid steps only.
        high: the largest.
    """

    not_finite: int
    first: int | None
    low: np.ndarray
    high: np.ndarray

    @property
    def constant(self) -> np.ndarray:
        """Which features have one value only: bool, of the form of `low`."""
        return np.asarray(self.low == self.high)


def value_range(modality: Modality, rows: np.ndarray) -> ValueRange:
    """Read a modality once, block by block.

    Args:
        modality: one of a form that fits its kind.
        rows: the rows whose range is asked for, int64, 1 or more.
    """
    chosen = np.zeros(len(modality), dtype=bool)
    chosen[rows] = True
    sequences = modality.kind == "sequences"
    form = modality.values.shape[2:] if sequences else modality.values.shape[1:]
    low, high = np.full(form, np.inf), np.full(form, -np.inf)
    wrong, first = 0, None
    for block in row_blocks(modality.values):
        values = np.asarray(modality.values[block])
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            bad = ~np.isfinite(values)
            wrong += int(bad.sum())
            first = block.start + int(np.argwhere(bad)[0][0]) if first is None else first
        part = values[chosen[block]]
        if sequences:
            valid = valid_steps(modality, np.arange(block.start, block.stop)[chosen[block]])
            part = part[valid]
        if len(part):
            low, high = np.minimum(low, part.min(0)), np.maximum(high, part.max(0))
    return ValueRange(wrong, first, low, high)


def valid_steps(modality: Modality, rows: np.ndarray) -> np.ndarray:
    """Which steps of some rows of sequences are valid: bool [rows, T]."""
    steps = modality.values.shape[1]
    if modality.lengths is None:
        return np.ones((len(rows), steps), dtype=bool)
    found: np.ndarray = np.arange(steps) < modality.lengths[rows][:, None]
    return found
