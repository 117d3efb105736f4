from collections import Counter

import numpy as np
import pandas as pd
import pytest

from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, decompose, estimate_pid
from trifeature import empirical_truth as truth_of
from trifeature import generate as draw


def parts(pid):
    return [pid.redundancy, pid.unique_1, pid.unique_2, pid.synergy]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (lambda a, b: a ^ b, [0, 0, 0, 1]),
        (lambda a, b: a, [0, 1, 0, 0]),
        (lambda a, b: b, [0, 0, 1, 0]),
        (lambda a, b: 2 * a + b, [0, 1, 1, 0]),
    ],
)
def test_gates(rule, expected):
    a, b = (np.tile([0, 0, 1, 1], 5), np.tile([0, 1, 0, 1], 5))
    assert parts(estimate_pid(a, b, rule(a, b))) == pytest.approx(expected, abs=1e-9)
    assert parts(estimate_pid(a, a, a)) == pytest.approx([1, 0, 0, 0], abs=1e-9)


def test_a_table_of_counts_made_by_hand():
    rng = np.random.default_rng(3)
    x1, x2, y = rng.integers(4, size=50), rng.choice(list("abc"), 50), rng.choice([-1.5, 2.5], 50)
    counts = Counter(zip(x1.tolist(), x2.tolist(), y.tolist(), strict=True))
    joint = np.zeros((4, 3, 2))
    for (i, j, k), times in counts.items():
        joint[i, "abc".index(j), [-1.5, 2.5].index(k)] = times
    assert estimate_pid(x1, x2, y) == decompose(joint)


def test_pairs_of_the_generator():
    design, counts = PairDesign(mapping_strength=0.7), FactorCounts(3, 4, 4)
    data = draw(ImageDesign(Geometry(13, 8, 5), counts, 2), design, 0, 300)
    truth = truth_of(data.train, data.pretrain, design, counts, data.mapping)
    first, second = (data.train.factors[data.pretrain.index[:, side]] for side in (0, 1))
    found = estimate_pid(first[:, 1], second[:, 2], data.pretrain.labels["S"])
    assert parts(found) == pytest.approx(parts(truth["S"]), abs=1e-9)
    # Rows are values: texture and colour together.
    both = estimate_pid(first[:, 1:], second[:, 2], data.pretrain.labels["S"])
    codes = estimate_pid(first[:, 1] * 10 + first[:, 2], second[:, 2], data.pretrain.labels["S"])
    assert both == codes


@pytest.mark.parametrize(
    ("x1", "message"),
    [
        ([], "x1 is [n] or [n, k] with samples in it, not [0]"),
        (np.zeros((2, 2, 2)), "x1 is [n] or [n, k]"),
        ([0, 1], "one value per sample, not 2, 3 and 3 values"),
        ([0.0, np.nan, 1.0], "x1 has 1 missing value of 3, the first in row 1"),
        ([0.0, np.inf, 1.0], "x1 has values that are not finite, the first in row 1"),
        (
            np.array([1, "a", None], dtype=object),
            "x1 has 1 missing value of 3, the first in row 2",
        ),
    ],
)
def test_bad_samples(x1, message):
    with pytest.raises(ValueError, match=r".") as caught:
        estimate_pid(x1, [0, 1, 2], [0, 1, 0])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_continuous_values_are_refused_before_memory_is():
    values = np.random.default_rng(0).random((2, 4000))
    with pytest.raises(ValueError, match="put them into bins or clusters first"):
        estimate_pid(values[0], values[1], np.arange(4000) % 2)


def test_values_that_numpy_would_merge_are_told_apart():
    large = [2**63, 2**63 + 1] * 50
    assert parts(estimate_pid([*large, 5], [0] * 101, [0, 1] * 50 + [0])) == pytest.approx(
        parts(estimate_pid([0, 1] * 50 + [2], [0] * 101, [0, 1] * 50 + [0])), abs=1e-12
    )
    assert estimate_pid([1, "1"] * 50, [0] * 100, [0, 1] * 50).unique_1 == pytest.approx(1)


def test_missing_values_are_no_class_of_their_own():
    y = np.array([0.0, 0, 1, 1] * 50, dtype=object)
    y[::5] = np.nan
    with pytest.raises(ValueError, match="y has 40 missing values of 200, the first in row 0"):
        estimate_pid([0, 1] * 100, [0] * 200, y)
    kept = np.arange(200) % 5 > 0
    found = estimate_pid(np.array([0, 1] * 100)[kept], np.zeros(160), y[kept])
    assert parts(found) == pytest.approx([0, 0, 0, 0], abs=1e-3)


def test_noise_and_shuffled_columns_read_as_no_information():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="x1 has 1000 distinct values in 1000 samples"):
        estimate_pid(rng.permutation(1000), rng.permutation(1000), rng.integers(2, size=1000))
    a = pd.Series([0, 1] * 20)
    with pytest.raises(ValueError, match="x1 and y have different pandas indexes"):
        estimate_pid(a, pd.Series([0] * 40), a.sample(frac=1, random_state=0))
