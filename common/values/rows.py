"""Samples are rows: how many there are, and which of them a user means."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from .columns import columns_of, missing_values
from .counts_in_words import missing_count


def common_length(given: Mapping[str, Any]) -> int:
    """The number of rows that all of some arrays have.

    Args:
        given: what an error calls each → an array, a frame, a list, …

    Raises:
        ValueError: numbers that differ; it names what has another number than most.
    """
    lengths = {name: n for name, values in given.items() if (n := _length(values)) is not None}
    if not lengths:
        raise ValueError(f"{', '.join(given)}: no arrays, and so no rows")
    usual = Counter(lengths.values()).most_common(1)[0][0]
    others = [name for name, n in lengths.items() if n == usual]
    named = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
    for name, n in lengths.items():
        if n != usual:
            raise ValueError(f"{n} rows in {name}, but {usual} in {named}")
    return usual


def is_mask(values: Any) -> bool:
    """Whether rows are chosen by a boolean for each, and not by numbers or labels."""
    if not _has_rows(values):
        return False
    column = columns_of(values, "a mask")[0]
    return bool(column.dtype == bool)


def row_numbers(chosen: Any, n: int, name: str, index: Any = None) -> np.ndarray:
    """Rows by number, from a mask [n], from numbers, or from labels of a pandas index.

    Args:
        chosen: booleans [n]; numbers from 0; or a pandas Index, whose labels are looked up.
        n: how many rows there are.
        name: what an error calls them.
        index: pandas index [n] of the rows, where they have one.

    Returns:
        int64, in the order given.

    Raises:
        ValueError: none of these, no row, one that does not exist, or one that is named twice.
    """
    if _is_index(chosen) and chosen.dtype != bool:
        return _of_labels(chosen, name, index)
    if hasattr(chosen, "iloc") and hasattr(chosen, "index") and _own_labels(chosen):
        raise ValueError(
            f"{name} is a pandas Series of numbers with an index of its own: give its values by "
            ".to_numpy() if they are positions, or pd.Index(…) of it if they are labels"
        )
    form = f"{name} is a list of row numbers, or a mask of {n} rows, and not empty"
    if not _has_rows(chosen):
        raise ValueError(form)
    columns = columns_of(chosen, name)
    rows = columns[0]
    if missing := int(missing_values(rows).sum()):
        raise ValueError(f"{name} has {missing_count(missing)} of {len(rows)}")
    if rows.dtype.kind in "iu" and len(rows) == n > 2 and not (rows > 1).any():
        raise ValueError(f"{name} is a mask of 0 and 1: give booleans, or row numbers")
    if rows.dtype == bool and len(rows) == n:
        rows = np.flatnonzero(rows)
    if len(columns) > 1 or rows.dtype.kind not in "iu" or not len(rows):
        raise ValueError(form)
    if rows.min() < 0 or rows.max() >= n:
        raise ValueError(f"the rows of {name} lie in 0..{n - 1}")
    return _once(rows.astype(np.int64), name)


def _own_labels(chosen: Any) -> bool:
    """Whether a pandas object of row numbers has other labels than 0, 1, …"""
    return not is_mask(chosen) and chosen.index.tolist() != list(range(len(chosen)))


def _of_labels(labels: Any, name: str, index: Any) -> np.ndarray:
    """The rows of labels of a pandas index."""
    if index is None:
        raise ValueError(
            f"{name} is a pandas Index, but no features or labels have one: give row numbers, by "
            "np.arange(…), or a mask"
        )
    if not index.is_unique:
        raise ValueError(f"{name} is a pandas Index, and labels of the rows' index are not unique")
    rows = np.asarray(index.get_indexer(labels), dtype=np.int64)
    if not len(rows):
        raise ValueError(f"{name} is a pandas Index, and empty")
    if (rows < 0).any():
        label = labels[int((rows < 0).argmax())]
        raise ValueError(f"{name} has the label {label!s}, which no row of the index has")
    return _once(rows, name)


def _once(rows: np.ndarray, name: str) -> np.ndarray:
    if len(np.unique(rows)) < len(rows):
        raise ValueError(f"{name} names a row twice")
    return rows


def _length(values: Any) -> int | None:
    """How many rows there are; None of what has no length, which its reader refuses."""
    shape = getattr(values, "shape", None)  # a sparse matrix has no len()
    if shape is not None:
        return int(shape[0]) if len(shape) else None
    return len(values) if hasattr(values, "__len__") else None


def _has_rows(values: Any) -> bool:
    """Whether values are a list of one value or more, and no text, set or iterator."""
    listed = hasattr(values, "__iter__") and not isinstance(values, str | bytes | set | Mapping)
    return listed and bool(_length(values))


def _is_index(values: Any) -> bool:
    """Whether values are a pandas Index; a Series has one as an attribute."""
    return hasattr(values, "get_indexer")
