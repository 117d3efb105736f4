"""Interactions in directions of little variance, which the leading directions of a code miss."""

import numpy as np
import pytest
import torch

from interaction_probes.probing.bilinear import bilinear_probe, discriminant_directions
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.splits import stratified_split

PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4)
VALUES, NOISE = 4, 14


def code_of(values, rng, mixing):
    """One-hot values at a tenth of the scale of 14 dimensions of noise, all mixed by a rotation."""
    strong = rng.normal(size=(len(values), NOISE))
    hidden = 0.1 * np.eye(VALUES)[values] + 0.005 * rng.normal(size=(len(values), VALUES))
    return torch.from_numpy(np.concatenate([strong, hidden], 1) @ mixing).float()


def hidden_interaction(modalities, samples=1600, seed=0):
    """Fitting and scoring examples of the match bit of a Latin array, and the fitting values."""
    rng = np.random.default_rng(seed)
    width = NOISE + VALUES
    mixings = [np.linalg.qr(rng.normal(size=(width, width)))[0] for _ in range(modalities)]
    examples = []
    for _ in range(2):
        values = rng.integers(VALUES, size=(modalities, samples))
        codes = tuple(map(code_of, values, [rng] * modalities, mixings))
        examples.append((codes, (values.sum(0) % VALUES == 0).astype(np.int64), values))
    (fit, fit_labels, values), (score, score_labels, _) = examples
    return (fit, fit_labels), (score, score_labels), values, rng


@pytest.mark.parametrize("modalities", [2, 3])
def test_an_interaction_hidden_from_leading_directions_is_found(modalities):
    train, test, values, rng = hidden_interaction(modalities)
    split = stratified_split(train[1], rng)
    ranks = (4, 8) if modalities == 2 else (2, 4)
    leading = bilinear_probe(train, test, 2, PENALTIES, split, ranks=ranks)
    assert leading.auc == pytest.approx(0.5, abs=0.06)
    assert "discriminant" not in leading.chosen
    found = bilinear_probe(train, test, 2, PENALTIES, split, None, ranks, list(values))
    assert found.accuracy > 0.97
    assert (found.chosen["discriminant"], found.chosen["rank"]) == (1, VALUES - 1)


def test_a_label_of_chance_stays_at_chance():
    train, test, values, rng = hidden_interaction(3, samples=800)
    labels = [(rng.random(len(each[1])) < 0.25).astype(np.int64) for each in (train, test)]
    split = stratified_split(labels[0], rng)
    fit, score = ((each[0], own) for each, own in zip((train, test), labels, strict=True))
    found = bilinear_probe(fit, score, 2, PENALTIES, split, None, (2,), list(values))
    assert found.auc == pytest.approx(0.5, abs=0.08)
    assert found.bits < 0.02


def test_codes_of_noise_stay_at_chance_whatever_the_attributes():
    """As many directions as a third of the rows: discriminants fit the rows, and are not chosen."""
    rng = np.random.default_rng(1)
    values = rng.integers(VALUES, size=(3, 2, 300))
    codes = [tuple(torch.from_numpy(rng.normal(size=(3, 300, 100))).float()) for _ in range(2)]
    labels = (values.sum(0) % VALUES == 0).astype(np.int64)
    split = stratified_split(labels[0], rng)
    fit, score = zip(codes, labels, strict=True)
    found = bilinear_probe(fit, score, 2, PENALTIES, split, None, (2,), list(values[:, 0]))
    assert found.auc == pytest.approx(0.5, abs=0.12)
    assert found.bits < 0.02


def test_leading_directions_are_kept_where_held_out_pairs_prefer_them():
    """Attributes that are not those of the rule."""
    rng = np.random.default_rng(2)
    values = rng.integers(VALUES, size=(2, 2, 600))
    codes = [tuple(torch.eye(VALUES)[torch.from_numpy(each)] for each in values[k]) for k in (0, 1)]
    labels = [(values[k].sum(0) % VALUES == 0).astype(np.int64) for k in (0, 1)]
    split = stratified_split(labels[0], rng)
    wrong = list(rng.integers(2, size=(2, 600)))
    fit, score = zip(codes, labels, strict=True)
    found = bilinear_probe(fit, score, 2, PENALTIES, split, None, (3,), wrong)
    assert found.accuracy == 1
    assert (found.chosen["discriminant"], found.chosen["rank"]) == (0, 3)


def test_directions_separate_the_values_of_rows_that_they_were_not_found_on():
    """The nearest class mean in the directions, against chance of one in four."""
    rng = np.random.default_rng(3)
    mixing = np.linalg.qr(rng.normal(size=(NOISE + VALUES,) * 2))[0]
    values = rng.integers(VALUES, size=1000)
    basis = PCABasis.of(code_of(values, rng, mixing))
    directions = discriminant_directions(basis, values, np.arange(500))
    assert directions.shape == (NOISE + VALUES, VALUES - 1)
    shown = basis.rotated @ directions
    torch.testing.assert_close(torch.cov(shown.T), torch.eye(VALUES - 1), atol=0.15, rtol=0)
    means = torch.stack([shown[:500][values[:500] == k].mean(0) for k in range(VALUES)])
    nearest = torch.cdist(shown[500:], means).argmin(1).numpy()
    assert (nearest == values[500:]).mean() > 0.95


def test_values_of_held_out_rows_have_no_say():
    train, test, values, rng = hidden_interaction(2, samples=400)
    split = stratified_split(train[1], rng)
    poisoned = values.copy()
    poisoned[:, split[1]] = (poisoned[:, split[1]] + 1) % VALUES
    results = [
        bilinear_probe(train, test, 2, PENALTIES, split, None, (2,), list(each))
        for each in (values, poisoned)
    ]
    assert results[0] == results[1]
