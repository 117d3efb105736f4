"""Values that users bring: discrete ones as codes, numbers as float64; exactly, or not at all.

Arrays, lists, masked arrays, pandas objects, sparse matrices and tensors are read column by column,
before anything is converted: NumPy would merge whole numbers beyond 2⁵³ in a table that has a
column of fractions, make texts of numbers beside texts, and drop masks.
"""

import sys
from collections.abc import Hashable, Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from .columns import columns_of, is_infinite, is_missing, missing_values, objects
from .counts_in_words import missing_count, unusable_count

#: Whole numbers up to here are floats without rounding.
_EXACT = 2**53
#: Samples from which values that are nearly all distinct are taken for noise.
_MANY = 50


def discrete_codes(values: Any, name: str, rows: np.ndarray | None = None) -> np.ndarray:
    """Each sample's value as a number from 0, in the order of the sorted values: int64 [n].

    Values are the same where Python finds them equal: 2 and 2.0 are, 1 and "1" are not.

    >>> discrete_codes(["b", "a", "b"], "letters").tolist()
    [1, 0, 1]
    >>> discrete_codes([1, "1", 1], "mixed").tolist()
    [0, 1, 0]

    Args:
        values: [n] values of any kind, or [n, k], whose rows are the values.
        name: what an error calls them.
        rows: the samples to read, int64 [m]; all where none are given.

    Returns:
        int64 [n], or [m] of `rows`.

    Raises:
        ValueError: no samples, another form, more columns than samples, values that are missing
            (None, NaN, NaT, masked), infinite, or that cannot be compared.
    """
    columns = columns_of(values, name)
    n = len(columns[0])
    if len(columns) > n:
        given = "one sample" if n == 1 else f"{n} samples"
        raise ValueError(
            f"{name} is {given} of {len(columns)} values; samples are rows: [n] or [n, k]"
        )
    codes = np.zeros(n if rows is None else len(rows), dtype=np.int64)
    for k, column in enumerate(columns):
        where = f"{name}, column {k}," if len(columns) > 1 else name
        own = _codes(column, where, rows)
        codes = codes * (int(own.max()) + 1) + own
        _, codes = np.unique(codes, return_inverse=True)  # small again: no overflow
    return codes.reshape(-1).astype(np.int64)


def shared_codes(values: Any, name: str, rows: np.ndarray | None = None) -> np.ndarray:
    """Codes of columns whose values are of one kind, as the two units of a pair are: [n, k].

    Unlike :func:`discrete_codes`, a value has the same code in every column.

    >>> shared_codes([["ann", "bob"], ["bob", "eve"]], "groups").tolist()
    [[0, 1], [1, 2]]

    Args:
        values: [n] values of any kind, or [n, k].
        name: what an error calls them.
        rows: the samples to read, int64 [m]; all where none are given.

    Raises:
        ValueError: as :func:`discrete_codes`.
    """
    columns = [column if rows is None else column[rows] for column in columns_of(values, name)]
    kinds = {column.dtype for column in columns}
    for k, column in enumerate(columns):
        _check_present(column, f"{name}, column {k}," if len(columns) > 1 else name, rows)
    together = (
        np.concatenate(columns)
        if len(kinds) == 1
        else objects([value for column in columns for value in column.tolist()])
    )
    return _codes(together, name).reshape(len(columns), -1).T


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
    if is_continuous(values, codes):
        size, n = int(codes.max()) + 1, len(codes)
        raise ValueError(
            f"{name} has {size} distinct values in {n} samples, as identifiers and continuous "
            "values do, and their frequencies say nothing: put them into bins or clusters first"
        )


def is_continuous(values: Any, codes: np.ndarray) -> bool:
    """Whether nearly every sample has a value of its own, as measurements and identifiers do.

    Args:
        values: as they were given.
        codes: of them, or of some of their rows (:func:`discrete_codes`).
    """
    size, n = int(codes.max()) + 1, len(codes)
    if 2 * size <= n:
        return False
    return n >= _MANY or any(map(_has_fractions, columns_of(values, "values")))


def _has_fractions(column: np.ndarray) -> bool:
    """Whether a column's values are measurements rather than names of categories."""
    if column.dtype.kind != "f":
        return False
    known = column[np.isfinite(column)]
    return bool((known != np.round(known)).any())


