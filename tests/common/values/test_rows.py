import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from interaction_probes.common.values.rows import common_length, is_mask, row_numbers


def test_the_length_that_most_have_is_right():
    given = {
        "a": np.ones((3, 2)),
        "b": [1, 2, 3],
        "c": sparse.eye_array(3),
        "d": pd.Series(range(3)),
    }
    assert common_length(given) == 3
    with pytest.raises(ValueError, match=r"2 rows in e, but 3 in a, b, c, …"):
        common_length({"e": range(2)} | given)
    with pytest.raises(ValueError, match=r"1 rows in b, but 2 in a"):
        common_length({"a": [1, 2], "b": [1]})


def test_masks_and_numbers():
    mask = [False, True, True]
    assert is_mask(mask)
    assert not is_mask([1, 2])
    assert not is_mask(pd.Index([1, 2]))
    assert row_numbers(mask, 3, "train").tolist() == [1, 2]
    assert row_numbers([2, 0], 3, "train").tolist() == [2, 0]
    assert row_numbers(pd.Index(["b", "a"]), 3, "train", pd.Index(["a", "c", "b"])).tolist() == [
        2,
        0,
    ]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ([], "train is a list of row numbers, or a mask of 3 rows, and not empty"),
        ("abc", "train is a list of row numbers"),
        ({1, 2}, "train is a list of row numbers"),
        (slice(2), "train is a list of row numbers"),
        ((k for k in (1, 2)), "train is a list of row numbers"),
        ([True, False], "train is a list of row numbers"),
        ([[1, 2], [3, 4], [5, 6]], "train is a list of row numbers"),
        ([0.0, 1.0], "train is a list of row numbers"),
        ([1, None], "train has 1 missing value of 2"),
        ([1, 0, 1], "train is a mask of 0 and 1"),
        ([0, 3], r"the rows of train lie in 0\.\.2"),
        ([0, 0], "train names a row twice"),
        (pd.Index([0, 1]), "train is a pandas Index, but no features or labels have one"),
    ],
)
def test_what_names_no_rows_is_refused(chosen, message):
    with pytest.raises(ValueError, match=message):
        row_numbers(chosen, 3, "train")
