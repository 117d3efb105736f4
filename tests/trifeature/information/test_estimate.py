from collections import Counter

import numpy as np
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
        ([0, 1], "one value per sample, not [2, 3, 3] values"),
        ([0.0, np.nan, 1.0], "x1 has values that are not finite"),
        ([0.1, 0.2, 0.3], "x1 has 3 distinct values in 3 samples, as continuous values do"),
        (np.array([1, "a", None], dtype=object), "x1 has values of kinds that cannot be sorted"),
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
