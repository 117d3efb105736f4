import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score

from interaction_probes import probes
from interaction_probes.logistic import Spectrum
from interaction_probes.probes import (
    choose_strengths,
    linear_probe,
    macro_accuracy,
    measure,
    roc_auc,
    stratified_split,
)

STRENGTHS = (1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5)


def one_hot(labels, classes):
    return torch.eye(classes)[torch.from_numpy(labels)]


def probe(fit, score, classes, seed=0, strengths=STRENGTHS):
    return linear_probe(fit, score, classes, strengths, np.random.default_rng(seed))


def uniform_pairs(repeats=2):
    """Every (t1, c2) combination equally often, and the bit c2 = M(t1) of a bijection M."""
    t1, c2 = (part.ravel().repeat(repeats) for part in np.meshgrid(np.arange(10), np.arange(10)))
    mapping = np.random.default_rng(4).permutation(10)
    return t1, c2, (c2 == mapping[t1]).astype(np.int64)


@pytest.mark.parametrize("classes", [2, 10])
def test_one_hot_factors_score_one(classes):
    labels = np.random.default_rng(0).integers(classes, size=400)
    features = one_hot(labels, classes)
    score = probe((features, labels), (features, labels), classes)
    assert score.accuracy == 1
    entropy = measure(np.zeros((len(labels), classes)), labels)
    uncertainty = entropy.bits + entropy.cross_entropy
    assert score.bits == pytest.approx(uncertainty, abs=5e-3)
    assert score.auc == (1 if classes == 2 else None)


def test_noise_scores_chance():
    rng = np.random.default_rng(0)
    fit, score = ((rng.normal(size=(3000, 8)), rng.integers(10, size=3000)) for _ in range(2))
    found = probe(*((torch.from_numpy(x).float(), y) for x, y in (fit, score)), 10)
    assert found.accuracy == pytest.approx(0.1, abs=0.03)
    assert found.bits == pytest.approx(0, abs=0.03)


def test_logistic_optimum_on_both_factors_is_the_constant_predictor():
    t1, c2, bit = uniform_pairs()
    both = torch.cat([one_hot(t1, 10), one_hot(c2, 10)], dim=1)
    score = probe((both, bit), (both, bit), 2)
    assert score.accuracy == 0.5
    assert score.bits == pytest.approx(0, abs=0.01)


def test_outer_product_of_both_factors_scores_one():
    t1, c2, bit = uniform_pairs(20)
    outer = one_hot(10 * t1 + c2, 100)
    assert probe((outer, bit), (outer, bit), 2).accuracy == 1


def test_one_factor_alone_knows_nothing_of_the_bit():
    t1, _, bit = uniform_pairs()
    features = one_hot(t1, 10)
    score = probe((features, bit), (features, bit), 2)
    assert score.accuracy == 0.5
    assert score.auc == pytest.approx(0.5, abs=1e-6)


@given(st.integers(2, 6), st.integers(2, 80), st.integers(0, 2**32 - 1))
def test_metrics_agree_with_scikit_learn(classes, n, seed):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(classes, size=n)])
    logits = rng.normal(size=(len(labels), classes)).round(1)  # rounded: ties occur
    log_probabilities = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    found = measure(log_probabilities, labels)
    assert found.accuracy == pytest.approx(balanced_accuracy_score(labels, logits.argmax(1)))
    nats = log_loss(labels, np.exp(log_probabilities))
    assert found.cross_entropy == pytest.approx(nats / np.log(2))
    if classes == 2:
        difference = log_probabilities[:, 1] - log_probabilities[:, 0]
        assert found.auc == pytest.approx(roc_auc_score(labels, difference))
    else:
        assert found.auc is None


def test_macro_accuracy_weights_classes_alike():
    labels = np.array([0, 0, 0, 0, 2])
    assert macro_accuracy(labels, np.array([0, 0, 0, 1, 1])) == pytest.approx(0.75 / 2)


def test_auc_counts_ties_one_half():
    assert roc_auc(np.array([0, 1, 0, 1]), np.zeros(4)) == 0.5
    assert roc_auc(np.array([0, 1, 1]), np.array([0.1, 0.1, 0.7])) == 0.75


@pytest.mark.parametrize("label", [0, 1])
def test_auc_of_one_class_is_refused(label):
    with pytest.raises(ValueError, match="AUC is undefined"):
        roc_auc(np.full(3, label), np.arange(3.0))


def test_bits_of_a_constant_probe_are_zero():
    labels = np.array([0, 1, 1, 2] * 5)
    frequencies = np.log([[0.25, 0.5, 0.25]])
    assert measure(frequencies.repeat(20, 0), labels).bits == pytest.approx(0, abs=1e-12)


def test_bits_of_a_perfect_probe_are_the_entropy():
    labels = np.arange(8)
    certain = np.where(np.eye(8) > 0, 0.0, -1e9)
    assert measure(certain, labels).bits == 3


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=60),
    st.integers(0, 2**32 - 1),
)
def test_stratified_split_is_a_partition_in_proportion(values, seed):
    labels = np.array(values)
    fit, validate = stratified_split(labels, np.random.default_rng(seed))
    assert sorted([*fit, *validate]) == list(range(len(labels)))
    for value in set(values):
        count = (labels == value).sum()
        assert abs((labels[validate] == value).sum() - 0.4 * count) <= 0.5
        assert (labels[fit] == value).any()


