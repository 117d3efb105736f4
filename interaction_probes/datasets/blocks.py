"""Large arrays a block of rows at a time, so that a memory map is never read whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from interaction_probes.common.values.labels_and_numbers import as_floats

from .schema import Modality

#: Bytes of one block.
_BLOCK = 2**24
#: Differences of float64 of this share of a value are rounding: the feature is constant.
_ROUNDING = 1e-12
#: Size of a feature over its spread up to which float32 has 65,536 steps in the spread or more, and
#: equal values of many rows are no loss.
_FINE = 2**8
#: Share of a feature's distinct values that float32 may merge where it has fewer steps.
_MERGED = 0.01


def row_blocks(values: np.ndarray) -> Iterator[slice]:
    """Slices of rows of about 16 MB, in order, that cover an array."""
    row = max(1, values.itemsize * int(np.prod(values.shape[1:])))
    step = max(1, _BLOCK // row)
    for start in range(0, len(values), step):
        yield slice(start, min(start + step, len(values)))


def as_float32(values: np.ndarray, name: str) -> np.ndarray:
    """Numbers of any type as float32 of the same shape.

    Args:
        values: an array of one of NumPy's types, [N, …, d].
        name: what an error calls it.

    Raises:
        ValueError: values that are no numbers, whole numbers that float64 would round, finite ones
            beyond the range of float32, a feature that float32 rounds to a single value, or one
            large beside its spread of whose distinct values it merges more than a hundredth.
    """
    found = np.empty(values.shape, dtype=np.float32)
    width = values.shape[-1]
    # Of float64, then of float32: the least and the largest value of each feature.
    ends = [np.full(width, end) for end in (np.inf, -np.inf) * 2]
    for rows in row_blocks(values):
        exact = as_floats(np.asarray(values[rows]), name)
        with np.errstate(over="ignore"):
            found[rows] = exact
        for k, each in ((0, exact), (2, found[rows])):
            flat = each.reshape(-1, width)
            ends[k] = np.fmin(ends[k], np.fmin.reduce(flat))
            ends[k + 1] = np.fmax(ends[k + 1], np.fmax.reduce(flat))
        beyond = np.isfinite(exact) & ~np.isfinite(found[rows])
        if beyond.any():
            row = rows.start + int(np.argwhere(beyond)[0][0])
            raise ValueError(f"{name} has values beyond ±3.4e38, the first in row {row}")
    _check_digits(ends, name)
    _check_merged(values, found, ends, name)
    return found


def _check_digits(ends: Sequence[np.ndarray], name: str) -> None:
    """Refuse features whose differences are lost in float32.

    Args:
        ends: the least and the largest value of each feature, in float64 and in float32: [d] each.
        name: what an error calls them.
    """
    low, high, low32, high32 = ends
    size = np.maximum(np.abs(low), np.abs(high))
    with np.errstate(invalid="ignore"):
        lost = (high - low > _ROUNDING * size) & (low32 == high32)
    lost |= (low < high) & (size < np.finfo(np.float32).tiny)
    if lost.any():
        k = int(lost.argmax())
        raise ValueError(
            f"{name}: float32 has no digits for feature {k}, whose values are from {low[k]:.10g} "
            f"to {high[k]:.10g}: subtract its mean and divide by its deviation before saving"
        )


def _check_merged(
    values: np.ndarray, found: np.ndarray, ends: Sequence[np.ndarray], name: str
) -> None:
    """Refuse features that are large beside their spread, and many of whose values float32 merges.

    Args:
        values: what was given, [N, …, d].
        found: the same in float32.
        ends: as of :func:`_check_digits`; the first two are used.
        name: what an error calls them.
    """
    low, high = ends[:2]
    with np.errstate(invalid="ignore"):
        coarse = np.maximum(np.abs(low), np.abs(high)) > _FINE * (high - low)
    for k in np.flatnonzero(coarse & (low < high)):
        exact = as_floats(np.asarray(values[..., k]), name).ravel()
        # NaN counts once in both, as one value.
        distinct, kept = len(np.unique(exact)), len(np.unique(found[..., k]))
        if distinct - kept > _MERGED * distinct:
            raise ValueError(
                f"{name}: float32 keeps {kept:,} of the {distinct:,} distinct values of feature "
                f"{k}, from {low[k]:.10g} to {high[k]:.10g}: subtract its mean and divide by its "
                "deviation before saving"
            )


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
