from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from interaction_probes.common.values.number_tables import number_table

TABLE = [[0.5, 0.25], [0.0, 0.25]]


@pytest.mark.parametrize(
    "values",
    [
        TABLE,
        np.array(TABLE, dtype=np.float16),
        np.array(TABLE, dtype=object),
        np.ma.array(TABLE),
        [[Fraction(1, 2), Decimal("0.25")], [False, 0.25]],
        pd.DataFrame(TABLE),
        pd.DataFrame(TABLE, dtype="Float64"),
        [pd.Series(row) for row in TABLE],
        sparse.csr_array(TABLE),
        torch.tensor(TABLE, requires_grad=True).to_sparse(),
        [torch.tensor(row, dtype=torch.bfloat16) for row in TABLE],
    ],
)
def test_tables_of_every_container(values):
    found = number_table(values, "x")
    assert found.dtype == np.float64
    assert found.tolist() == TABLE


def test_any_number_of_axes():
    assert number_table(np.ones((2, 3, 4), dtype=int), "x").shape == (2, 3, 4)
    assert number_table([[[1, 2]], [[3, 4]]], "x").tolist() == [[[1, 2]], [[3, 4]]]
    assert number_table(pd.Series([1, 2]), "x").tolist() == [1, 2]
    assert number_table([], "x").shape == (0,)


def test_what_is_missing_or_masked_is_nan():
    for values in (
        [1, None],
        np.ma.array([1, 2], mask=[0, 1]),
        [1, np.ma.masked],
        pd.array([1, None], dtype="Int64"),
    ):
        assert np.isnan(number_table(values, "x")).tolist() == [False, True]
    rows = [np.ma.array([1, 2], mask=[0, 1]), np.ma.array([3, 4])]
    assert np.isnan(number_table(rows, "x")).tolist() == [[False, True], [False, False]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([["1", "2"], ["3", "4"]], "x has '1' where a number belongs"),
        (np.array(["1", "2"]), "x holds no real numbers but <U1"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "x holds no real numbers but datetime64"),
        ([1 + 1j, 2], r"x has \(1\+1j\) where a number belongs"),
        ([10**400, 1], "x has a number that is too large for float64"),
        ([[1, 2], [3]], "x has rows of different lengths"),
        ([1, [2]], "x has rows of different lengths"),
        ((k for k in (1, 2)), "x is an iterator"),
        ({0.5}, "x is a set"),
        ("12", "x is an array or nested lists of numbers, not '12'"),
        (None, "x is an array or nested lists of numbers, not None"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        number_table(values, "x")
