"""What other libraries hold is read as it is: nothing masked or null becomes a value."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from interaction_probes.common.values.labels_and_numbers import (
    discrete_codes,
    numbers,
    shared_codes,
)

FIELDS = [("a", int), ("b", float)]
MATRIX = [[0, 1], [2, 3], [0, 1]]


class Polars:
    """As polars gives its columns: each by itself, to NumPy."""

    def __init__(self, *columns):
        self.columns = columns

    def get_columns(self):
        return [PolarsColumn(column) for column in self.columns]


class PolarsColumn:
    def __init__(self, values):
        self.values = values

    def to_numpy(self):
        return np.array(self.values)

    def __iter__(self):
        return iter(self.values)


@pytest.mark.parametrize(
    "values",
    [
        torch.tensor(MATRIX).to_sparse(),
        torch.tensor(MATRIX, dtype=torch.float32, requires_grad=True).to(torch.float8_e4m3fn),
        torch.tensor(MATRIX).to(torch.complex64).conj().real,
        list(torch.tensor(MATRIX)),
        [torch.tensor([0.0, 1.0], requires_grad=True), *torch.tensor([[2.0, 3], [0, 1]])],
        [np.array(row, dtype=np.float32) for row in MATRIX],
        [np.ma.array(row, mask=False) for row in MATRIX],
        np.ma.array(MATRIX),
        np.array([(0, 1.0), (2, 3.0), (0, 1.0)], dtype=FIELDS),
        np.array(MATRIX, dtype=np.float16),
        np.array(MATRIX, dtype=object),
        Polars([0, 2, 0], [1.0, 3.0, 1.0]),
    ],
)
def test_tables_of_every_container(values):
    assert numbers(values, "x").tolist() == MATRIX
    assert discrete_codes(values, "x").tolist() == [0, 1, 0]


def test_a_matrix_of_numpy_has_columns():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        matrix = np.matrix(MATRIX)
    assert numbers(matrix, "x").tolist() == MATRIX


def test_columns_of_one_kind_share_their_codes():
    assert shared_codes([["a", "b"], ["b", "c"]], "x").tolist() == [[0, 1], [1, 2]]
    frame = pd.DataFrame({"one": [2**60, 2**60 + 1], "two": [2.0**60, 0.5]})
    assert shared_codes(frame, "x").tolist() == [[1, 1], [2, 0]]
    assert shared_codes(range(3), "x").tolist() == [[0], [1], [2]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, np.ma.masked, 1], "x has 1 missing value of 3, the first in row 1"),
        ([np.ma.array([1, 2], mask=[0, 1]), [1, 2]], "x, column 1, has 1 missing value of 2"),
        (np.ma.array(["a", "b"], mask=[0, 1]), "x has 1 missing value"),
        (np.ma.array(np.array([(1, 2.0)] * 3, dtype=FIELDS), mask=[(0, 1), (0, 0), (0, 0)]), "x, "),
        (np.array([(1, 2.0), (1, np.nan)], dtype=FIELDS), "x, column 1, has 1 missing value of 2"),
        (pd.Series(["a", None], dtype="category"), "x has 1 missing value of 2"),
        (pd.cut(pd.Series([0.5, 9.0]), [0, 1]), "x has 1 missing value of 2"),
        (pd.Series([(1, np.nan), (1, 2.0)]), "x has 1 missing value of 2"),
        (pd.MultiIndex.from_tuples([(1, "a"), (1, None)]), "x has 1 missing value of 2"),
        (Polars([1, None]), "x has 1 missing value of 2"),
        ([1, "a", float("inf")], "x has values that are not finite, the first in row 2"),
        (np.array([1, complex("inf")]), "x has values that are not finite, the first in row 1"),
        ((k for k in range(3)), "x is an iterator, which can be read once only"),
        (map(int, "123"), "x is an iterator"),
        ({1, 2, 3}, "x is a set, which has no order"),
        ({"a": [1, 2]}, r"x is \[n\] or \[n, k\] with samples in it, not {'a'"),
        ([pd.Series([1, 2]), pd.Series([1, 2])], "x is a list of pandas objects, rows or columns"),
        (np.array([1, 2]).view("V8"), "x has raw bytes of NumPy's type"),
        ([[[1, 2]], [[3, 4]]], "not of more axes"),
        ([torch.zeros(2, 2)] * 2, "not of more axes"),
        ([[1, 2, 3], [4, 5, 6]], "x is 2 samples of 3 values; samples are rows"),
        (torch.zeros(3, device="meta"), "x is no NumPy array: "),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_line(values, message):
    with pytest.raises(ValueError, match=message) as caught:
        discrete_codes(values, "x")
    assert "\n" not in str(caught.value)


def test_a_masked_tensor_is_refused():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        masked = torch.masked.masked_tensor(torch.ones(2), torch.tensor([True, False]))
        with pytest.raises(ValueError, match="x is a masked tensor"):
            discrete_codes(masked, "x")


def test_arrow_tables_and_columns():
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table({"a": [0, 2, 0], "b": [1, 3, 1]})
    for values in (table, pd.DataFrame(MATRIX, dtype="int64[pyarrow]")):
        assert numbers(values, "x").tolist() == MATRIX
    for values in (
        arrow.array([1, None, 1]),
        [arrow.scalar(1), arrow.scalar(None), arrow.scalar(1)],
        pd.Series([1, None, 1], dtype="int64[pyarrow]"),
    ):
        with pytest.raises(ValueError, match="x has 1 missing value of 3, the first in row 1"):
            discrete_codes(values, "x")
