import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch.nn import functional as F

from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.released_protocol import fit_unsquared, public_probe
from interaction_probes.probing.result import score_log_probabilities
from interaction_probes.probing.splits import stratified_split


def problem(classes, n=300, d=4, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    logits = x @ rng.normal(size=(d, classes)) + rng.gumbel(size=(n, classes))
    return torch.from_numpy(x), logits.argmax(1)


def objective(weight, bias, x, y, penalty):
    """From the definition: one row per class, the norm and not its square."""
    return F.cross_entropy(x @ weight.T + bias, y) + penalty * weight.norm()


def oracle(x, y, classes, penalty):
    """scipy's minimum, its gradient by autograd, from a start away from 0."""
    d = x.shape[1]

    def evaluate(flat):
        point = torch.from_numpy(flat).requires_grad_()
        weight, bias = point[: classes * d].view(classes, d), point[classes * d :]
        value = objective(weight, bias, x, y, penalty)
        value.backward()
        return float(value.detach()), point.grad.numpy()

    start = np.random.default_rng(1).normal(size=classes * (d + 1))
    return minimize(evaluate, start, jac=True, tol=1e-12, options={"maxiter": 5000}).fun


@pytest.mark.parametrize("classes", [2, 3, 6])
@pytest.mark.parametrize("penalty", [1e-1, 1e-2, 1e-4])
def test_minimum_is_that_of_a_general_minimiser(classes, penalty):
    x, labels = problem(classes)
    basis = PCABasis.of(x, standardise=False)
    y = torch.from_numpy(labels)
    found = fit_unsquared(basis.rotate(x), basis.variance, y, classes, [penalty])
    best = oracle(x - x.mean(0), y, classes, penalty)
    assert float(found.objective[0]) == pytest.approx(best, rel=1e-5)


def test_a_penalty_that_no_weight_can_bear_leaves_the_frequencies():
    x, labels = problem(4)
    basis = PCABasis.of(x, standardise=False)
    y = torch.from_numpy(labels)
    found = fit_unsquared(basis.rotate(x), basis.variance, y, 4, [10.0])
    assert not found.weight.any()
    frequencies = torch.from_numpy(np.bincount(labels) / len(labels))
    torch.testing.assert_close(found.bias[0].softmax(0), frequencies)


def test_scores_and_its_penalty_never_see_the_scoring_labels(monkeypatch):
    seen = []

    def spy(log_probabilities, labels, resample_counts=None):
        seen.append(log_probabilities["accuracy"])
        return score_log_probabilities(log_probabilities, labels, resample_counts)

    monkeypatch.setattr("interaction_probes.probing.released_protocol.score_log_probabilities", spy)
    x, labels = problem(3)
    rows = stratified_split(labels, np.random.default_rng(0))
    for scored in (labels, (labels + 1) % 3):
        public_probe((x, labels), (x, scored), 3, rows)
    assert np.array_equal(*seen)


def test_one_probe_gives_every_metric():
    x, labels = problem(2, n=600)
    fit, score = (x[:300], labels[:300]), (x[300:], labels[300:])
    found = public_probe(fit, score, 2, stratified_split(fit[1], np.random.default_rng(0)))
    assert found.accuracy > 0.6
    assert found.auc > 0.7
    assert found.bits > 0.1
