"""Which penalties a linear probe chooses, and that it chooses them on fitting pairs alone."""

import numpy as np
import pytest
import torch
from small_problems import PENALTIES, one_hot, probe, problem, split

from interaction_probes.probing import linear
from interaction_probes.probing.linear import choose_penalties, linear_probe
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.result import score_log_probabilities


@pytest.fixture
def predicted(monkeypatch):
    """The log-probabilities of the scoring pairs, one probe after another."""
    seen = []

    def spy(log_probabilities, *others):
        seen.append(np.stack(list(log_probabilities.values())))
        return score_log_probabilities(log_probabilities, *others)

    monkeypatch.setattr(linear, "score_log_probabilities", spy)
    return seen


def test_no_scoring_label_is_read_before_the_score(predicted):
    """Poisoned, they change no prediction: neither what is chosen nor what is fitted knows them."""
    fit, (features, labels) = problem(0), problem(1)
    honest = probe(fit, (features, labels), 3)
    poisoned = probe(fit, (features, (labels + 1) % 3), 3)
    assert np.array_equal(predicted[0], predicted[1])
    assert honest.chosen == poisoned.chosen
    assert honest.accuracy > 0.5 > poisoned.accuracy


def test_other_scoring_features_change_no_prediction_of_the_rest(predicted):
    """Nor is anything fitted to the features that are scored."""
    fit, (features, labels) = problem(0), problem(1)
    probe(fit, (features, labels), 3)
    probe(fit, (torch.cat([features[:200], -50 * features[200:]]), labels), 3)
    np.testing.assert_allclose(predicted[0][:, :200], predicted[1][:, :200], rtol=1e-5, atol=1e-6)


def test_what_was_chosen_is_told():
    fit, score = problem(0), problem(1)
    found = probe(fit, score, 3)
    strengths = {name: value for name, value in found.metrics() if name.endswith("_strength")}
    assert set(strengths) == {"accuracy_strength", "bits_strength"}  # three classes have no AUC
    assert set(strengths.values()) <= set(PENALTIES)
    basis = PCABasis.of(fit[0])
    rotated = basis.rotate(fit[0])
    best = choose_penalties(rotated, basis.variance, fit[1], 3, PENALTIES, split(fit[1])).best
    assert strengths["accuracy_strength"] == PENALTIES[best["accuracy"]]
    assert strengths["bits_strength"] == PENALTIES[best["bits"]]


def test_penalties_are_chosen_as_by_converged_solutions(monkeypatch):
    rng = np.random.default_rng(3)
    labels = rng.integers(5, size=1500)
    # Directions of very different variance, as representations have them.
    scales = torch.logspace(0, -4, 40)
    noise = torch.from_numpy(rng.normal(size=(1500, 40))).float()
    features = (2 * torch.eye(5, 40)[torch.from_numpy(labels)] + noise) * scales
    basis = PCABasis.of(features)
    problem = (basis.rotate(features), basis.variance, labels, 5, PENALTIES, split(labels))
    quick = choose_penalties(*problem)
    monkeypatch.setattr(linear, "SELECTION_TOLERANCE", 1e-7)
    converged = choose_penalties(*problem)
    assert quick.best == converged.best
    assert quick.cross_entropy == pytest.approx(converged.cross_entropy, abs=1e-3)
    torch.testing.assert_close(quick.path.objective, converged.path.objective, rtol=2e-3, atol=0)


@pytest.mark.parametrize("penalties", [(1e-6, 1.0), (1.0, 1e-6)])
def test_the_penalty_for_bits_is_that_of_the_least_validation_loss(penalties):
    # Sixty noise columns and 72 rows: all but no penalty fits the noise.
    labels = np.arange(120) % 2
    noise = torch.from_numpy(np.random.default_rng(3).normal(size=(120, 60))).float()
    basis = PCABasis.of(noise)
    arguments = (basis.rotate(noise), basis.variance, labels, 2, penalties)
    assert penalties[choose_penalties(*arguments, split(labels)).best["bits"]] == 1.0


@pytest.mark.parametrize("penalties", [(1e9, 1e-2), (1e-2, 1e9)])
def test_the_penalty_for_accuracy_is_that_of_the_best_validation_accuracy(penalties):
    # A penalty that leaves the constant predictor loses the rare class.
    labels = (np.arange(120) % 5 == 0).astype(np.int64)
    features = one_hot(labels, 2)
    basis = PCABasis.of(features)
    arguments = (basis.rotate(features), basis.variance, labels, 2, penalties)
    assert penalties[choose_penalties(*arguments, split(labels)).best["accuracy"]] == 1e-2


def faint(seed, n=1500):
    """A rare label that a few of many columns rank faintly: no probe ever predicts it."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.1).astype(np.int64)
    features = torch.from_numpy(rng.normal(size=(n, 30))).float()
    features[:, :3] += 0.15 * torch.from_numpy(labels)[:, None]
    return features, labels


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_penalties_decides_nothing(seed):
    fit, score = faint(seed), faint(seed + 100)
    rows = split(fit[1])
    found = [linear_probe(fit, score, 2, order, rows) for order in (PENALTIES, PENALTIES[::-1])]
    assert found[0].accuracy == 0.5  # every penalty ties here
    for (name, first), (_, second) in zip(*(each.metrics() for each in found), strict=True):
        assert first == pytest.approx(second, abs=1e-4), name
