"""Values that users bring: discrete ones as codes, numbers as float64; exactly, or not at all.

Arrays, lists, masked arrays, pandas objects, sparse matrices and tensors are read column by column,
before anything is converted: NumPy would merge whole numbers beyond 2⁵³ in a table that has a
column of fractions, make texts of numbers beside texts, and drop masks.
"""

import sys
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from .columns import columns_of, is_missing, missing_values

#: Whole numbers up to here are floats without rounding.
_EXACT = 2**53
#: Samples from which values that are nearly all distinct are taken for noise.
_MANY = 50


def discrete_codes(values: Any, name: str) -> np.ndarray:
    """Each sample's value as a number from 0, in the order of the sorted values: int64 [n].

    Values are the same where Python finds them equal: 2 and 2.0 are, 1 and "1" are not.

    >>> discrete_codes(["b", "a", "b"], "letters").tolist()
    [1, 0, 1]
    >>> discrete_codes([1, "1", 1], "mixed").tolist()
    [0, 1, 0]

    Args:
        values: [n] values of any kind, or [n, k], whose rows are the values.
        name: what an error calls them.

    Raises:
        ValueError: no samples, another form, one sample in place of one column, values that are
            missing (None, NaN, NaT, masked), infinite, or that cannot be compared.
    """
    columns = columns_of(values, name)
    if len(columns) > 1 and len(columns[0]) == 1:
        raise ValueError(
            f"{name} is one sample of {len(columns)} values; samples are rows: [n] or [n, k]"
        )
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for k, column in enumerate(columns):
        where = f"{name}, column {k}," if len(columns) > 1 else name
        own = _codes(column, where)
        codes = codes * (int(own.max()) + 1) + own
        _, codes = np.unique(codes, return_inverse=True)  # small again: no overflow
    return codes.reshape(-1).astype(np.int64)


def check_countable(values: Any, codes: np.ndarray, name: str) -> None:
    """Refuse values of which nearly every sample has one of its own.

    Their frequencies are those of the sample and not of what it is drawn from: a plug-in estimate
    finds all of log n bits in noise.

    Args:
        values: as they were given.
        codes: of them (:func:`discrete_codes`).
        name: what an error calls them.

    Raises:
        ValueError: more distinct values than half of the samples, where these are 50 or more, or
            where the values are fractions.
    """
    size, n = int(codes.max()) + 1, len(codes)
    if 2 * size > n and (n >= _MANY or any(map(_has_fractions, columns_of(values, name)))):
        raise ValueError(
            f"{name} has {size} distinct values in {n} samples, as identifiers and continuous "
            "values do, and their frequencies say nothing: put them into bins or clusters first"
        )


def _has_fractions(column: np.ndarray) -> bool:
    """Whether a column's values are measurements rather than names of categories."""
    return column.dtype.kind == "f" and bool((column != np.round(column)).any())


def numbers(values: Any, name: str) -> np.ndarray:
    """Numbers as float64 [n, d]; a single column as [n, 1].

    >>> numbers([[1, 2], [3, 4]], "features").shape
    (2, 2)

    Args:
        values: [n] or [n, d]: arrays, nested lists, frames, sparse matrices or tensors.
        name: what an error calls them.

    Raises:
        ValueError: no samples, another form, texts and other values that are no numbers, missing
            or infinite ones (how many, and where the first is), or whole numbers that float64
            would round.
    """
    columns = columns_of(values, name)
    table = np.empty((len(columns[0]), len(columns)))
    for k, column in enumerate(columns):
        table[:, k] = _as_floats(column, name, k)
    wrong = ~np.isfinite(table)
    if wrong.any():
        row, k = (int(first) for first in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name} have {int(wrong.sum())} values that are missing or not finite, the first in "
            f"row {row}, column {k}"
        )
    return table


def check_same_index(given: Mapping[str, Any]) -> None:
    """Refuse pandas objects whose indexes differ: rows are taken in their order, by position.

    Args:
        given: what an error calls each → what a user gave.

    Raises:
        ValueError: two indexes of one length with other labels or another order.
    """
    first: tuple[str, Any] | None = None
    for name, values in given.items():
        index = getattr(values, "index", None) if _is_pandas(values) else None
        if index is None or callable(index):
            continue
        if first is None:
            first = name, index
        elif len(index) == len(first[1]) and not index.equals(first[1]):
            k = next(k for k, (a, b) in enumerate(zip(index, first[1], strict=True)) if a != b)
            raise ValueError(
                f"{first[0]} and {name} have different pandas indexes (row {k} is "
                f"{first[1][k]!r} in one and {index[k]!r} in the other), and rows are matched by "
                "position: bring one into the other's order (.reindex), or give .to_numpy()"
            )


def _is_pandas(values: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(values, pandas.DataFrame | pandas.Series)


def _codes(column: np.ndarray, name: str) -> np.ndarray:
    """A column's values as numbers from 0: int64 [n]."""
    missing = missing_values(column)
    if missing.any():
        raise ValueError(
            f"{name} has {int(missing.sum())} missing values of {len(column)}, the first in row "
            f"{int(missing.argmax())}: leave their rows out, or give them a value of their own"
        )
    if column.dtype.kind == "f" and not np.isfinite(column).all():
        row = int((~np.isfinite(column)).argmax())
        raise ValueError(f"{name} has values that are not finite, the first in row {row}")
    if column.dtype.kind in "biufcmMSU":
        return np.unique(column, return_inverse=True)[1].reshape(-1).astype(np.int64)
    seen: dict[Hashable, int] = {}
    try:
        first = np.array([seen.setdefault(value, len(seen)) for value in column.tolist()])
    except TypeError as error:
        raise ValueError(f"{name} has values that cannot be compared: {error}") from error
    order = _in_order(list(seen))
    rank = np.empty(len(seen), dtype=np.int64)
    rank[[seen[value] for value in order]] = np.arange(len(seen))
    found: np.ndarray = rank[first]
    return found


def _in_order(values: list[Any]) -> list[Any]:
    """Values sorted; numbers before texts before what else there is, where kinds are mixed."""

    def kind(value: Any) -> str:
        number = isinstance(value, int | float)
        return "0" if number else "1" if isinstance(value, str) else type(value).__name__

    try:
        return sorted(values, key=lambda value: (kind(value), value))
    except TypeError:  # of a kind without an order: as they came
        return values


def _as_floats(column: np.ndarray, name: str, k: int) -> np.ndarray:
    """A column of numbers as float64; what is missing becomes NaN."""
    kind = column.dtype.kind
    if (
        kind in "iu"
        and len(column)
        and (abs(int(column.max())) > _EXACT or abs(int(column.min())) > _EXACT)
    ):
        exact = column.astype(np.float64)
        if any(int(one) != int(other) for one, other in zip(exact, column, strict=True)):
            raise ValueError(f"{name}, column {k}, has whole numbers that float64 would round")
    if kind in "biuf":
        return column.astype(np.float64)
    if kind != "O":
        raise ValueError(f"{name}, column {k}, holds no numbers but {column.dtype}")
    found = np.empty(len(column))
    for row, value in enumerate(column):
        if is_missing(value):
            found[row] = np.nan
            continue
        if isinstance(value, str | bytes) or not isinstance(value, int | float | np.number):
            raise ValueError(f"{name}, column {k}, has no number in row {row} but {value!r:.40}")
        found[row] = float(value)
        if isinstance(value, int) and int(found[row]) != value:
            raise ValueError(f"{name}, column {k}, has whole numbers that float64 would round")
    return found
