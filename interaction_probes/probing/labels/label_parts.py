"""The labels of the training, validation and test rows, checked before anything is fitted."""

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np

from interaction_probes.common.values.columns import missing_values
from interaction_probes.common.values.containers import unwrapped
from interaction_probes.common.values.labels_and_numbers import as_floats

from .result import LabelKind
from .rows import PARTS

#: Kind → how its labels are given, the kinds of its numpy types, its numbers of dimensions.
_FORMS: dict[LabelKind, tuple[str, str, tuple[int, ...]]] = {
    "classes": ("whole numbers from 0, [n]", "iu", (1,)),
    "multilabel": ("bool [n, k]", "b", (2,)),
    "real": ("numbers [n] or [n, k]", "iuf", (1, 2)),
}


def read_parts(kind: LabelKind, labels: Sequence[Any], rows: Sequence[int]) -> list[np.ndarray]:
    """The labels of each part: int64 [n] of classes, bool [n, k], or float64 [n, k].

    Args:
        kind: of the label.
        labels: of the training, the validation and the test rows.
        rows: how many rows the features of each part have.

    Raises:
        ValueError: an unknown kind; labels of another form, of other numbers of rows or columns,
            or that are missing, masked or not finite; one value in all training or all test rows;
            or a class of the validation or test rows that no training row has.
    """
    if kind not in _FORMS:
        raise ValueError(f"kinds of labels are {', '.join(get_args(LabelKind))}, not {kind!r}")
    parts = [
        _read(kind, values, n, name) for values, n, name in zip(labels, rows, PARTS, strict=True)
    ]
    if len({part.shape[1:] for part in parts}) > 1:
        shapes = ", ".join(str(list(part.shape)) for part in parts)
        raise ValueError(f"a label has one number of columns in every part, not {shapes}")
    train, validation, test = parts
    for name, part in (("training", train), ("test", test)):
        if (part == part[0]).all():
            raise ValueError(
                f"the label has one value in all {len(part)} {name} rows: nothing to probe"
            )
    if kind == "classes":
        for name, part in (("validation", validation), ("test", test)):
            unseen = np.setdiff1d(part, train)
            if len(unseen):
                raise ValueError(
                    f"{int(np.isin(part, unseen).sum())} {name} rows are of classes that no "
                    f"training row has: {', '.join(map(str, unseen))}"
                )
    return parts


def _read(kind: LabelKind, values: Any, rows: int, part: str) -> np.ndarray:
    given = np.asarray(unwrapped(values, f"the array of {part} labels"))
    if given.dtype == object and (missing := int(missing_values(given.ravel()).sum())):
        raise ValueError(f"{missing} labels of the {part} rows are missing or masked")
    form, types, dimensions = _FORMS[kind]
    if given.dtype.kind not in types or given.ndim not in dimensions:
        raise ValueError(
            f"labels of kind {kind} are {form}; those of the {part} rows are {given.dtype} "
            f"{list(given.shape)}"
        )
    if len(given) != rows:
        raise ValueError(f"{rows} {part} rows of features have {len(given)} labels")
    if kind == "multilabel":
        return given
    if kind == "classes":
        if given.min() < 0:
            raise ValueError(f"classes are numbers from 0, and a {part} row has {given.min()}")
        return given.astype(np.int64)
    found = as_floats(given, f"the array of {part} labels").reshape(rows, -1)
    if not np.isfinite(found).all():
        row = int(np.argwhere(~np.isfinite(found))[0, 0])
        raise ValueError(f"the label of {part} row {row} is missing or not finite")
    return found
