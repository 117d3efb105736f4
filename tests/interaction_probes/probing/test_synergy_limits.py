"""What each probe can make of perfect one-hot codes of both factors: 50, 75 and 100 %."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, roc_curve

from interaction_probes.probing.bilinear import bilinear_probe
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.mlp import mlp_probe
from interaction_probes.probing.result import score_log_probabilities
from interaction_probes.probing.splits import stratified_split

PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4)
MAPPING = np.random.default_rng(4).permutation(10)
T1, C2 = (part.ravel().repeat(20) for part in np.meshgrid(np.arange(10), np.arange(10)))
BIT = (MAPPING[T1] == C2).astype(np.int64)
TEXTURE, COLOUR = (torch.eye(10)[torch.from_numpy(values)] for values in (T1, C2))
SPLIT = stratified_split(BIT, np.random.default_rng(0))


def balanced_accuracy(accepted):
    return float(balanced_accuracy_score(BIT, accepted))


def best_balanced_accuracy(scores):
    """The best of all thresholds: recalls along the receiver operating characteristic."""
    false_positives, true_positives, _ = roc_curve(BIT, scores, drop_intermediate=False)
    return float((true_positives + 1 - false_positives).max() / 2)


def test_the_best_threshold_is_the_best_of_all():
    scores = np.random.default_rng(0).normal(size=(2, 10))[0][T1] + C2
    one_by_one = [balanced_accuracy(scores >= threshold) for threshold in np.unique(scores)]
    assert best_balanced_accuracy(scores) == pytest.approx(max(one_by_one), abs=1e-12)


def test_logistic_regression_on_both_codes_is_at_chance():
    both = torch.cat([TEXTURE, COLOUR], dim=1)
    assert linear_probe((both, BIT), (both, BIT), 2, PENALTIES, SPLIT).accuracy == 0.5


def test_an_additive_threshold_reaches_three_quarters():
    assert balanced_accuracy(MAPPING[T1] - C2 >= 0) == 0.75


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_no_additive_threshold_does_better(seed, near_the_best):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, 10))
    if near_the_best:
        first, second = MAPPING + 0.4 * first, -np.arange(10) + 0.4 * second
    scores = first[T1] + second[C2]
    assert best_balanced_accuracy(scores) <= 0.75 + 1e-12


def test_the_outer_product_reaches_all():
    product = (TEXTURE[:, :, None] * COLOUR[:, None, :]).flatten(1)
    assert linear_probe((product, BIT), (product, BIT), 2, PENALTIES, SPLIT).accuracy == 1


def test_the_bilinear_probe_reaches_all():
    examples = (TEXTURE, COLOUR), BIT
    found = bilinear_probe(examples, examples, 2, PENALTIES, SPLIT, ranks=(2, 9))
    assert found.accuracy == 1


def test_the_mlp_probe_finds_it():
    both = torch.cat([TEXTURE, COLOUR], dim=1)
    generator = torch.Generator().manual_seed(0)
    found = mlp_probe((both, BIT), (both, BIT), 2, SPLIT, generator)
    assert found.accuracy > 0.95
    assert found.bits > 0.4


@pytest.mark.parametrize("probe", ["bilinear", "mlp"])
def test_noise_stays_at_chance(probe):
    rng = np.random.default_rng(0)
    codes = torch.from_numpy(rng.normal(size=(2, 2, 1000, 12))).float()
    labels = (rng.random((2, 1000)) < 0.3).astype(np.int64)
    rows = stratified_split(labels[0], rng)
    if probe == "bilinear":
        fit, score = ((tuple(code), y) for code, y in zip(codes, labels, strict=True))
        found = bilinear_probe(fit, score, 2, PENALTIES, rows, ranks=(4, 8))
    else:
        fit, score = ((code[0], y) for code, y in zip(codes, labels, strict=True))
        found = mlp_probe(fit, score, 2, rows, torch.Generator().manual_seed(0))
    assert found.auc == pytest.approx(0.5, abs=0.07)
    assert found.bits < 0.02


@pytest.mark.parametrize("probe", ["bilinear", "mlp"])
def test_scoring_labels_have_no_say(probe, monkeypatch):
    """Poisoned scoring labels leave every prediction, hence every choice, as it was."""
    seen = []

    def spy(log_probabilities, labels, resample_counts=None):
        seen.append(np.stack(list(log_probabilities.values())))
        return score_log_probabilities(log_probabilities, labels, resample_counts)

    rng = np.random.default_rng(1)
    codes = torch.from_numpy(rng.normal(size=(2, 300, 6))).float()
    labels = (codes[0, :, 0] * codes[1, :, 0] > 0).numpy().astype(np.int64)
    rows = stratified_split(labels, rng)
    monkeypatch.setattr(f"interaction_probes.probing.{probe}.score_log_probabilities", spy)
    for scored in (labels, 1 - labels):
        if probe == "bilinear":
            pair = tuple(codes)
            bilinear_probe((pair, labels), (pair, scored), 2, PENALTIES, rows, ranks=(2, 4))
        else:
            generator = torch.Generator().manual_seed(0)
            mlp_probe((codes[0], labels), (codes[0], scored), 2, rows, generator)
    assert np.array_equal(*seen)


def test_constant_codes_are_refused():
    constant = torch.ones(len(BIT), 3)
    examples = (constant, constant), BIT
    with pytest.raises(ValueError, match="every feature of all codes is constant"):
        bilinear_probe(examples, examples, 2, PENALTIES, SPLIT)


def test_beside_a_constant_code_the_other_one_is_seen():
    own = torch.from_numpy(BIT).float()[:, None]
    for codes in ((torch.ones(len(BIT), 3), own), (own, torch.zeros(len(BIT), 2))):
        examples = codes, BIT
        assert bilinear_probe(examples, examples, 2, PENALTIES, SPLIT).accuracy == 1
