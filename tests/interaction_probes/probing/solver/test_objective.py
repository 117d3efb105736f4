import numpy as np
import pytest
import torch
from logistic_problems import (
    easy,
)
from torch.nn import functional as F

from interaction_probes.probing.solver import objective
from interaction_probes.probing.solver.objective import Logistic, LogisticColumns


@pytest.mark.parametrize("classes", [2, 4])
def test_probabilities_are_never_denormal(classes):
    x = torch.linspace(-1, 1, 50)[:, None]
    labels = torch.arange(50) % classes
    problem = Logistic(x, torch.ones(1), labels, classes)
    parameters = problem.origin
    # Logits are up to 100 apart: in float32 their exponentials are denormal.
    parameters[0, 0] = 100.0
    _, probabilities = problem._predict(parameters, 0)
    assert probabilities.min() < 1e-20
    assert probabilities[probabilities > 0].min() >= torch.finfo(torch.float32).tiny


def test_derivatives_of_columns_are_those_of_their_sum():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(40, 3, generator=generator, dtype=torch.float64)
    positive = (torch.rand(4, 40, generator=generator) > 0.7).double()
    problem = LogisticColumns(features, torch.ones(3, dtype=torch.float64), positive)
    point = torch.randn(4, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    logits = features @ point[:, :3].T + point[:, 3]
    loss = F.binary_cross_entropy_with_logits(logits, positive.T, reduction="none").mean(0).sum()
    loss = loss + 0.05 * point[:, :3].square().sum()
    [gradient] = torch.autograd.grad(loss, point)
    found, derivative = problem.evaluate(point.detach(), 0.1)
    assert float(found) == pytest.approx(float(loss.detach()))
    torch.testing.assert_close(derivative, gradient)


@pytest.mark.parametrize("classes", [2, 5])
def test_either_order_of_the_products_gives_one_gradient(monkeypatch, classes):
    x, y = easy(np.random.default_rng(2), classes)
    problem = Logistic(torch.from_numpy(x), torch.ones(8).double(), torch.from_numpy(y), classes)
    point = torch.randn_like(problem.origin)
    found = []
    for name in ("AMD EPYC", "Intel(R) Xeon(R)"):
        monkeypatch.setattr(objective, "processor_name", lambda name=name: name)
        found.append(problem.evaluate(point, 0.1)[1])
    torch.testing.assert_close(*found, rtol=1e-12, atol=1e-15)


def test_the_indicators_of_several_classes_are_not_kept():
    x, y = easy(np.random.default_rng(0), 5)
    problem = Logistic(torch.from_numpy(x), torch.ones(8).double(), torch.from_numpy(y), 5)
    assert problem.positive.untyped_storage().nbytes() == 0


@pytest.mark.parametrize("columns", [False, True])
def test_curvature_is_largest_where_a_sample_is_misclassified(columns):
    """p (1 − p), or ((p − y)/2)² where that is more: by its definition, for every sample."""
    x, y = easy(np.random.default_rng(1), 4)
    features, variance = torch.from_numpy(x), torch.ones(8).double()
    positive = F.one_hot(torch.from_numpy(y), 4).T.double()
    if columns:
        problem = LogisticColumns(features, variance, positive)
    else:
        problem = Logistic(features, variance, torch.from_numpy(y), 4)
    point = torch.randn(4, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    logits = point[:, :8] @ features.T + point[:, 8:]
    probability = logits.sigmoid() if columns else logits.softmax(0)
    expected = torch.maximum(
        probability * (1 - probability), ((probability - positive) / 2).square()
    )
    torch.testing.assert_close(problem.hessian_weights(point), expected)


def test_hessian_weights_are_those_of_all_parts(monkeypatch):
    x, y = easy(np.random.default_rng(3), 4)
    problem = torch.from_numpy(x), torch.ones(8).double(), torch.from_numpy(y), 4
    point = torch.randn(4, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    whole = Logistic(*problem).hessian_weights(point)
    monkeypatch.setattr(objective, "LOGITS_AT_A_TIME", 7 * 4)
    torch.testing.assert_close(Logistic(*problem).hessian_weights(point), whole)
