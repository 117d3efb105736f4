"""Entropies and mutual information, and the forms that their tables may have."""

import numpy as np
import pandas as pd
import pytest

from trifeature import decompose, entropy, mutual_information
from trifeature.information.pid import table_entropy


def test_entropies_by_hand():
    assert entropy(np.full((2, 4), 1 / 8)) == pytest.approx(3)
    assert entropy(np.array([0.9, 0.1])) == pytest.approx(0.4689956)
    assert entropy(np.array([1.0, 0.0])) == 0
    assert mutual_information(np.diag([0.25] * 4)) == pytest.approx(2)
    assert mutual_information(np.full((3, 5), 1 / 15)) == pytest.approx(0, abs=1e-12)


def test_entropies_of_counts_and_what_has_none():
    assert entropy([2, 1, 1]) == entropy([0.5, 0.25, 0.25]) == 1.5
    assert mutual_information([[3, 0], [0, 3]]) == pytest.approx(1)
    assert mutual_information(np.eye(4) * 1e300) == pytest.approx(2)
    for table in ([0.5, np.nan], [-1, 2], [0, 0], [np.inf, 1]):
        with pytest.raises(ValueError, match="finite probabilities or counts"):
            entropy(table)
    with pytest.raises(ValueError, match="two axes, not 1"):
        mutual_information([0.5, 0.5])


@pytest.mark.filterwarnings("error")
def test_small_counts_are_a_table_without_a_word():
    counts = np.arange(100) % 3
    assert table_entropy(counts) == entropy(counts.reshape(10, 10))
    assert str(table_entropy(np.array([0, 5]))) == "0.0"
    with pytest.raises(ValueError, match="not all 0"):
        table_entropy(np.zeros(3))


def test_no_entropy_and_no_information_are_0_without_a_sign():
    for value in (entropy([1.0]), mutual_information(np.ones((7, 11)))):
        assert value == 0
        assert not np.signbit(value)


def test_a_frame_of_counts_is_a_table_whatever_its_columns_are_called():
    counts = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    assert entropy(counts) == pytest.approx(entropy([[1, 3], [2, 4]]))
    assert entropy(pd.Series(["a", "a", "b", "b"])) == 1
    with pytest.raises(ValueError, match="is an iterator, which can be read once only"):
        entropy(letter for letter in "aabb")


def test_complex_tables_are_refused():
    with pytest.raises(ValueError, match="no real numbers but complex128"):
        mutual_information(np.array([[1 + 1j, 0], [0, 1]]))


def test_columns_and_dicts_beside_tables():
    assert entropy(["a", "a", "b", "b"]) == 1
    assert mutual_information([0, 1] * 4, ["no", "yes"] * 4) == 1
    with pytest.raises(ValueError, match=r"give two columns as mutual_information\(a, b\)"):
        mutual_information([0, 1, 1])
    with pytest.raises(ValueError, match="a and b have one value per sample, not 2 and 3"):
        mutual_information([0, 1], [0, 1, 1])
    with pytest.raises(ValueError, match="1 of these 3 are missing, masked or infinite"):
        entropy(np.ma.array([0.5, 0.5, 7.0], mask=[0, 0, 1]))
    exclusive_or = {(0, 0, "same"): 1, (0, 1, "other"): 1, (1, 0, "other"): 1, (1, 1, "same"): 1}
    assert decompose(exclusive_or).synergy == 1
    with pytest.raises(ValueError, match=r"maps \(x1, x2, y\) to a probability"):
        decompose({(0, 0): 1.0})
