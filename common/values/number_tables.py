"""Tables of numbers that users bring, of any number of axes, as float64."""

import sys
from typing import Any

import numpy as np

from .columns import columns_of, is_row, objects
from .containers import check_ordered, table_columns, unwrapped
from .labels_and_numbers import as_floats


def number_table(values: Any, name: str) -> np.ndarray:
    """Numbers as float64 of the same shape; what is missing or masked is NaN.

    >>> number_table([[1, 2], [3, None]], "a table").tolist()
    [[1.0, 2.0], [3.0, nan]]

    Args:
        values: an array, nested lists, a frame, a sparse matrix or a tensor.
        name: what an error calls it.

    Raises:
        ValueError: no numbers (texts, dates, complex ones), rows of different lengths, or what has
            no order.
    """
    check_ordered(values, name, "an array or nested lists of numbers")
    if _is_frame(values):
        return np.stack([as_floats(column, name) for column in columns_of(values, name)], axis=1)
    if hasattr(values, "iloc"):
        return as_floats(columns_of(values, name)[0], name) if len(values) else np.zeros(0)
    values = unwrapped(values, name)
    if not isinstance(values, np.ndarray):
        return _of_list(list(values), name)
    if values.dtype != object:
        return as_floats(values, name) if values.size else np.zeros(values.shape)
    return as_floats(objects(values.ravel().tolist()), name).reshape(values.shape)


def _of_list(parts: list[Any], name: str) -> np.ndarray:
    nested = [is_row(part) or hasattr(part, "iloc") for part in parts]
    if not any(nested):
        return as_floats(objects(parts), name) if parts else np.zeros(0)
    if not all(nested):
        raise ValueError(f"{name} has rows of different lengths")
    tables = [number_table(part, name) for part in parts]
    if len({table.shape for table in tables}) > 1:
        raise ValueError(f"{name} has rows of different lengths")
    return np.stack(tables)


def _is_frame(values: Any) -> bool:
    pandas = sys.modules.get("pandas")
    frame = pandas is not None and isinstance(values, pandas.DataFrame)
    return frame or table_columns(values) is not None
