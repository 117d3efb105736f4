import numpy as np
import pytest
import torch

from interaction_probes.probing.representation.collapse import (
    chance_result,
    count_not_finite,
    is_constant,
)


def test_chance_is_known_without_a_fit():
    labels = np.array([0, 0, 0, 2, 2, 1])
    found = chance_result(labels, np.array([0, 2, 2, 2]), 4, intervals=True)
    assert (found.accuracy, found.auc, found.bits) == (0.5, None, 0)
    assert np.isclose(found.cross_entropy, 0.8112781244591328)
    assert found.predicted.tolist() == [0] * 4
    assert dict(found.metrics()) == {
        **{"accuracy": 0.5, "accuracy_low": 0.5, "accuracy_high": 0.5},
        **{"cross_entropy": found.cross_entropy, "bits": 0, "bits_low": 0, "bits_high": 0},
    }


def test_two_classes_have_an_auc():
    found = chance_result(np.array([0, 1]), np.array([0, 1, 1]), 2)
    assert (found.auc, found.intervals) == (0.5, {})


def test_samples_that_are_not_finite_are_counted():
    assert count_not_finite(torch.tensor([[1.0, torch.nan], [torch.inf, torch.nan], [1, 2]])) == 2


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e37])
def test_tiny_and_huge_features_are_no_constant(scale):
    varied = torch.arange(12.0).view(6, 2) / 12
    assert not is_constant(scale * varied)
    assert is_constant(scale * torch.ones(6, 2))
    assert is_constant(scale * (0.7 + torch.tensor([[0.0], [2**-25]])))
    assert is_constant(torch.zeros(3, 2))
