from dataclasses import replace

import numpy as np
import pytest
import torch

from interaction_probes import probes
from interaction_probes.choice import Places
from interaction_probes.intervals import image_weights
from interaction_probes.logistic import fit_logistic
from interaction_probes.probes import choose_strengths, linear_probe, refit, score_guesses
from interaction_probes.spectrum import Spectrum
from interaction_probes.validation import combination_split, stratified_split

STRENGTHS = (1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5)


def one_hot(labels, classes):
    return torch.eye(classes)[torch.from_numpy(labels)]


def split(labels, seed=0):
    return stratified_split(labels, np.random.default_rng(seed))


def probe(fit, score, classes, seed=0, strengths=STRENGTHS):
    return linear_probe(fit, score, classes, strengths, split(fit[1], seed))


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
    frequency = np.bincount(labels) / len(labels)
    uncertainty = -(frequency * np.log2(frequency)).sum()
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


def problem(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=400)
    features = one_hot(labels, 3) + torch.from_numpy(rng.normal(size=(400, 3))).float()
    return features, labels


def test_no_scoring_label_is_read_before_the_score(monkeypatch):
    """Poisoned, they change no guess: neither what is chosen nor what is fitted knows them."""
    guessed = []

    def spy(guesses, *others):
        guessed.append(guesses)
        return score_guesses(guesses, *others)

    monkeypatch.setattr(probes, "score_guesses", spy)
    fit, (features, labels) = problem(0), problem(1)
    honest = probe(fit, (features, labels), 3)
    poisoned = probe(fit, (features, (labels + 1) % 3), 3)
    assert np.array_equal(guessed[0], guessed[1])
    assert honest.chosen == poisoned.chosen
    assert honest.accuracy > 0.5 > poisoned.accuracy


def test_other_scoring_features_change_no_guess_of_the_rest(monkeypatch):
    """Nor is anything fitted to the features that are scored."""
    guessed = []

    def spy(guesses, *others):
        guessed.append(guesses)
        return score_guesses(guesses, *others)

    monkeypatch.setattr(probes, "score_guesses", spy)
    fit, (features, labels) = problem(0), problem(1)
    probe(fit, (features, labels), 3)
    probe(fit, (torch.cat([features[:200], -50 * features[200:]]), labels), 3)
    np.testing.assert_allclose(guessed[0][:, :200], guessed[1][:, :200], rtol=1e-5, atol=1e-6)


def test_what_was_chosen_is_told():
    fit, score = problem(0), problem(1)
    found = probe(fit, score, 3)
    strengths = {name: value for name, value in found.metrics() if name.endswith("_strength")}
    assert set(strengths) == {"accuracy_strength", "bits_strength"}  # three classes have no AUC
    assert set(strengths.values()) <= set(STRENGTHS)
    spectrum = Spectrum.of(fit[0])
    rotated = spectrum.rotate(fit[0])
    places = choose_strengths(
        rotated, spectrum.variance, fit[1], 3, STRENGTHS, split(fit[1])
    ).places
    assert strengths["accuracy_strength"] == STRENGTHS[places.accurate]
    assert strengths["bits_strength"] == STRENGTHS[places.calibrated]


def test_strengths_are_chosen_as_by_converged_solutions(monkeypatch):
    rng = np.random.default_rng(3)
    labels = rng.integers(5, size=1500)
    # Directions of very different variance, as representations have them.
    scales = torch.logspace(0, -4, 40)
    noise = torch.from_numpy(rng.normal(size=(1500, 40))).float()
    features = (2 * torch.eye(5, 40)[torch.from_numpy(labels)] + noise) * scales
    spectrum = Spectrum.of(features)
    problem = (spectrum.rotate(features), spectrum.variance, labels, 5, STRENGTHS, split(labels))
    quick = choose_strengths(*problem)
    monkeypatch.setattr(probes, "_ENOUGH_TO_CHOOSE", 1e-7)
    converged = choose_strengths(*problem)
    assert quick.places == converged.places
    assert quick.entropy == pytest.approx(converged.entropy, abs=1e-3)
    torch.testing.assert_close(quick.tried.objective, converged.tried.objective, rtol=2e-3, atol=0)


@pytest.mark.parametrize("strengths", [(1e-6, 1.0), (1.0, 1e-6)])
def test_calibrated_strength_is_that_of_the_least_validation_loss(strengths):
    # Sixty noise columns and 72 rows: all but no penalty fits the noise.
    labels = np.arange(120) % 2
    noise = torch.from_numpy(np.random.default_rng(3).normal(size=(120, 60))).float()
    spectrum = Spectrum.of(noise)
    arguments = (spectrum.rotate(noise), spectrum.variance, labels, 2, strengths)
    assert strengths[choose_strengths(*arguments, split(labels)).places.calibrated] == 1.0


