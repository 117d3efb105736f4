"""The additive limit against every additive order, for mappings of all shapes."""

import itertools

import numpy as np
import pytest

from trifeature import FactorCounts, PairDesign
from trifeature.information.limits.of_pairs import additive_limit, best_auc
from trifeature.pairs.design import draw_mapping


def best_of_all_orders(mapping, values):
    """Balanced accuracy of the best additive threshold, over all that differ.

    A threshold on f(t) + g(c) accepts, for each t, the colours above a level of its own: sets that
    contain one another. So every additive reading is an order of the colours and a cut per t.
    """
    n = len(mapping)
    best = 0.0
    for order in itertools.permutations(range(values)):
        place = np.argsort(order)
        for cuts in itertools.product(range(values + 1), repeat=n):
            accepted = place[None, :] < np.array(cuts)[:, None]
            match = np.arange(values)[None, :] == mapping[:, None]
            best = max(best, (accepted[match].mean() + (~accepted[~match]).mean()) / 2)
    return best


@pytest.mark.parametrize(
    ("mapping", "values"),
    [
        ([0, 1], 2),
        ([1, 0, 2], 3),
        ([2, 0], 3),
        ([0, 3], 4),
        ([1, 0, 1], 2),
        ([0, 1, 0, 1], 2),
        ([0, 2, 1, 0], 3),
        ([0, 0, 0, 1], 3),
    ],
)
def test_no_order_of_colours_does_better(mapping, values):
    mapping = np.array(mapping)
    assert best_of_all_orders(mapping, values) == pytest.approx(additive_limit(mapping, values))


@pytest.mark.parametrize("k", [2, 3, 10])
def test_three_quarters_for_a_bijection(k):
    assert additive_limit(np.random.default_rng(k).permutation(k), k) == 0.75


@pytest.mark.parametrize(("k", "values"), [(2, 10), (5, 10), (8, 10), (10, 10)])
def test_fewer_textures_than_colours(k, values):
    counts = FactorCounts(texture=k, colour=values)
    mapping = draw_mapping(PairDesign(), counts, seed=1)
    expected = 1 - (k - 1) / (4 * (values - 1))
    assert additive_limit(mapping, values) == pytest.approx(expected)


def slow_best_auc(joint):
    """The best of all orders of the values, each pair of samples compared."""
    chances = joint / joint.sum(0)
    best = 0.0
    for scores in itertools.product(range(len(joint)), repeat=len(joint)):
        wins = sum(
            chances[i, 1] * chances[j, 0] * (1 if scores[i] > scores[j] else 0.5)
            for i in range(len(joint))
            for j in range(len(joint))
            if scores[i] >= scores[j]
        )
        best = max(best, wins)
    return best


def test_the_best_auc_is_that_of_the_best_order():
    rng = np.random.default_rng(0)
    for _ in range(20):
        joint = rng.integers(5, size=(4, 2)) + np.array([[0.1, 0.2]])
        assert best_auc(joint) == pytest.approx(slow_best_auc(joint))


def test_the_best_auc_in_closed_form():
    assert best_auc(np.array([[1, 9], [1, 9]])) == 0.5
    assert best_auc(np.array([[0, 9], [1, 0], [0, 0]])) == 1
    assert best_auc(np.array([[3, 0], [1, 0]])) == 0.5  # one class only
