"""The additive limit against every additive order, for mappings of all shapes."""

import itertools

import numpy as np
import pytest

from trifeature import FactorCounts, PairDesign
from trifeature.information.limits import additive_limit
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