def numbers(values: Any, name: str, rows: np.ndarray | None = None) -> np.ndarray:
    """Numbers as float64 [n, d]; a single column as [n, 1].

    >>> numbers([[1, 2], [3, 4]], "features").shape
    (2, 2)

    Args:
        values: [n] or [n, d]: arrays, nested lists, frames, sparse matrices or tensors.
        name: what an error calls them.
        rows: the samples to read, int64 [m]; all where none are given.

    Returns:
        float64 [n, d], or [m, d] of `rows`.

    Raises:
        ValueError: no samples, another form, texts and other values that are no numbers, missing
            or infinite ones (how many, and where the first is), or whole numbers that float64
            would round.
    """
    columns = columns_of(values, name)
    n = len(columns[0]) if rows is None else len(rows)
    table = np.empty((n, len(columns)))
    for k, column in enumerate(columns):
        chosen = column if rows is None else column[rows]
        table[:, k] = as_floats(chosen, f"{name}, column {k},")
    wrong = ~np.isfinite(table)
    if wrong.any():
        row, k = (int(first) for first in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name} has {unusable_count(int(wrong.sum()))}, the first in "
            f"row {_row(row, rows)}, column {k}"
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
        index = index_of(values)
        if index is None:
            continue
        if first is None:
            first = name, index
        elif len(index) == len(first[1]) and not index.equals(first[1]):
            pairs = list(zip(first[1], index, strict=True))
            differing = [k for k, (a, b) in enumerate(pairs) if a != b and not is_missing(a)]
            if not differing:  # the same labels as values of another type
                continue
            k = differing[0]
            a, b = (repr(label.item() if hasattr(label, "item") else label) for label in pairs[k])
            raise ValueError(
                f"{first[0]} and {name} have different pandas indexes (row {k} is {a} in one and "
                f"{b} in the other), and rows are matched by position: bring one into the "
                "other's order (.reindex), or give .to_numpy()"
            )


def index_of(values: Any) -> Any:
    """The index of a pandas frame or Series; None of anything else."""
    pandas = sys.modules.get("pandas")
    known = pandas is not None and isinstance(values, pandas.DataFrame | pandas.Series)
    return values.index if known else None


def _check_present(column: np.ndarray, name: str, rows: np.ndarray | None) -> None:
    """Refuse a column with values that are missing or infinite."""
    missing = missing_values(column)
    if missing.any():
        raise ValueError(
            f"{name} has {missing_count(int(missing.sum()))} of {len(column)}, the first in row "
            f"{_row(int(missing.argmax()), rows)}: leave their rows out, or give them a value of "
            "their own"
        )
    if column.dtype.kind in "fc":
        infinite = ~np.isfinite(column)
    elif column.dtype == object:
        infinite = np.array([is_infinite(value) for value in column], dtype=bool)
    else:
        return
    if infinite.any():
        row = _row(int(infinite.argmax()), rows)
        raise ValueError(f"{name} has values that are not finite, the first in row {row}")


def _row(k: int, rows: np.ndarray | None) -> int:
    """The number of the k-th row that was read among all rows."""
    return k if rows is None else int(rows[k])


def _codes(column: np.ndarray, name: str, rows: np.ndarray | None = None) -> np.ndarray:
    """The values of a column, or of some of its rows, as numbers from 0: int64 [n]."""
    column = column if rows is None else column[rows]
    _check_present(column, name, rows)
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


def as_floats(column: np.ndarray, name: str) -> np.ndarray:
    """Numbers as float64 of the same shape; what is missing becomes NaN.

    Args:
        column: numbers of one of NumPy's types, of any shape; or Python's, [n].
        name: what an error calls it.

    Raises:
        ValueError: values that are no numbers, or whole numbers that float64 would round.
    """
    kind = column.dtype.kind
    if kind in "iu" and (int(column.max()) > _EXACT or int(column.min()) < -_EXACT):
        rounded = column.astype(np.float64)
        both = zip(rounded.ravel(), column.ravel(), strict=True)
        if any(int(one) != int(other) for one, other in both):
            raise ValueError(f"{name} has whole numbers that float64 would round")
    if kind in "biuf":
        with np.errstate(over="ignore"):  # infinite, which the caller refuses
            return column.astype(np.float64)
    if kind != "O":
        raise ValueError(f"{name} holds no real numbers but {column.dtype}")
    return np.array([_as_float(value, name) for value in column], dtype=np.float64)


def _as_float(value: Any, name: str) -> float:
    """A Python number as a float; NaN for a missing one."""
    if is_missing(value):
        return np.nan
    if not isinstance(value, Real | Decimal | np.bool_):
        shown = " ".join(f"{value!r:.40}".split())
        raise ValueError(f"{name} has {shown} where a number belongs")
    try:
        found = float(value)
    except OverflowError as error:
        raise ValueError(f"{name} has a number that is too large for float64") from error
    if isinstance(value, int) and int(found) != value:
        raise ValueError(f"{name} has whole numbers that float64 would round")
    return found
