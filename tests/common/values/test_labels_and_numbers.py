"""Values that users bring: read exactly, or refused in a line that says where."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from interaction_probes.common.values.labels_and_numbers import (
    check_countable,
    check_same_index,
    discrete_codes,
    numbers,
)

ROWS = [0, 1, 1, 0]


@pytest.mark.parametrize(
    "values",
    [
        [3, 5, 5, 3],
        [2**63, 2**63 + 1, 2**63 + 1, 2**63],
        [2**53, 2**53 + 1, 2**53 + 1, 2**53],
        [2.0, 2.5, 2.5, 2],
        [1, "1", "1", 1],
        ["a", "b", "b", "a"],
        ["a", "a\0", "a\0", "a"],
        [Decimal("1.10"), Decimal("2"), Decimal(2), Decimal("1.1")],
        [(0, 1), (0, 2), (0, 2), (0, 1)],
        [[0, "x"], [0, "y"], [0, "y"], [0, "x"]],
        np.array([b"a", b"b", b"b", b"a"]),
        np.array(["2020-01-01", "2020-01-02", "2020-01-02", "2020-01-01"], dtype="M8[D]"),
        np.array([2**63, 2**63 + 1, 2**63 + 1, 2**63], dtype=np.uint64),
        np.ma.array([3, 5, 5, 3], mask=False),
        pd.Series([3, 5, 5, 3], index=[9, 8, 7, 6]),
        pd.array([3, 5, 5, 3], dtype="Int64"),
        pd.Series(["a", "b", "b", "a"]),
        pd.Series(["a", "b", "b", "a"], dtype="category"),
        pd.DataFrame({"a": [0.5, 0.5, 0.5, 0.5], "b": [2**60, 2**60 + 1, 2**60 + 1, 2**60]}),
        pd.DataFrame({"a": [False, True, True, False], "b": ["x"] * 4}),
        torch.tensor([1.0, 2.0, 2.0, 1.0], dtype=torch.bfloat16, requires_grad=True),
    ],
)
def test_equal_values_have_one_code_and_others_have_others(values):
    assert discrete_codes(values, "x").tolist() == ROWS


def test_codes_follow_the_sorted_values():
    assert discrete_codes([10, 9, 2.5], "x").tolist() == [2, 1, 0]
    assert discrete_codes(["b", 2, "a"], "x").tolist() == [2, 0, 1]
    assert discrete_codes([[1, 2], [0, 5], [1, 0]], "x").tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([0.0, np.nan, 1.0, np.nan], dtype=object), "x has 2 missing values of 4, .* 1"),
        (["a", None, "b"], "x has 1 missing value of 3, the first in row 1"),
        (["a", float("nan"), "b"], "x has 1 missing"),
        (np.array(["2020-01-01", "NaT"], dtype="M8[D]"), "x has 1 missing"),
        ([1 + 0j, complex("nan")], "x has 1 missing"),
        ([Decimal(1), Decimal("NaN"), Decimal("sNaN")], "x has 2 missing"),
        (pd.array([1, None], dtype="Int64"), "x has 1 missing"),
        (pd.Series([pd.NaT, pd.Timestamp(0)]), "x has 1 missing"),
        (pd.DataFrame({"a": [0, 1], "b": ["x", None]}), "x, column 1, has 1 missing"),
        (np.ma.array([0.5, 0.5, 7.0], mask=[0, 0, 1]), "x has 1 missing value of 3, .* row 2"),
        ([0.0, np.inf], "x has values that are not finite, the first in row 1"),
        ([[0, 0, 1, 1]], r"x is one sample of 4 values; samples are rows"),
        ([{}, {}], "x has values that cannot be compared"),
        ([[1, 2], [3]], "x has rows of different lengths"),
        ([1, [2]], "x has rows of different lengths"),
        ([], r"x is \[n\] or \[n, k\] with samples in it"),
        ("abc", r"x is \[n\] or \[n, k\] with samples in it"),
        (5, r"x is \[n\] or \[n, k\] with samples in it"),
        (np.zeros((2, 2, 2)), r"x is \[n\] or \[n, k\] with samples in it"),
    ],
)
def test_what_cannot_be_coded_is_refused_in_a_line(values, message):
    with pytest.raises(ValueError, match=message) as caught:
        discrete_codes(values, "x")
    assert "\n" not in str(caught.value)


def test_nearly_as_many_values_as_samples_are_refused():
    noise = np.random.default_rng(0).permutation(1000)
    with pytest.raises(ValueError, match="x has 1000 distinct values in 1000 samples"):
        check_countable(noise, discrete_codes(noise, "x"), "x")
    few = list(range(8))  # every combination of three bits, once
    check_countable(few, discrete_codes(few, "x"), "x")
    with pytest.raises(ValueError, match="as identifiers and continuous values do"):
        check_countable([0.1, 0.2, 0.3], np.arange(3), "x")


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], dtype=object),
        pd.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}),
        pd.DataFrame({"a": pd.array([1, 3], dtype="Int64"), "b": [2, 4]}),
        sparse.csr_matrix([[1, 2], [3, 4]]),
        torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.bfloat16, requires_grad=True),
    ],
)
def test_numbers(values):
    found = numbers(values, "x")
    assert found.dtype == np.float64
    assert found.tolist() == [[1, 2], [3, 4]]
    assert numbers([True, False], "x").tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            [[1, np.nan], [np.inf, 2]],
            "x has 2 values that are missing or not finite, .* row 0, co",
        ),
        (pd.DataFrame({"a": [1, 2], "b": [1, None]}), "x has 1 value .* row 1, column 1"),
        (pd.DataFrame({"a": ["1", "2"]}), "x, column 0, has '1' where a number belongs"),
        (np.array(["1", "2"]), "x, column 0, holds no real numbers but <U1"),
        ([[2**53 + 1], [1]], "x, column 0, has whole numbers that float64 would round"),
        (np.array([2**63 + 1], dtype=np.uint64), "has whole numbers that float64 would round"),
    ],
)
def test_what_is_no_number_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        numbers(values, "x")


def test_pandas_objects_are_matched_by_position_only_where_their_indexes_agree():
    column = pd.Series([0, 1, 2])
    check_same_index({"a": column, "b": column * 2, "c": np.arange(3)})
    with pytest.raises(ValueError, match="a and b have different pandas indexes"):
        check_same_index({"a": column, "b": column[::-1]})
