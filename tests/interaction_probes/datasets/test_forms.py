"""A MultimodalDataset that a user's function made: whatever is not of the schema is one line."""

from dataclasses import replace

import numpy as np
import pytest

from interaction_probes.datasets.checks import find_errors
from interaction_probes.datasets.schema import Label, Modality, MultimodalDataset, Split

RNG = np.random.default_rng(0)
N = 40
VALUES = RNG.normal(size=(N, 3)).astype(np.float32)
STEPS = RNG.normal(size=(N, 5, 2)).astype(np.float32)
SPLIT = Split(np.arange(20), np.arange(20, 30), np.arange(30, N))
KIND = Label("kind", "classes", np.arange(N) % 2, ("no", "yes"))
GOOD = MultimodalDataset(
    (
        Modality("left", "vectors", VALUES),
        Modality("steps", "sequences", STEPS, np.full(N, 3)),
    ),
    (KIND,),
    SPLIT,
    np.arange(N) // 2,
)
LEFT, SEQUENCE = GOOD.modalities


def errors(dataset):
    return find_errors(dataset)[0]


def of_split(**parts):
    return {"split": replace(SPLIT, **parts)}


def of_left(**changes):
    return {"modalities": (replace(LEFT, **changes), SEQUENCE)}


def of_lengths(lengths):
    return {"modalities": (LEFT, replace(SEQUENCE, lengths=lengths))}


def of_label(**changes):
    return {"labels": (replace(KIND, **changes),)}


def test_what_the_mistakes_are_made_in_is_good():
    assert errors(GOOD) == []
    assert errors(replace(GOOD, **of_split(test=np.arange(30, N).astype(np.uint64)))) == []


MASK = np.arange(N) % 5 == 0
MISTAKES = [
    (
        {"split": None},
        "split is a Split, with the rows of train, validation and test, not NoneType",
    ),
    (
        {"units": np.where(np.arange(N) < 30, np.arange(N), 30)},
        "unit: all 10 test rows are of one unit, and intervals over units need 2 or more",
    ),
    (
        {"modalities": (LEFT, Modality("photo", "images", np.zeros((N, 8, 8, 4), np.uint8)))},
        "modality.photo: images are [N, h, w, 1] or [N, h, w, 3], not of 4 channels",
    ),
    # These would have been read as they are, without a word.
    (of_split(test=np.repeat([30, 31], [9, 2])), "split.test has row 30 twice"),
    (of_split(train=np.repeat(np.arange(10), 2)), "split.train has row 0 twice"),
    ({"units": np.where(np.arange(N) < 30, np.arange(N), np.nan)}, "unit is whole numbers [N], no"),
    ({"units": np.arange(2 * N).reshape(N, 2)}, "unit is whole numbers [N], not int64 [40, 2]"),
    (of_left(values=np.ma.array(VALUES, mask=MASK[:, None] | (VALUES > 9))), "left is a masked ar"),
    (of_label(values=np.ma.array(KIND.values, mask=MASK)), "label.kind is a masked array"),
    (of_lengths(np.full(N, 2.5)), "lengths.steps is whole numbers [N], not float64 [40]"),
    (of_lengths(np.full(N, np.nan)), "lengths.steps is whole numbers [N], not float64 [40]"),
    (of_label(classes=("yes", "yes")), "label.kind: two of its classes have the same name"),
    (of_label(classes=(0, 1)), "label.kind: the names of its classes are texts, not [0, 1]"),
    (of_label(name="left, hand"), "'label.left, hand': a name is letters, digits, _ and -"),
    (of_left(name=""), "'modality.': a name is letters, digits, _ and -"),
    # And these ended in an error of NumPy's.
    (of_split(train=np.arange(N) < 20), "split.train is the numbers of its rows, not bool [40]"),
    (of_split(train=np.arange(20.0)), "split.train is the numbers of its rows, not float64 [20]"),
    (of_split(train=list(range(20))), "split.train is no NumPy array"),
    ({"units": list(range(N))}, "unit is no NumPy array"),
    (of_lengths([3] * N), "lengths.steps is no NumPy array"),
    (of_lengths(np.full((N, 1), 3)), "lengths.steps is whole numbers [N], not int64 [40, 1]"),
]


@pytest.mark.parametrize(("change", "expected"), MISTAKES)
def test_a_mistake_is_one_line(change, expected):
    [line] = errors(replace(GOOD, **change))
    assert expected in line