def test_stratified_split_is_random():
    labels = np.zeros(100, dtype=np.int64)
    first, again, other = (stratified_split(labels, np.random.default_rng(s))[0] for s in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def problem(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=400)
    features = one_hot(labels, 3) + torch.from_numpy(rng.normal(size=(400, 3))).float()
    return features, labels


def test_scoring_pairs_have_no_say_in_the_strengths(monkeypatch):
    chosen = []

    def spy(*arguments):
        chosen.append(choose_strengths(*arguments))
        return chosen[-1]

    monkeypatch.setattr(probes, "choose_strengths", spy)
    fit, (features, labels) = problem(0), problem(1)
    honest = probe(fit, (features, labels), 3)
    poisoned = probe(fit, (-50 * features, (labels + 1) % 3), 3)
    assert chosen[0] == chosen[1]
    assert honest.accuracy > 0.5
    assert poisoned != honest


@pytest.mark.parametrize("strengths", [(1e-6, 1.0), (1.0, 1e-6)])
def test_calibrated_strength_is_that_of_the_least_validation_loss(strengths):
    # Sixty noise columns and 72 rows: all but no penalty fits the noise.
    labels = np.arange(120) % 2
    noise = torch.from_numpy(np.random.default_rng(3).normal(size=(120, 60))).float()
    spectrum = Spectrum.of(noise)
    arguments = (spectrum.rotate(noise), spectrum.variance, labels, 2, strengths)
    assert choose_strengths(*arguments, np.random.default_rng(0)).calibrated == 1.0


@pytest.mark.parametrize("strengths", [(1e9, 1e-2), (1e-2, 1e9)])
def test_accurate_strength_is_that_of_the_best_validation_accuracy(strengths):
    # A penalty that leaves the constant predictor loses the rare class.
    labels = (np.arange(120) % 5 == 0).astype(np.int64)
    features = one_hot(labels, 2)
    spectrum = Spectrum.of(features)
    arguments = (spectrum.rotate(features), spectrum.variance, labels, 2, strengths)
    assert choose_strengths(*arguments, np.random.default_rng(0)).accurate == 1e-2


def test_ties_go_to_the_first_strength():
    features, labels = one_hot(np.arange(40) % 4, 4), np.arange(40) % 4
    spectrum = Spectrum.of(features)
    for strengths in ((1e-3, 1e-2), (1e-2, 1e-3)):
        chosen = choose_strengths(
            spectrum.rotate(features),
            spectrum.variance,
            labels,
            4,
            strengths,
            np.random.default_rng(0),
        )
        assert chosen.accurate == strengths[0]


def test_shared_spectrum_changes_nothing():
    fit, score = problem(0), problem(1)
    rng = np.random.default_rng
    alone = linear_probe(fit, score, 3, STRENGTHS, rng(0))
    assert linear_probe(fit, score, 3, STRENGTHS, rng(0), Spectrum.of(fit[0])) == alone


def test_affine_maps_of_features_change_nothing():
    fit, score = problem(0), problem(1)
    scale, shift = torch.tensor([1e-3, 1.0, 1e3]), torch.tensor([5.0, 0.0, -100.0])
    moved = probe((fit[0] * scale + shift, fit[1]), (score[0] * scale + shift, score[1]), 3)
    plain = probe(fit, score, 3)
    assert moved.accuracy == pytest.approx(plain.accuracy, abs=0.01)
    assert moved.bits == pytest.approx(plain.bits, abs=1e-2)


def refusal(fit, score, classes=3):
    with pytest.raises(ValueError, match=r".") as caught:
        probe(fit, score, classes)
    return str(caught.value)


def test_single_class_is_refused_by_the_pairs_name():
    features, labels = problem(0)
    constant = np.zeros_like(labels)
    assert "fitting pairs are of one class" in refusal((features, constant), (features, labels))
    assert "scoring pairs are of one class" in refusal((features, labels), (features, constant))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_features_that_are_not_finite_are_refused(value):
    features, labels = problem(0)
    broken = features.clone()
    broken[7, 1] = value
    assert "fitting pairs are not finite" in refusal((broken, labels), (features, labels))
    assert "scoring pairs are not finite" in refusal((features, labels), (broken, labels))


def test_labels_out_of_range_or_of_another_length_are_refused():
    features, labels = problem(0)
    assert "outside 0..1" in refusal((features, labels), (features, labels), classes=2)
    assert "outside 0..2" in refusal((features, labels), (features, labels - 1))
    assert "399 scoring features have 400" in refusal((features, labels), (features[1:], labels))


def test_too_few_pairs_to_validate_on_are_refused():
    features, labels = torch.randn(3, 2), np.arange(3)
    assert "too few to choose" in refusal((features, labels), (features, labels))


def test_class_that_is_never_fitted_is_scored_as_wrong():
    features, labels = problem(0)
    kept = labels < 2
    score = probe((features[torch.from_numpy(kept)], labels[kept]), (features, labels), 3)
    assert score.accuracy < 2 / 3
    assert np.isfinite(score.bits)
