"""Values that users bring: discrete ones as codes, numbers as float64; exactly, or not at all.

Arrays, lists, masked arrays, pandas objects, sparse matrices and tensors are read column by column,
before anything is converted: NumPy would merge whole numbers beyond 2⁵³ in a table that has a
column of fractions, make texts of numbers beside texts, and drop masks.
"""

import sys
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

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
    columns = _columns(values, name)
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
    if 2 * size > n and (n >= _MANY or any(map(_has_fractions, _columns(values, name)))):
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
    columns = _columns(values, name)
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


def _columns(values: Any, name: str) -> list[np.ndarray]:
    """The columns of what was given, each [n], none converted.

    Raises:
        ValueError: no samples, or another form.
    """
    if hasattr(values, "detach"):  # a tensor; NumPy knows no bfloat16
        values = values.detach().cpu()
        if "bfloat16" in str(values.dtype):
            values = values.float()
        values = values.numpy()
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        if isinstance(values, pandas.DataFrame):
            if not values.size:
                raise ValueError(f"{name} is [n] or [n, k] with samples in it, not a frame of none")
            return [_of_series(values.iloc[:, k]) for k in range(values.shape[1])]
        if isinstance(values, pandas.Index):
            values = values.to_series()
        if isinstance(values, pandas.Series):
            values = _of_series(values)
        elif isinstance(values, pandas.api.extensions.ExtensionArray):
            values = _of_series(pandas.Series(values))
    if hasattr(values, "toarray"):
        values = values.toarray()
    if isinstance(values, np.ma.MaskedArray):
        masked = np.ma.getmaskarray(values)
        if masked.any():
            row = int(np.argwhere(masked)[0][0])
            raise ValueError(
                f"{name} has {int(masked.sum())} masked values, the first in row {row}: leave "
                "their rows out"
            )
        values = values.data
    if isinstance(values, np.ndarray):
        if values.ndim not in (1, 2) or not values.size:
            form = list(values.shape)
            raise ValueError(f"{name} is [n] or [n, k] with samples in it, not {form}")
        return [values] if values.ndim == 1 else list(values.T)
    return _of_list(values, name)


def _of_series(series: Any) -> np.ndarray:
    """A pandas column: as it is where NumPy holds it, as objects where only pandas does."""
    if isinstance(series.dtype, np.dtype):
        return np.asarray(series.to_numpy())
    return np.asarray(series.astype(object).to_numpy(), dtype=object)


def _of_list(values: Any, name: str) -> list[np.ndarray]:
    """The columns of a list of values, or of rows."""
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__iter__"):
        raise ValueError(f"{name} is [n] or [n, k] with samples in it, not {values!r:.40}")
    rows = list(values)
    if not rows:
        raise ValueError(f"{name} is [n] or [n, k] with samples in it, not [0]")
    nested = [
        isinstance(row, Sequence | np.ndarray) and not isinstance(row, str | bytes) for row in rows
    ]
    nested = [
        one and not (isinstance(row, np.ndarray) and row.ndim == 0)
        for one, row in zip(nested, rows, strict=True)
    ]
    if not any(nested):
        return [_objects(rows)]
    widths = {len(row) for one, row in zip(nested, rows, strict=True) if one}
    if not all(nested) or len(widths) > 1:
        raise ValueError(f"{name} has rows of different lengths, and so no columns")
    if 0 in widths or any(
        np.ndim(part) for row in rows[:1] for part in row if not isinstance(part, str)
    ):
        raise ValueError(f"{name} is [n] or [n, k] with samples in it, not of more axes")
    return [_objects(list(column)) for column in zip(*rows, strict=True)]


def _objects(values: list[Any]) -> np.ndarray:
    """A column of Python objects: floats and short whole numbers as NumPy's own."""
    kinds = set(map(type, values))
    if kinds == {int} and max(map(abs, values)) < 2**63:
        return np.array(values, dtype=np.int64)
    if kinds == {float}:
        return np.array(values, dtype=np.float64)
    column = np.empty(len(values), dtype=object)
    for k, value in enumerate(values):
        column[k] = (
            value.item()
            if hasattr(value, "item") and not isinstance(value, np.datetime64)
            else value
        )
    return column


def _codes(column: np.ndarray, name: str) -> np.ndarray:
    """A column's values as numbers from 0: int64 [n]."""
    missing = _missing(column)
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


def _missing(column: np.ndarray) -> np.ndarray:
    """Where a column has no value: bool [n]."""
    if column.dtype.kind in "mM":
        return np.isnat(column)
    if column.dtype.kind in "fc":
        return np.isnan(column)
    if column.dtype != object:
        return np.zeros(len(column), dtype=bool)
    return np.array([_is_missing(value) for value in column], dtype=bool)


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    if hasattr(value, "is_nan"):  # Decimal, whose signalling NaN cannot be compared
        return bool(value.is_nan())
    return isinstance(value, float | complex | np.inexact) and bool(value != value)


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
        if _is_missing(value):
            found[row] = np.nan
            continue
        if isinstance(value, str | bytes) or not isinstance(value, int | float | np.number):
            raise ValueError(f"{name}, column {k}, has no number in row {row} but {value!r:.40}")
        found[row] = float(value)
        if isinstance(value, int) and int(found[row]) != value:
            raise ValueError(f"{name}, column {k}, has whole numbers that float64 would round")
    return found
