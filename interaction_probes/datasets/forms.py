"""Names, types and shapes of a dataset, which one from a user's function may have wrong."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from interaction_probes.common.values.rows import common_length

from .schema import Label, Modality, MultimodalDataset, Split

#: What a name of a modality or a label is.
NAME = "letters, digits, _ and -"
_AXES = {"vectors": 2, "sequences": 3, "images": 4}
#: Grey images, and images of three colours.
_CHANNELS = (1, 3)
_LABEL_TYPES = {"classes": np.int64, "multilabel": np.bool_, "real": np.float64}


def is_name(text: str) -> bool:
    """Whether a text can name a modality or a label: in tables, in options and in names of files.

    >>> is_name("left-hand"), is_name("left, hand"), is_name("")
    (True, False, False)
    """
    return text.replace("_", "").replace("-", "").isalnum()


def form_errors(dataset: MultimodalDataset) -> list[str]:
    """What is not as :mod:`.schema` has it, a line each. Values of modalities are not read."""
    if not isinstance(dataset.split, Split):
        return [
            "split is a Split, with the rows of train, validation and test, not "
            f"{type(dataset.split).__name__}"
        ]
    arrays: dict[str, Any] = {f"modality.{one.name}": one.values for one in dataset.modalities}
    arrays |= {f"label.{one.name}": one.values for one in dataset.labels}
    if len(arrays) < len(dataset.modalities) + len(dataset.labels):
        return ["two modalities or two labels have the same name"]
    errors = [f"{key!r}: a name is {NAME}" for key in arrays if not is_name(key.partition(".")[2])]
    if len(dataset.modalities) < 2:
        errors.append(f"two modalities or more are needed, not {len(dataset.modalities)}")
    if not dataset.labels:
        errors.append("no label.NAME: one label or more is needed, for the probes")
    arrays |= {f"lengths.{m.name}": m.lengths for m in dataset.modalities if m.lengths is not None}
    arrays |= {} if dataset.units is None else {"unit": dataset.units}
    rows = {f"split.{part}": rows for part, rows in dataset.split.parts().items()}
    wrong = [line for key, each in (arrays | rows).items() for line in _of_array(key, each)]
    if wrong:
        return errors + wrong
    for modality in dataset.modalities:
        errors += _of_modality(modality)
    for label in dataset.labels:
        errors += _of_label(label)
    whole = rows if dataset.units is None else {**rows, "unit": dataset.units}
    for key, each in whole.items():
        if each.dtype.kind not in "iu" or each.ndim != 1:
            what = "whole numbers [N]" if key == "unit" else "the numbers of its rows"
            errors.append(f"{key} is {what}, not {each.dtype} {list(each.shape)}")
    try:
        common_length(arrays)
    except ValueError as error:
        errors.append(str(error))
    return errors


def _of_array(key: str, values: Any) -> Iterator[str]:
    if not isinstance(values, np.ndarray):
        yield f"{key} is no NumPy array"
    elif isinstance(values, np.ma.MaskedArray):
        yield f"{key} is a masked array, whose mask would be lost: leave masked rows out"


def _of_modality(modality: Modality) -> Iterator[str]:
    types = ("float32", "uint8") if modality.kind == "images" else ("float32",)
    values, lengths = modality.values, modality.lengths
    if values.ndim != _AXES.get(modality.kind) or values.dtype not in types:
        yield (
            f"modality.{modality.name}: {modality.kind} are {' or '.join(types)} of "
            f"{_AXES.get(modality.kind, 'other')} axes, not {values.dtype} {list(values.shape)}"
        )
    elif modality.kind == "images" and values.shape[3] not in _CHANNELS:
        yield (
            f"modality.{modality.name}: images are [N, h, w, 1] or [N, h, w, 3], not of "
            f"{values.shape[3]} channels: choose or average them, or give vectors [N, d]"
        )
    elif lengths is not None:
        key, steps = f"lengths.{modality.name}", values.shape[1]
        if modality.kind != "sequences":
            yield f"{key} is of sequences, but these are {modality.kind}"
        elif lengths.dtype.kind not in "iu" or lengths.ndim != 1:
            yield f"{key} is whole numbers [N], not {lengths.dtype} {list(lengths.shape)}"
        elif (wrong := (lengths < 1) | (lengths > steps)).any():
            row = int(wrong.argmax())
            yield f"{key} is 1 to {steps}: row {row} has {int(lengths[row])}"


def _of_label(label: Label) -> Iterator[str]:
    key = f"label.{label.name}"
    axes = {"classes": (1,), "multilabel": (2,), "real": (1, 2)}.get(label.kind)
    if axes is None:
        kinds = ", ".join(_LABEL_TYPES)
        yield f"{key}: the kind of a label is {kinds}, not {label.kind!r}"
    elif label.values.dtype != _LABEL_TYPES[label.kind] or label.values.ndim not in axes:
        yield (
            f"{key}: {label.kind} are {_LABEL_TYPES[label.kind].__name__}, not "
            f"{label.values.dtype} {list(label.values.shape)}"
        )
    if not all(isinstance(name, str) for name in label.classes):
        yield f"{key}: the names of its classes are texts, not {list(label.classes)[:3]}"
    elif len(set(label.classes)) < len(label.classes):
        yield f"{key}: two of its classes have the same name"
