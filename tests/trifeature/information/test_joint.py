"""Tables of probabilities: from arrays, dicts and columns; what is none is refused in a line."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch

from trifeature import decompose, entropy, estimate_pid, mutual_information

COPIES = {(0, 0, 0): 0.5, (1, 1, 1): 0.5}


def test_dicts_map_any_values_to_probabilities_or_counts():
    assert decompose(COPIES).redundancy == 1
    assert decompose({(0, 0, 0): Fraction(1, 2), (1, 1, 1): Decimal("0.5")}).redundancy == 1
    # A tuple is one value, of any length.
    assert decompose({((0, 1), 0, 0): 1, ((0, 1, 2), 1, 1): 1}).redundancy == 1
    assert decompose({((0, 1), 0, 0): 1}).total == 0
    assert mutual_information({("a", 0): 3, ("b", 1): 3}) == 1
    assert entropy(Counter("aabb")) == 1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (COPIES | {(0, 0, 1): "0.5"}, "has '0.5' where a number belongs"),
        (COPIES | {(0, 0, 1): 1j}, "where a number belongs"),
        (COPIES | {(0, 0, 1): None}, "1 of these 8 are missing, masked or infinite"),
        (COPIES | {(0, 0, 1): np.nan}, "1 of these 8 are missing, masked or infinite"),
        (COPIES | {(0, 0, 1): np.inf}, "missing, masked or infinite"),
        (COPIES | {(0, 0, 1): -0.5}, "none < 0"),
        ({key: [1, 2] for key in COPIES}, "maps to numbers, each a probability or a count"),
        ({(np.nan, 0, 0): 1, (0, 1, 1): 1}, "x1 has 1 missing value of 2"),
        ({(k, k, k): 1 for k in range(300)}, "a table of 300 × 300 × 300 values is too large"),
        ({}, r"a table as a dict maps \(x1, x2, y\)"),
        ([[["1", "0"], ["0", "1"]]], "has '1' where a number belongs"),
        ("abc", "is an array or nested lists of numbers, not 'abc'"),
    ],
)
def test_what_is_no_table_is_refused_in_a_line(table, message):
    with pytest.raises(ValueError, match=message) as caught:
        decompose(table)
    assert "\n" not in str(caught.value)


def test_columns_that_are_no_numbers_are_counted():
    for column in (
        [b"1", b"1", b"2", b"2"],
        pd.Series([1, 1, 5, 5], dtype="category"),
        np.array(["2020-01-01", "2020-01-01", "2020-01-02", "2020-01-02"], dtype="M8[D]"),
    ):
        assert entropy(column) == 1
    with pytest.raises(ValueError, match="where a number belongs"):
        entropy([["1", "1"], ["1", "1"]])
    with pytest.raises(ValueError, match="the column has 60 distinct values in 60 samples"):
        entropy([f"name {k}" for k in range(60)])


def test_masks_inside_lists_are_seen():
    with pytest.raises(ValueError, match="1 of these 4 are missing, masked or infinite"):
        mutual_information([np.ma.array([1, 7], mask=[0, 1]), np.ma.array([0, 1])])


def test_tensors_of_any_layout():
    assert mutual_information(torch.eye(2, requires_grad=True).to_sparse()) == 1
    assert mutual_information([torch.tensor([1.0, 0]).bfloat16(), torch.tensor([0, 1])]) == 1


def test_pairs_of_values_that_are_nearly_all_distinct_are_refused():
    """Each source has few values for 100 samples, and their pair would determine any label."""
    rng = np.random.default_rng(0)
    x1, x2, y = rng.integers(40, size=100), rng.integers(40, size=100), rng.integers(2, size=100)
    with pytest.raises(ValueError, match=r"the pair of x1 and x2 has \d\d distinct values in 100"):
        estimate_pid(x1, x2, y)


def test_iterators_and_transposed_samples_are_refused():
    with pytest.raises(ValueError, match="x1 is an iterator"):
        estimate_pid((k % 2 for k in range(100)), [0] * 100, [0, 1] * 50)
    rows = [[0, 0, 1, 1]] * 2
    with pytest.raises(ValueError, match="x1 is 2 samples of 4 values"):
        estimate_pid(rows, rows, rows)
