"""The null of the synergy probe: the additive score where the best is known, and a small seed."""

import numpy as np
import pytest

from benchmarks.experiments.simulations import synergy_null as module
from trifeature import PairSet

FIRST, SECOND = np.divmod(np.arange(100), 10)


def balanced_accuracy(accepted, y):
    return (accepted[FIRST, SECOND][y == 1].mean() + 1 - accepted[FIRST, SECOND][y == 0].mean()) / 2


def best_accuracy(y):
    accepted = module.best_additive(FIRST, SECOND, y, np.random.default_rng(0))
    return balanced_accuracy(accepted, y)


def test_the_best_additive_score_of_a_sum_is_right_everywhere():
    values = np.random.default_rng(1).permutation(10)
    assert best_accuracy((values[FIRST] + values[SECOND] > 9).astype(int)) == 1


def test_the_best_additive_score_of_a_mapping_is_three_quarters():
    mapping = np.random.default_rng(1).permutation(10)
    assert best_accuracy((mapping[FIRST] == SECOND).astype(int)) == pytest.approx(0.75)


def test_codes_are_of_the_named_factor_of_the_named_image():
    images = module.factors_only(np.random.default_rng(0).integers(10, size=(8, 3)))
    pairs = PairSet(np.array([[0, 5], [7, 2]]), {})
    found = module.codes(images, pairs, ((0, module.TEXTURE), (1, module.COLOUR)))
    decoded = found.reshape(2, 2, 10).argmax(2)
    np.testing.assert_array_equal(decoded[:, 0], images.factors[[0, 7], 1])
    np.testing.assert_array_equal(decoded[:, 1], images.factors[[5, 2], 2])


def test_factors_without_their_interaction_read_no_synergy(monkeypatch):
    monkeypatch.setattr(module, "N_PAIRS", 1000)
    found = module.measure(0)
    assert found.auc.keys() == module.CODES.keys()
    for _, interval in found.auc.values():
        assert interval.low < 0.5 < interval.high
    # the pairs that are scored themselves, which no probe may use, fit better
    assert 0.6 < found.additive["the training pairs"] < found.additive["the test pairs"] < 0.85
