import numpy as np
import pytest

from interaction_probes.probing.model_selection import Places, Validated, choose, validate


def test_each_metric_has_its_own_candidate():
    candidates = [
        Validated(accuracy=0.9, auc=0.7, entropy=0.5),
        Validated(accuracy=0.8, auc=0.9, entropy=0.4),
        Validated(accuracy=0.7, auc=0.8, entropy=0.3),
    ]
    assert choose(candidates) == Places(accurate=0, ranked=1, calibrated=2)


def test_ties_go_to_the_lower_cross_entropy_then_to_the_first():
    tied = [Validated(0.5, 0.6, entropy) for entropy in (0.3, 0.2, 0.2)]
    assert choose(tied) == Places(1, 1, 1)


def test_without_an_auc_the_accurate_candidate_stands_for_the_ranked():
    assert choose([Validated(0.5, None, 0.2), Validated(0.6, None, 0.3)]) == Places(1, 1, 0)


def test_candidates_are_read_by_every_metric():
    labels = np.array([0, 0, 1, 1])
    right = np.log(np.array([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6], [0.1, 0.9]]))
    never = np.log(np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.85, 0.15]]))
    found = validate(np.stack([right, never]), labels)
    assert [each.accuracy for each in found] == [1.0, 0.5]
    assert [each.auc for each in found] == [1.0, 0.75]
    expected = -np.log2([0.9, 0.6, 0.6, 0.9]).mean()
    assert found[0].entropy == pytest.approx(expected)


def test_one_class_among_what_is_held_out_has_no_auc():
    guesses = np.log(np.full((1, 3, 2), 0.5))
    assert validate(guesses, np.zeros(3, dtype=int))[0].auc is None
    assert validate(np.log(np.full((1, 3, 3), 1 / 3)), np.arange(3))[0].auc is None
