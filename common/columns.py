"""Columns of what users bring, none of them converted, and which of their values are missing."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def columns_of(values: Any, name: str) -> list[np.ndarray]:
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
    """Whether a Python value is None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    if hasattr(value, "is_nan"):  # Decimal, whose signalling NaN cannot be compared
        return bool(value.is_nan())
    return isinstance(value, float | complex | np.inexact) and bool(value != value)
