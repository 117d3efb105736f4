"""One modality from an array of any origin."""

from typing import Any

import numpy as np

from interaction_probes.common.values.columns import columns_of
from interaction_probes.common.values.containers import check_ordered, unwrapped
from interaction_probes.common.values.labels_and_numbers import as_floats
from interaction_probes.common.values.number_tables import number_table

from .blocks import as_float32
from .schema import Kind, Modality

#: Axes → kind.
_KINDS: dict[int, Kind] = {2: "vectors", 3: "sequences", 4: "images"}


def read_modality(name: str, values: Any, lengths: Any = None) -> Modality:
    """A modality whose kind follows from the number of axes; see docs/own-data.md.

    float32, and uint8 images, are kept as they are, a memory map among them; other numbers become
    float32.

    Args:
        name: its name.
        values: [N, d], [N, T, d] or [N, h, w, c] as an array, lists, a frame or a tensor.
        lengths: valid steps of each sequence, [N]; None where all are.

    Raises:
        ValueError: another form, values that are no numbers, or lengths that are not whole.
    """
    key = f"modality.{name}"
    found = _array(values, key)
    kind = _KINDS.get(found.ndim)
    if kind is None:
        shape = list(found.shape)
        hint = f": one number per sample is [{len(found)}, 1]" if found.ndim == 1 else ""
        raise ValueError(f"{key} is [N, d], [N, T, d] or [N, h, w, c], not {shape}{hint}")
    if not found.size:
        raise ValueError(f"{key} is empty: its shape is {list(found.shape)}")
    if kind == "images" and found.dtype.kind in "iu" and found.dtype != np.uint8:
        raise ValueError(f"{key} is {found.dtype}: images are uint8, or floats from 0 to 1")
    if found.dtype != np.float32 and not (kind == "images" and found.dtype == np.uint8):
        found = as_float32(found, key)
    if lengths is None:
        return Modality(name, kind, found)
    if kind != "sequences":
        raise ValueError(f"lengths.{name} is of sequences, but {key} is {kind}")
    return Modality(name, kind, found, _lengths(lengths, f"lengths.{name}", found.shape[1]))


def _array(values: Any, key: str) -> np.ndarray:
    """An array of one of NumPy's own types; what is masked is NaN."""
    check_ordered(values, key, "an array of numbers")
    found = unwrapped(values, key)
    if isinstance(found, np.ndarray) and found.dtype != object and not found.dtype.names:
        return found
    return number_table(values, key)


def _lengths(values: Any, key: str, steps: int) -> np.ndarray:
    columns = columns_of(values, key)
    found = as_floats(columns[0], key)
    with np.errstate(invalid="ignore"):
        wrong = ~((found >= 1) & (found <= steps) & (found == np.floor(found)))
    if len(columns) > 1 or wrong.any():
        where = f" (row {int(wrong.argmax())}: {found[wrong.argmax()]:g})" if wrong.any() else ""
        raise ValueError(f"{key} is [N] whole numbers from 1 to {steps}{where}")
    return found.astype(np.int64)
