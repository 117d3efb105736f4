from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from small_problems import PENALTIES, one_hot, probe, problem, split

import interaction_probes.probing.linear
from interaction_probes.probing.intervals import draw_resample_counts
from interaction_probes.probing.linear import choose_penalties, linear_probe, refit
from interaction_probes.probing.metrics import METRICS
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.solver.path import fit_logistic
from interaction_probes.probing.splits import combination_split


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


def test_shared_basis_changes_nothing():
    fit, score = problem(0), problem(1)
    rows = split(fit[1])
    alone = linear_probe(fit, score, 3, PENALTIES, rows)
    assert linear_probe(fit, score, 3, PENALTIES, rows, PCABasis.of(fit[0])) == alone


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
    found = linear_probe(fit, score, 3, PENALTIES, rows)
    assert found.accuracy > 0.5


def test_intervals_hold_the_score():
    fit, score = problem(0), problem(1)
    rng = np.random.default_rng(0)
    resample_counts = draw_resample_counts(rng.integers(60, size=(400, 2)), 60, rng)
    found = linear_probe(fit, score, 3, PENALTIES, split(fit[1]), resample_counts=resample_counts)
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


def test_class_that_is_never_fitted_is_refused():
    """Its bias has no minimum: bits would depend on where the solver stopped."""
    features, labels = problem(0)
    kept = labels < 2
    few = features[torch.from_numpy(kept)], labels[kept]
    message = refusal(few, (features, labels))
    count = f"{(labels == 2).sum()} of {len(labels)}"
    assert message.startswith(f"no fitting pair is of class 2, which scoring pairs have: {count};")
    assert np.isfinite(probe((features, labels), few, 3).bits)  # the other way round has a score


def test_split_is_of_lists_masks_and_arrays_alike():
    examples, masks = problem(0), split(problem(0)[1])
    rows = [np.flatnonzero(mask) if mask.dtype == bool else mask for mask in masks]
    lists = [part.tolist() for part in rows]
    boolean = [np.isin(np.arange(len(examples[1])), part) for part in rows]
    found = [
        linear_probe(examples, examples, 3, PENALTIES, given).bits
        for given in (rows, lists, boolean)
    ]
    assert found[0] == found[1] == found[2]
    with pytest.raises(ValueError, match="a split is of whole row numbers, or a mask"):
        linear_probe(examples, examples, 3, PENALTIES, (rows[0] + 0.5, rows[1]))


def confident(seed=3, classes=5):
    """Classes that few rows separate: what is held out is wrong with confidence."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=1500)
    basis = np.linalg.qr(rng.normal(size=(100, 100)))[0]
    x = 3 * np.eye(classes, 100)[labels] + rng.normal(size=(1500, 100))
    return torch.from_numpy(x * np.logspace(0, -2, 100) @ basis).float(), labels


@pytest.mark.parametrize(
    ("best", "close"), [((6, 6, 6), 1e-3), ((2, 3, 4), 1e-4), ((1, 1, 0), 1e-4)]
)
def test_refits_are_the_minima_on_all_pairs(best, close):
    features, labels = confident()
    penalties = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
    basis = PCABasis.of(features)
    rotated = basis.rotate(features)
    selection = choose_penalties(rotated, basis.variance, labels, 5, penalties, split(labels))
    selection = replace(selection, best=dict(zip(METRICS, best, strict=True)))
    found = refit(rotated, basis.variance, labels, 5, penalties, selection)
    exact = fit_logistic(
        rotated.double(),
        basis.variance.double(),
        torch.from_numpy(labels),
        5,
        penalties,
        tolerance=1e-8,
    ).select(best)
    assert found.metrics == METRICS
    torch.testing.assert_close(found.fitted.objective.double(), exact.objective, rtol=close, atol=0)


def test_old_names_of_arguments_still_work():
    train, test = problem(0), problem(1)
    rows = split(train[1])
    rng = np.random.default_rng(0)
    counts = draw_resample_counts(rng.integers(60, size=(400, 2)), 60, rng, replicates=5)
    basis = PCABasis.of(train[0])
    assert linear_probe(
        fit=train,
        score=test,
        classes=3,
        strengths=PENALTIES,
        split=rows,
        spectrum=basis,
        weights=counts,
    ) == linear_probe(train, test, 3, PENALTIES, rows, basis, counts)


def test_the_result_has_its_old_name_too():
    assert interaction_probes.Score is interaction_probes.probing.linear.ProbeResult


def arguments(**changes):
    """What linear_probe is given for 60 pairs of two classes, with some of it changed."""
    features, labels = (
        torch.randn(60, 3, generator=torch.Generator().manual_seed(0)),
        np.arange(60) % 2,
    )
    rows = np.arange(60)
    good = {
        "train": (features, labels),
        "test": (features, labels),
        "classes": 2,
        "penalties": (0.1, 0.01),
        "split": (rows[:40], rows[40:]),
    }
    return good | changes


def test_examples_of_every_container():
    features, labels = arguments()["train"]
    expected = linear_probe(**arguments())
    for read in (
        (features.numpy(), labels.tolist()),
        (features.clone().requires_grad_(), torch.from_numpy(labels)),
        (pd.DataFrame(features.numpy()), pd.Series(labels, dtype="Int64")),
        (features.tolist(), labels.astype(np.uint8)),
        (features, labels.astype(float)),
        (features, labels == 1),
    ):
        found = linear_probe(**arguments(train=read, test=read))
        assert found.accuracy == expected.accuracy
        assert found.bits == pytest.approx(expected.bits, abs=1e-4)


FEATURES, PARITY = arguments()["train"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"train": (FEATURES, np.ma.array(PARITY, mask=PARITY == 1))},
            "labels has 30 values that are",
        ),
        ({"train": (FEATURES, np.where(PARITY == 1, np.nan, 0))}, "labels has 30 values that are"),
        ({"train": (FEATURES, PARITY * 0.5)}, "labels of the fitting pairs are whole numbers"),
        ({"test": (FEATURES, ["a", "b"] * 30)}, "has 'a' where a number belongs"),
        ({"train": (FEATURES[:, 0], PARITY)}, r"are \[n, d\] each, not \[60\] and \[60, 3\]"),
        ({"test": (FEATURES[:, :2], PARITY)}, r"are \[n, d\] each, not \[60, 3\] and \[60, 2\]"),
        ({"test": (pd.DataFrame(FEATURES.numpy()), pd.Series(PARITY)[::-1])}, "different pandas"),
        ({"penalties": ()}, "penalties are a list of positive numbers, one or more"),
        ({"penalties": (0.0,)}, "penalties are positive and finite"),
        ({"penalties": 0.1}, "penalties are a list of positive numbers"),
        (
            {"split": (np.arange(40), np.arange(30, 60))},
            "10 pairs are both fitted and validated on",
        ),
        ({"split": (np.arange(40), np.arange(40, 61))}, r"rows outside 0\.\.59"),
        ({"resample_counts": np.ones((3, 7))}, r"resample counts are \[b, 60\], not \[3, 7\]"),
    ],
)
def test_what_cannot_be_probed_is_refused_in_a_line(changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        linear_probe(**arguments(**changes))
    assert "\n" not in str(caught.value)
