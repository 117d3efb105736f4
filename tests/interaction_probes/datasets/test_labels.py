from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from interaction_probes.datasets.labels import read_label


@pytest.mark.parametrize(
    ("values", "kind", "classes", "found"),
    [
        (["b", "a", "b"], "classes", ("a", "b"), [1, 0, 1]),
        ([3, -1, 3], "classes", ("-1", "3"), [1, 0, 1]),
        (np.array([True, False]), "classes", ("False", "True"), [1, 0]),
        (np.array([[2], [1]]), "classes", ("1", "2"), [1, 0]),
        (np.array([b"y", b"x"]), "classes", ("x", "y"), [1, 0]),
        ([0.0, 1.0, 0.0], "real", (), [0, 1, 0]),
        ([0, 0.5, 1], "real", (), [0, 0.5, 1]),
        ([Decimal("1.5"), Decimal(2)], "real", (), [1.5, 2]),
        ([Fraction(1, 4), 1], "real", (), [0.25, 1]),
        (np.array([b"\xff", b"\xfe"]), "classes", ("\\xfe", "\\xff"), [1, 0]),
        (np.array([[1.5, 2], [3, 4]]), "real", (), [[1.5, 2], [3, 4]]),
        (np.array([[1, 0], [0, 0]]), "multilabel", ("0", "1"), [[True, False], [False, False]]),
    ],
)
def test_the_kind_follows_from_the_type(values, kind, classes, found):
    label = read_label("y", values)
    assert (label.kind, label.classes) == (kind, classes)
    assert label.values.tolist() == found
    dtypes = {"classes": np.int64, "real": np.float64, "multilabel": np.bool_}
    assert label.values.dtype == dtypes[kind]


def test_names_of_whole_numbers():
    label = read_label("y", [2, 0, 2], ["no", "maybe", "yes"])
    assert label.values.tolist() == [2, 0, 2]
    assert label.classes == ("no", "maybe", "yes")


@pytest.mark.parametrize(
    ("values", "classes", "expected"),
    [
        (["a", None, "b"], None, "label.y has 1 missing value of 3, the first in row 1"),
        ([0.5, np.nan, 1], None, "label.y has 1 value that is missing .* row 1"),
        ([0, 3, 1], ["a", "b", "c"], "label.y is 0 to 2, its 3 classes: row 1 is not"),
        (["a", "b"], ["a", "b"], "label.y is whole numbers from 0 where classes are named"),
        ([0.5, 1.5], ["a", "b"], "classes.y names classes, but label.y is real numbers"),
        ([1, "1", 1], None, "label.y has two values that are both written 1"),
        ([0, 1], np.ma.array(["a", "b"], mask=[0, 1]), "classes.y has 1 missing names"),
        ([0, 1], ["a", None], "classes.y has 1 missing names"),
        ([["a", "b"], ["b", "a"]], None, "row 0, column 0 is a: give each column as a label"),
    ],
)
def test_what_cannot_be_read(values, classes, expected):
    with pytest.raises(ValueError, match=expected):
        read_label("y", values, classes)
