"""Columns of a label that have one value in some rows, and so no part in some of its scores."""

from collections.abc import Iterator, Sequence

import numpy as np

from .schema import Label, Split

#: Columns that a line names.
_NAMED = 8


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
            ("train", "nothing is learnt there, but R² and MSE count it"),
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
