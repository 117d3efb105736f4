"""What is wrong with a dataset, a line each."""

from collections.abc import Iterator

import numpy as np

from interaction_probes.common.values.counts_in_words import missing_count, unusable_count

from .assembly import unit_in_two_parts
from .blocks import ValueRange, value_range
from .forms import form_errors
from .schema import PARTS, Label, Modality, MultimodalDataset


def find_errors(dataset: MultimodalDataset) -> tuple[list[str], dict[str, ValueRange]]:
    """Everything that a run cannot be made from; every modality is read once.

    Returns:
        A line per error that names key and row; and the range of each modality's training rows,
        empty where the form of the dataset is wrong already.
    """
    errors = list(form_errors(dataset))
    if errors:
        return errors, {}
    errors = [*_split(dataset)]
    if errors:
        return errors, {}
    ranges = {one.name: value_range(one, dataset.split.learnt_from) for one in dataset.modalities}
    errors += _test_units(dataset)
    for modality in dataset.modalities:
        errors += _values(modality, ranges[modality.name])
    for label in dataset.labels:
        errors += _classes(label, dataset)
    return errors, ranges


def _split(dataset: MultimodalDataset) -> Iterator[str]:
    n, seen = len(dataset), np.full(len(dataset), -1)
    parts = dataset.split.parts()
    for k, (part, rows) in enumerate(parts.items()):
        if not len(rows):
            yield f"split.{part} has no rows"
        elif rows.min() < 0 or rows.max() >= n:
            yield f"split.{part}: rows are 0 to {n - 1}, not {int(rows.min())} to {int(rows.max())}"
        elif ((times := np.unique(rows, return_counts=True))[1] > 1).any():
            row = int(times[0][times[1] > 1][0])
            yield f"split.{part} has row {row} twice: each row is one sample"
        elif (taken := (seen[rows] >= 0) & (part != "train")).any():
            row = int(rows[taken.argmax()])
            yield f"split: row {row} is both of {[*parts][seen[row]]} and of {part}"
        else:
            seen[rows] = k
    if dataset.units is not None and (leak := unit_in_two_parts(dataset.units, parts)):
        (one, row), (other, later) = leak
        yield f"unit: row {row} of {one} and row {later} of {other} are of one unit"


def _test_units(dataset: MultimodalDataset) -> Iterator[str]:
    """Refuse test rows of one unit, given or drawn: every run computes intervals over units."""
    test = dataset.split.test
    if dataset.units is not None and len(np.unique(dataset.units[test])) < 2:
        yield (
            f"unit: all {len(test)} test rows are of one unit, and intervals over units need 2 or "
            "more: give more units to the test rows, or leave out unit if samples are independent"
        )


def _values(modality: Modality, found: ValueRange) -> Iterator[str]:
    key = f"modality.{modality.name}"
    if found.not_finite:
        yield (f"{key} has {unusable_count(int(found.not_finite))}, the first in row {found.first}")
    elif found.constant.all():
        yield f"{key}: all features are constant in the training rows, so there is nothing to learn"


def _classes(label: Label, dataset: MultimodalDataset) -> Iterator[str]:
    key = f"label.{label.name}"
    if label.kind == "real":
        missing = ~np.isfinite(label.values)
        if missing.any():
            yield f"{key} has {missing_count(int(missing.sum()))}, the first in row " + str(
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
