"""Containers of other libraries as NumPy arrays: tensors, sparse and masked arrays, Arrow, polars.

No value is rounded, and none that is masked or null becomes one that is there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from interaction_probes.common.error_lines import first_line


def check_ordered(values: Any, name: str, form: str) -> None:
    """Refuse what has no rows in an order that can be read twice.

    Args:
        values: as they were given.
        name: what an error calls them.
        form: what they should be.

    Raises:
        ValueError: an iterator, a set, a dict, a text, or a value that is no collection.
    """
    if isinstance(values, Iterator):
        raise ValueError(f"{name} is an iterator, which can be read once only: give list(…) of it")
    if isinstance(values, set | frozenset):
        raise ValueError(f"{name} is a set, which has no order and no value twice: give a list")
    collection = hasattr(values, "__iter__") or hasattr(values, "__array__")
    if isinstance(values, str | bytes | Mapping) or not collection:
        shown = " ".join(f"{values!r:.40}".split())
        raise ValueError(f"{name} is {form}, not {shown}")


def unwrapped(values: Any, name: str) -> Any:
    """What a container holds as a NumPy array; lists, NumPy's own and pandas' as they are.

    Masked values become missing ones: NaN, NaT or None.

    Raises:
        ValueError: a container that NumPy has no form for.
    """
    if hasattr(values, "detach"):
        return _of_tensor(values, name)
    if isinstance(values, np.ma.MaskedArray):
        return _of_masked(values)
    if isinstance(values, np.ndarray):
        return np.asarray(values)  # np.matrix has two axes however it is cut
    if hasattr(values, "toarray"):  # scipy.sparse
        return np.asarray(values.toarray())
    if hasattr(values, "to_pylist"):  # an Arrow array, whose scalars compare as nothing else does
        return _column(values.to_pylist())
    if hasattr(values, "to_numpy") and not hasattr(values, "iloc"):  # a polars Series, xarray
        return np.asarray(values.to_numpy())
    if hasattr(values, "__array__") and not hasattr(values, "iloc"):
        try:
            return np.asarray(values)
        except (TypeError, ValueError, RuntimeError) as error:
            raise ValueError(f"{name} is no NumPy array: {first_line(error)}") from error
    return values


def table_columns(values: Any) -> list[Any] | None:
    """The columns of an Arrow table or a polars frame; None of anything else."""
    for method in ("itercolumns", "get_columns"):
        if hasattr(values, method):
            return list(getattr(values, method)())
    return None


def _of_tensor(values: Any, name: str) -> np.ndarray:
    """A tensor on any device, with or without a gradient, of any layout and precision."""
    if type(values).__name__ == "MaskedTensor":
        raise ValueError(f"{name} is a masked tensor: leave out what is masked, and give a tensor")
    try:
        values = values.detach()
        if "strided" not in str(values.layout):
            values = values.to_dense()
        if values.is_quantized:
            values = values.dequantize()
        if values.is_floating_point() and str(values.dtype) not in _OF_NUMPY:
            values = values.float()  # bfloat16 and float8, which float32 holds exactly
        return np.asarray(values.numpy(force=True))
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise ValueError(f"{name} is no NumPy array: {first_line(error)}") from error


_OF_NUMPY = ("torch.float16", "torch.float32", "torch.float64")


def _of_masked(values: np.ma.MaskedArray) -> np.ndarray:
    """A masked array whose masked values are missing; of fields, each by itself."""
    if values.dtype.names:
        fields = {field: _of_masked(values[field]) for field in values.dtype.names}
        kinds = [(field, column.dtype) for field, column in fields.items()]
        found = np.empty(values.shape, dtype=kinds)
        for field, column in fields.items():
            found[field] = column
        return found
    masked = np.ma.getmaskarray(values)
    if not masked.any():
        return np.asarray(values.data)
    if values.dtype.kind in "fc":
        return np.where(masked, np.nan, values.data)
    if values.dtype.kind in "mM":
        return np.where(masked, np.array("NaT", dtype=values.dtype), values.data)
    found = values.data.astype(object)
    found[masked] = None
    return found


def _column(values: list[Any]) -> np.ndarray:
    found = np.empty(len(values), dtype=object)
    for k, value in enumerate(values):
        found[k] = value
    return found
