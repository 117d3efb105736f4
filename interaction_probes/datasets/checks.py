"""What is wrong with a dataset, a line each."""

from collections.abc import Iterator

import numpy as np

from interaction_probes.common.values.rows import common_length

from .assembly import unit_in_two_parts
from .blocks import ValueRange, value_range
from .schema import PARTS, Label, Modality, MultimodalDataset

_AXES = {"vectors": 2, "sequences": 3, "images": 4}
_LABEL_TYPES = {"classes": np.int64, "multilabel": np.bool_, "real": np.float64}


def find_errors(dataset: MultimodalDataset) -> tuple[list[str], dict[str, ValueRange]]:
    """Everything that a run cannot be made from; every modality is read once.

    Returns:
        A line per error that names key and row; and the range of each modality's training rows,
        empty where the form of the dataset is wrong already.
    """
    errors = list(_form(dataset))
    if errors:
        return errors, {}
    errors = [*_split(dataset)]
    if errors:
        return errors, {}
    ranges = {one.name: value_range(one, dataset.split.learnt_from) for one in dataset.modalities}
    for modality in dataset.modalities:
        errors += _values(modality, ranges[modality.name])
    for label in dataset.labels:
        errors += _classes(label, dataset)
    return errors, ranges


def _form(dataset: MultimodalDataset) -> Iterator[str]:
    """Types and shapes, which a dataset from a user's function may have wrong."""
    if len(dataset.modalities) < 2:
        yield f"two modalities or more are needed, not {len(dataset.modalities)}"
    if not dataset.labels:
        yield "no label.NAME: one label or more is needed, for the probes"
    keys = {f"modality.{one.name}": one.values for one in dataset.modalities}
    keys |= {f"label.{one.name}": one.values for one in dataset.labels}
    if len(keys) < len(dataset.modalities) + len(dataset.labels):
        yield "two modalities or two labels have the same name"
        return
    wrong_types = [key for key, values in keys.items() if not isinstance(values, np.ndarray)]
    if wrong_types:
        yield f"{wrong_types[0]} is no NumPy array"
        return
    for modality in dataset.modalities:
        types = ("float32", "uint8") if modality.kind == "images" else ("float32",)
        values = modality.values
        if values.ndim != _AXES.get(modality.kind) or values.dtype not in types:
            yield (
                f"modality.{modality.name}: {modality.kind} are {' or '.join(types)} of "
                f"{_AXES.get(modality.kind, 'other')} axes, not {values.dtype} {list(values.shape)}"
            )
        elif modality.lengths is not None:
            keys |= {f"lengths.{modality.name}": modality.lengths}
            wrong = (modality.lengths < 1) | (modality.lengths > values.shape[1])
            if modality.kind != "sequences":
                yield f"lengths.{modality.name} is of sequences, but these are {modality.kind}"
            elif wrong.any():
                row = int(wrong.argmax())
                yield (
                    f"lengths.{modality.name} is 1 to {values.shape[1]}: row {row} has "
                    f"{int(modality.lengths[row])}"
                )
    for label in dataset.labels:
        axes = {"classes": (1,), "multilabel": (2,), "real": (1, 2)}.get(label.kind)
        if axes is None:
            kinds = ", ".join(_LABEL_TYPES)
            yield f"label.{label.name}: the kind of a label is {kinds}, not {label.kind!r}"
        elif label.values.dtype != _LABEL_TYPES[label.kind] or label.values.ndim not in axes:
            yield (
                f"label.{label.name}: {label.kind} are {_LABEL_TYPES[label.kind].__name__}, not "
                f"{label.values.dtype} {list(label.values.shape)}"
            )
    keys |= {} if dataset.units is None else {"unit": dataset.units}
    try:
        common_length(keys)
    except ValueError as error:
        yield str(error)


def _split(dataset: MultimodalDataset) -> Iterator[str]:
    n, seen = len(dataset), np.full(len(dataset), -1)
    parts = dataset.split.parts()
    for k, (part, rows) in enumerate(parts.items()):
        if not len(rows):
            yield f"split.{part} has no rows"
        elif rows.min() < 0 or rows.max() >= n:
            yield f"split.{part}: rows are 0 to {n - 1}, not {int(rows.min())} to {int(rows.max())}"
        elif (taken := (seen[rows] >= 0) & (part != "train")).any():
            row = int(rows[taken.argmax()])
            yield f"split: row {row} is both of {[*parts][seen[row]]} and of {part}"
        else:
            seen[rows] = k
    if dataset.units is not None and (leak := unit_in_two_parts(dataset.units, parts)):
        (one, row), (other, later) = leak
        yield f"unit: row {row} of {one} and row {later} of {other} are of one unit"


def _values(modality: Modality, found: ValueRange) -> Iterator[str]:
    key = f"modality.{modality.name}"
    if found.not_finite:
        yield (
            f"{key} has {found.not_finite} values that are missing or not finite, the first in row "
            f"{found.first}"
        )
    elif found.constant.all():
        yield f"{key}: all features are constant in the training rows, so there is nothing to learn"


def _classes(label: Label, dataset: MultimodalDataset) -> Iterator[str]:
    key = f"label.{label.name}"
    if label.kind == "real":
        missing = ~np.isfinite(label.values)
        if missing.any():
            yield f"{key} has {int(missing.sum())} missing values, the first in row " + str(
                int(np.argwhere(missing)[0][0])
            )
            return
    elif label.kind == "classes":
        wrong = (label.values < 0) | (label.values >= len(label.classes))
        if wrong.any():
            row = int(wrong.argmax())
            yield f"{key}: row {row} is class {label.values[row]} of {len(label.classes)}"
            return
    elif label.values.shape[1] != len(label.classes):
        yield f"{key} has {label.values.shape[1]} columns and {len(label.classes)} names"
        return
    for part in PARTS:
        rows = getattr(dataset.split, part)
        values = label.values[rows]
        if (values == values[0]).all():
            shown = label.classes[int(values[0])] if label.kind == "classes" else values[0]
            what = "of one class" if label.kind == "classes" else "alike"
            yield f"{key}: all {len(rows)} {part} rows are {what} ({shown}), the first is row " + (
                str(int(rows[0]))
            )
    if label.kind == "classes":
        known = np.unique(label.values[dataset.split.train])
        for part in ("validation", "test"):
            rows = getattr(dataset.split, part)
            unseen = ~np.isin(label.values[rows], known)
            if unseen.any():
                row = int(rows[unseen.argmax()])
                name = label.classes[int(label.values[row])]
                yield f"{key}: row {row} of {part} is of class {name}, of which no training row is"
