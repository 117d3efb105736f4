"""Columns of what users bring, none of them converted, and which of their values are missing."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from .containers import check_ordered, table_columns, unwrapped

#: What users' values should be.
FORM = "[n] or [n, k] with samples in it"


def columns_of(values: Any, name: str) -> list[np.ndarray]:
    """The columns of what was given, each [n], none converted.

    Raises:
        ValueError: no samples, another form, an order that is not known, or a container that NumPy
            has no form for.
    """
    columns = table_columns(values)
    if columns is not None:
        found = [columns_of(column, name) for column in columns]
        if not found or any(len(each) > 1 for each in found):
            raise ValueError(f"{name} is {FORM}, not a table of tables")
        return [column for each in found for column in each]
    check_ordered(values, name, FORM)
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        if isinstance(values, pandas.DataFrame):
            if not values.size:
                raise ValueError(f"{name} is {FORM}, not a frame of none")
            return [_of_series(values.iloc[:, k]) for k in range(values.shape[1])]
        if isinstance(values, pandas.Index):
            values = values.to_series()
        elif isinstance(values, pandas.api.extensions.ExtensionArray):
            values = pandas.Series(values)
        if isinstance(values, pandas.Series):
            values = _of_series(values)
    values = unwrapped(values, name)
    if not isinstance(values, np.ndarray):
        return _of_list(list(values), name)
    if values.ndim not in (1, 2) or not values.size:
        form = list(values.shape)
        raise ValueError(f"{name} is {FORM}, not {form}")
    if values.dtype.names:
        if values.ndim > 1:
            raise ValueError(f"{name} has fields, and so one axis, not {list(values.shape)}")
        found = [columns_of(values[field], name) for field in values.dtype.names]
        return [column for each in found for column in each]
    if values.dtype.kind == "V":
        raise ValueError(f"{name} has raw bytes of NumPy's type {values.dtype}: give numbers")
    columns = [values] if values.ndim == 1 else list(values.T)
    return [objects(column.tolist()) for column in columns] if values.dtype == object else columns


def _of_series(series: Any) -> np.ndarray:
    """A pandas column: as it is where NumPy holds it, as objects where only pandas does."""
    if isinstance(series.dtype, np.dtype) and series.dtype != object:
        return np.asarray(series.to_numpy())
    return objects(list(series.astype(object)))


def _of_list(rows: list[Any], name: str) -> list[np.ndarray]:
    """The columns of a list of values, or of rows."""
    if not rows:
        raise ValueError(f"{name} is {FORM}, not [0]")
    if any(hasattr(row, "iloc") for row in rows):
        raise ValueError(
            f"{name} is a list of pandas objects, rows or columns: make one frame of them, by "
            "pandas.concat(…, axis=1) where they are columns"
        )
    nested = [is_row(row) for row in rows]
    if not any(nested):
        return [objects(rows)]
    rows = [unwrapped(row, name) if one else row for one, row in zip(nested, rows, strict=True)]
    widths = {len(row) for one, row in zip(nested, rows, strict=True) if one}
    if not all(nested) or len(widths) > 1:
        raise ValueError(f"{name} has rows of different lengths, and so no columns")
    if 0 in widths or any(is_row(part) for part in rows[0]):
        raise ValueError(f"{name} is {FORM}, not of more axes")
    kinds = {row.dtype if isinstance(row, np.ndarray) else None for row in rows}
    if len(kinds) == 1 and None not in kinds and not kinds & {np.dtype(object)}:
        return list(np.stack(rows).T)
    return [objects(list(column)) for column in zip(*rows, strict=True)]


def is_row(value: Any) -> bool:
    """Whether a value is a list of values, or an array or a tensor of one axis or more."""
    if isinstance(value, str | bytes):
        return False
    return isinstance(value, Sequence) or bool(getattr(value, "ndim", 0))


def objects(values: list[Any]) -> np.ndarray:
    """A column [n] of Python values: as NumPy's own where that holds all of them exactly."""
    kinds = set(map(type, values))
    only = next(iter(kinds)) if len(kinds) == 1 else object
    if only is int and max(map(abs, values)) < 2**63:
        return np.array(values, dtype=np.int64)
    if only in (bool, float) or issubclass(only, np.number | np.bool_):
        return np.array(values)
    column = np.empty(len(values), dtype=object)
    for k, value in enumerate(values):
        column[k] = _python(value)
    return column


def _python(value: Any) -> Any:
    """A scalar of NumPy, torch or Arrow as Python's; a masked one as None."""
    if value is np.ma.masked:
        return None
    if hasattr(value, "as_py"):
        return value.as_py()
    # A datetime64 in nanoseconds would become a number.
    if hasattr(value, "item") and not isinstance(value, np.datetime64 | np.timedelta64):
        return value if getattr(value, "ndim", 0) else value.item()
    return value


def missing_values(column: np.ndarray) -> np.ndarray:
    """Where a column has no value: bool [n]."""
    if column.dtype.kind in "mM":
        return np.isnat(column)
    if column.dtype.kind in "fc":
        return np.isnan(column)
    if column.dtype != object:
        return np.zeros(len(column), dtype=bool)
    return np.array([is_missing(value) for value in column], dtype=bool)


def is_missing(value: Any) -> bool:
    """Whether a Python value is None, NaN, NaT, pandas' NA or masked, or a tuple with one."""
    if value is None or value is np.ma.masked or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, tuple):
        return any(is_missing(part) for part in value)
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    if hasattr(value, "is_nan"):  # Decimal, whose signalling NaN cannot be compared
        return bool(value.is_nan())
    return isinstance(value, float | complex | np.inexact) and bool(value != value)


def is_infinite(value: Any) -> bool:
    """Whether a Python number is infinite, or a tuple has one that is."""
    if isinstance(value, tuple):
        return any(is_infinite(part) for part in value)
    if hasattr(value, "is_infinite"):  # Decimal
        return bool(value.is_infinite())
    return isinstance(value, float | complex | np.inexact) and bool(np.isinf(value))