@pytest.mark.parametrize("strengths", [(1e9, 1e-2), (1e-2, 1e9)])
def test_accurate_strength_is_that_of_the_best_validation_accuracy(strengths):
    # A penalty that leaves the constant predictor loses the rare class.
    labels = (np.arange(120) % 5 == 0).astype(np.int64)
    features = one_hot(labels, 2)
    spectrum = Spectrum.of(features)
    arguments = (spectrum.rotate(features), spectrum.variance, labels, 2, strengths)
    assert strengths[choose_strengths(*arguments, split(labels)).places.accurate] == 1e-2


def faint(seed, n=1500):
    """A rare label that a few of many columns rank faintly: no probe ever guesses it."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.1).astype(np.int64)
    features = torch.from_numpy(rng.normal(size=(n, 30))).float()
    features[:, :3] += 0.15 * torch.from_numpy(labels)[:, None]
    return features, labels


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_strengths_decides_nothing(seed):
    fit, score = faint(seed), faint(seed + 100)
    rows = split(fit[1])
    found = [linear_probe(fit, score, 2, order, rows) for order in (STRENGTHS, STRENGTHS[::-1])]
    assert found[0].accuracy == 0.5  # every strength ties here
    for (name, first), (_, second) in zip(*(each.metrics() for each in found), strict=True):
        assert first == pytest.approx(second, abs=1e-4), name


def test_shared_spectrum_changes_nothing():
    fit, score = problem(0), problem(1)
    rows = split(fit[1])
    alone = linear_probe(fit, score, 3, STRENGTHS, rows)
    assert linear_probe(fit, score, 3, STRENGTHS, rows, Spectrum.of(fit[0])) == alone


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


def test_fewer_pairs_than_classes_are_refused():
    features, labels = torch.randn(3, 2), np.arange(3)
    message = refusal((features, labels), (features, labels), classes=4)
    assert message == "3 fitting pairs are fewer than the 4 classes"


def test_combinations_can_be_held_out():
    rng = np.random.default_rng(0)
    groups = rng.integers(40, size=(400, 2))
    fit, score = problem(0), problem(1)
    rows = combination_split(groups, rng)
    found = linear_probe(fit, score, 3, STRENGTHS, rows)
    assert found.accuracy > 0.5


def test_intervals_hold_the_score():
    fit, score = problem(0), problem(1)
    rng = np.random.default_rng(0)
    weights = image_weights(rng.integers(60, size=(400, 2)), 60, rng)
    found = linear_probe(fit, score, 3, STRENGTHS, split(fit[1]), weights=weights)
    assert set(found.intervals) == {"accuracy", "bits"}
    for name, interval in found.intervals.items():
        assert interval.low < getattr(found, name) < interval.high
    names = [name for name, _ in found.metrics()]
    assert names == [
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "cross_entropy",
        "bits",
        "bits_low",
        "bits_high",
        "accuracy_strength",
        "bits_strength",
    ]


def test_class_that_is_never_fitted_is_scored_as_wrong():
    features, labels = problem(0)
    kept = labels < 2
    score = probe((features[torch.from_numpy(kept)], labels[kept]), (features, labels), 3)
    assert score.accuracy < 2 / 3
    assert np.isfinite(score.bits)


def confident(seed=3, classes=5):
    """Classes that few rows separate: what is held out is wrong with confidence."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=1500)
    basis = np.linalg.qr(rng.normal(size=(100, 100)))[0]
    x = 3 * np.eye(classes, 100)[labels] + rng.normal(size=(1500, 100))
    return torch.from_numpy(x * np.logspace(0, -2, 100) @ basis).float(), labels


@pytest.mark.parametrize(
    ("places", "close"), [((6, 6, 6), 1e-3), ((2, 3, 4), 1e-4), ((1, 1, 0), 1e-4)]
)
def test_refits_are_the_minima_on_all_pairs(places, close):
    features, labels = confident()
    strengths = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
    spectrum = Spectrum.of(features)
    rotated = spectrum.rotate(features)
    chosen = choose_strengths(rotated, spectrum.variance, labels, 5, strengths, split(labels))
    chosen = replace(chosen, places=Places(*places))
    found = refit(rotated, spectrum.variance, labels, 5, strengths, chosen)
    exact = fit_logistic(
        rotated.double(),
        spectrum.variance.double(),
        torch.from_numpy(labels),
        5,
        strengths,
        tolerance=1e-8,
    ).select(places)
    assert len(found.objective) == 3
    torch.testing.assert_close(found.objective.double(), exact.objective, rtol=close, atol=0)
