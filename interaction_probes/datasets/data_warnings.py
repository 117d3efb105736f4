"""What is doubtful about a dataset, a line each; a run can be made from it all the same."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from interaction_probes.common.values.labels_and_numbers import is_continuous

from .blocks import ValueRange, row_blocks, valid_steps
from .duplicates import SEEN_BY, Repeated
from .schema import Label, Modality, MultimodalDataset, Split

#: Units among the test rows below which intervals over them are too narrow.
FEW_UNITS = 20
#: Distinct whole numbers up to which real numbers look like classes.
_LIKE_CLASSES = 10
#: Size of a feature over its spread from which float32 keeps less than a thousandth of the spread.
_OFFSET = 2**14
#: Columns of a label that a line names.
_NAMED = 8
#: Range of a feature, and size of its values, outside of which an encoder learns little from it.
_LEAST_RANGE, _MOST = 1e-3, 1e3


def find_warnings(
    dataset: MultimodalDataset,
    ranges: Mapping[str, ValueRange],
    repeated: Mapping[tuple[str, str], Repeated],
) -> list[str]:
    """A line for each thing that a user should look at.

    Args:
        dataset: one without errors.
        ranges: modality → the range of its training rows.
        repeated: rows that were seen before.
    """
    found = [line for one in dataset.modalities for line in _features(one, ranges[one.name])]
    found += [line for label in dataset.labels for line in _label(label, dataset)]
    for (part, name), rows in repeated.items():
        if not name:
            n = len(getattr(dataset.split, part))
            found.append(
                f"split: {len(rows.rows)} of {n} {part} rows are {SEEN_BY[part]} rows as well, in "
                f"all modalities: row {rows.rows[0]} is row {rows.of[0]}"
            )
    test = dataset.split.test
    units = len(test) if dataset.units is None else len(np.unique(dataset.units[test]))
    if units < FEW_UNITS:
        start = "split: there are" if dataset.units is None else "unit: the test rows are of"
        what = "test rows" if dataset.units is None else "units"
        found.append(
            f"{start} {units} {what}: intervals from fewer than {FEW_UNITS} are too narrow"
        )
    return found


def column_notes(label: Label, split: Split) -> Iterator[str]:
    """A line for each kind of column that a score of a label leaves out, or cannot show.

    Args:
        label: any; one that is one of several classes has no columns.
        split: the rows of each part.
    """
    key = f"label.{label.name}"
    if label.kind == "multilabel":
        positive = label.values[split.train].sum(0)
        for name, count in zip(label.classes, positive, strict=True):
            if count in (0, len(split.train)):
                yield f"{key}: {'no' if not count else 'every'} training row has {name}"
    elif label.kind == "real" and label.values.ndim == 2:
        for part, what in (
            ("train", "R² and MSE count it all the same"),
            ("test", "R² and MSE are the means of the other columns"),
        ):
            values = label.values[getattr(split, part)]
            constant = np.flatnonzero(values.min(0) == values.max(0))
            if len(constant):
                rows = {"train": "training"}.get(part, part)
                yield f"{key}: one value in all {rows} rows of {_columns(constant)}: {what}"


def _columns(numbers: Sequence[int] | np.ndarray) -> str:
    shown = ", ".join(map(str, numbers[:_NAMED])) + (", …" if len(numbers) > _NAMED else "")
    return f"column{'s' if len(numbers) > 1 else ''} {shown} (from 0)"


def _features(modality: Modality, found: ValueRange) -> Iterator[str]:
    key = f"modality.{modality.name}"
    constant = np.flatnonzero(found.constant)
    if len(constant) and modality.kind != "images":
        shown = ", ".join(map(str, constant[:8])) + (", …" if len(constant) > 8 else "")
        yield (
            f"{key}: {len(constant)} of {found.constant.size} features are constant in the "
            f"training rows: {shown}"
        )
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(found.low), np.abs(found.high))
        offset = np.flatnonzero((size > _OFFSET * (found.high - found.low)) & ~found.constant)
    if len(offset):
        yield (
            f"{key}: {len(offset)} features are large beside their spread, feature {offset[0]} "
            "first, and float32 keeps few digits of it: subtract the mean before saving"
        )
    if modality.kind != "images":
        small = (found.high - found.low < _LEAST_RANGE) & ~found.constant
        if len(odd := np.flatnonzero(small | (size > _MOST))):
            k = int(odd[0])
            yield (
                f"{key}: {len(odd)} of {size.size} features are far from a scale of 1, feature {k} "
                f"first, from {found.low[k]:.3g} to {found.high[k]:.3g}; nothing scales them for "
                "an encoder: standardise them by the training rows before saving"
            )
    if modality.kind == "images" and modality.values.dtype == np.float32:
        low, high = float(found.low.min()), float(found.high.max())
        if low < 0 or high > 1:
            yield f"{key}: images of floats are from 0 to 1, these from {low:g} to {high:g}"
    if modality.kind == "sequences" and (ended := _ending_in_zeros(modality)):
        yield (
            f"{key}: {ended} of {len(modality)} rows end in steps that are all zero: give their "
            f"valid steps as lengths.{modality.name} if these are padding"
        )


def _ending_in_zeros(modality: Modality) -> int:
    """How many sequences have zeros as their last valid step, and others before."""
    count = 0
    for block in row_blocks(modality.values):
        values = np.asarray(modality.values[block])
        valid = valid_steps(modality, np.arange(block.start, block.stop))
        used = (values != 0).any(2) & valid
        last = valid.sum(1) - 1
        count += int((used.any(1) & ~used[np.arange(len(used)), last]).sum())
    return count


def _label(label: Label, dataset: MultimodalDataset) -> Iterator[str]:
    key, train = f"label.{label.name}", dataset.split.train
    if label.kind == "real":
        if label.values.ndim == 1:
            distinct = np.unique(label.values)
            if len(distinct) <= _LIKE_CLASSES and (distinct == np.round(distinct)).all():
                yield (
                    f"{key} is floats and is read as real numbers, but has {len(distinct)} whole "
                    "values only: save it as whole numbers if these are classes"
                )
        elif np.isin(label.values, (0, 1)).all():
            yield (
                f"{key} is floats and is read as real numbers, but has nothing but 0 and 1 in its "
                f"{label.values.shape[1]} columns: save it as booleans if it is a multi-label"
            )
    elif label.kind == "classes":
        if is_continuous(label.values, np.unique(label.values, return_inverse=True)[1]):
            yield (
                f"{key} has {len(np.unique(label.values))} classes in {len(label)} rows: save it "
                "as floats if it is a measurement, as unit if it names samples"
            )
            return
        counts = np.bincount(label.values[train], minlength=len(label.classes))
        rare = [name for name, count in zip(label.classes, counts, strict=True) if count < 5]
        if rare:
            shown = ", ".join(rare[:8]) + (", …" if len(rare) > 8 else "")
            yield f"{key}: fewer than 5 training rows of {shown}"
    yield from column_notes(label, dataset.split)
