"""The limits of what sees less than a Latin cube, against searches over all scores of a kind."""

import itertools

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from trifeature import FactorCounts, LatinRule, PairDesign, SampleDesign, draw_latin_arrays
from trifeature.information.limits.of_pairs import additive_limit
from trifeature.information.limits.of_rules import (
    additive_triple_limit,
    match_limits,
    pairwise_triple_limit,
)
from trifeature.information.limits.pairwise_scores import PAIRWISE_SCORES, wrongly_accepted
from trifeature.samples.latin import latin_square_of


def balanced_accuracy(accepted, match):
    return (accepted[match].mean() + (~accepted[~match]).mean()) / 2


def cube(m):
    a = np.arange(m)
    return a[:, None, None], a[None, :, None], a[None, None, :]


@pytest.mark.parametrize("m", range(2, 11))
def test_a_threshold_on_a_sum_attains_the_additive_number(m):
    a, b, c = cube(m)
    total = a + b + c
    best = max(
        balanced_accuracy(total <= threshold, total % m == remainder)
        for remainder in range(m)
        for threshold in range(3 * m)
    )
    assert additive_triple_limit(m) == pytest.approx(best)


@pytest.mark.parametrize("m", range(2, 11))
def test_a_score_of_pairs_attains_the_pairwise_number(m):
    remainder, p = PAIRWISE_SCORES[m]
    a, b, c = cube(m)
    match = (a + b + c) % m == remainder
    of_pairs = np.array(p)
    score = np.zeros((m, m, m))
    for i, j, k in itertools.product(range(m), repeat=3):
        score[i, j, k] = of_pairs[i, j] + of_pairs[j, k] + of_pairs[k, i]
    assert (score[match] > 0).all()
    assert pairwise_triple_limit(m) == pytest.approx(balanced_accuracy(score > 0, match))
    # A score that one can write down: x(x − m) for x = a + b − c has terms of two attributes alone.
    x = a + b - c
    assert pairwise_triple_limit(m) >= balanced_accuracy(x * (x - m) >= 0, x % m == 0) > 5 / 6


def test_a_score_that_loses_a_match_is_no_score():
    p = np.array([[5, 1], [1, -3]])
    assert wrongly_accepted(p, 0) == np.inf  # (0, 1, 1) lies at -1
    assert wrongly_accepted(p + 10, 0) == 4


def test_numbers_of_ten_values():
    assert additive_triple_limit(10) == pytest.approx(0.70444, abs=1e-5)
    assert pairwise_triple_limit(10) == pytest.approx(0.86722, abs=1e-5)
    assert pairwise_triple_limit(5) == pytest.approx(0.895)
    with pytest.raises(ValueError, match="known of 2 to 10 values, not of 11"):
        pairwise_triple_limit(11)


def test_of_three_values_no_pairwise_score_is_better():
    """A mixed integer program over all scores: matches may be lost, and terms go up to 20."""
    m, most = 3, 20.0
    a, b, c = (axis.ravel() for axis in np.indices((m, m, m)))
    n = m**3
    terms = np.zeros((n, 3 * m * m))
    for k, (first, second) in enumerate(((a, b), (b, c), (a, c))):
        terms[np.arange(n), k * m * m + first * m + second] = 1
    match = (a + b + c) % m == 0
    sign = np.where(match, 1.0, -1.0)
    # sign · score ≥ 1, unless the combination is given up at its part of balanced accuracy
    given_up = (6 * most + 1) * np.eye(n)
    constraint = LinearConstraint(np.hstack([sign[:, None] * terms, given_up]), lb=1)
    found = milp(
        np.concatenate([np.zeros(3 * m * m), np.where(match, 1 / match.sum(), 1 / (~match).sum())]),
        integrality=np.concatenate([np.zeros(3 * m * m), np.ones(n)]),
        bounds=Bounds(
            np.concatenate([np.full(3 * m * m, -most), np.zeros(n)]),
            np.concatenate([np.full(3 * m * m, most), np.ones(n)]),
        ),
        constraints=constraint,
    )
    assert found.status == 0
    assert 1 - found.fun / 2 == pytest.approx(pairwise_triple_limit(m))


def test_two_values_by_all_scores():
    """Of eight cells no quadratic threshold is the parity; one wrong cell of four is 7/8."""
    a, b, c = cube(2)
    match = (a + b + c) % 2 == 0
    linear, pairwise = 0.0, 0.0
    steps = range(-2, 3)
    for f, g, h in itertools.product(steps, repeat=3):
        score = f * a + g * b + h * c
        for threshold in np.unique(score):
            linear = max(linear, balanced_accuracy(score >= threshold, match))
        for p, q, r in itertools.product((-2, 0, 2), repeat=3):
            more = score + p * a * b + q * b * c + r * a * c
            for threshold in np.unique(more):
                pairwise = max(pairwise, balanced_accuracy(more >= threshold, match))
    assert additive_triple_limit(2) == linear == 0.75
    assert pairwise_triple_limit(2) == pairwise == 0.875


def best_cuts(rest, gain):
    """Per row, the level to add to scores [rows, n] so that those above 0 gain most."""
    order = np.argsort(-rest, axis=1, kind="stable")
    ranked = np.take_along_axis(rest, order, axis=1)
    sums = np.cumsum(np.take_along_axis(gain, order, axis=1), axis=1)
    sums = np.concatenate([np.zeros((len(rest), 1)), sums], axis=1)
    tied = np.zeros_like(sums, dtype=bool)
    tied[:, 1:-1] = ranked[:, 1:] > ranked[:, :-1] - 1e-9
    cut = np.where(tied, -np.inf, sums).argmax(axis=1)
    above = np.concatenate([ranked[:, :1] + 2, ranked], axis=1)
    below = np.concatenate([ranked, ranked[:, -1:] - 2], axis=1)
    rows = np.arange(len(rest))
    return -(above[rows, cut] + below[rows, cut]) / 2, sums[rows, cut].sum()


def ascend(m, blocks, rng):
    """A local optimum of balanced accuracy over sums of terms, each of the axes of its block.

    One term after another is set to its optimum for the others, exactly.
    """
    a, b, c = cube(m)
    match = (a + b + c) % m == 0
    gain = np.where(match, 1 / match.sum(), -1 / (~match).sum())
    terms = []
    for block in blocks:
        shape = [m if axis in block else 1 for axis in range(3)]
        terms.append(rng.normal(size=shape) * rng.uniform(0.3, 3))
    value, before = 0.0, -1.0
    while value > before + 1e-12:
        before = value
        for k, block in enumerate(blocks):
            rest = sum((t for j, t in enumerate(terms) if j != k), np.zeros((m, m, m)))
            hidden = [axis for axis in range(3) if axis not in block]
            axes = (*block, *hidden)
            rows = rest.transpose(axes).reshape(m ** len(block), -1)
            gains = gain.transpose(axes).reshape(rows.shape)
            levels, value = best_cuts(rows, gains)
            terms[k] = levels.reshape(terms[k].shape)
    return (1 + value) / 2


@pytest.mark.parametrize(
    ("m", "starts", "attained"), [(2, 20, True), (3, 60, True), (4, 60, True), (10, 40, False)]
)
def test_a_search_over_all_additive_scores_finds_no_better(m, starts, attained):
    """A longer one, of 2,000 starts or more, attained the number for every m from 2 to 10."""
    rng = np.random.default_rng(0)
    found = max(ascend(m, [(0,), (1,), (2,)], rng) for _ in range(starts))
    assert found <= additive_triple_limit(m) + 1e-9
    assert not attained or found == pytest.approx(additive_triple_limit(m))
    assert found > 0.69


@pytest.mark.parametrize(("m", "starts"), [(2, 10), (3, 20), (4, 30), (10, 3)])
def test_a_search_by_blocks_finds_no_better_pairwise_score(m, starts):
    """It gets stuck below, so that it cannot show that there is none."""
    rng = np.random.default_rng(0)
    found = max(ascend(m, [(0, 1), (1, 2), (0, 2)], rng) for _ in range(starts))
    assert 0.79 < found <= pairwise_triple_limit(m) + 1e-9


def test_the_limits_of_a_design():
    counts = FactorCounts()
    design = SampleDesign.standard(4)
    arrays = draw_latin_arrays(design, counts, 0)
    assert match_limits(design, counts, arrays) == {
        "S13": {"additive": 0.75},
        "S123": {"additive": additive_triple_limit(10), "pairwise": pairwise_triple_limit(10)},
    }
    four = SampleDesign(4, (), (), (LatinRule(tuple(("texture", k) for k in (1, 2, 3, 4))),))
    assert match_limits(four, counts, draw_latin_arrays(four, counts, 0)) == {}


def test_the_limit_of_pairs():
    counts, mapping = FactorCounts(texture=5), np.array([3, 9, 0, 1, 7])
    arrays = [latin_square_of(mapping, 10, 0)]
    found = match_limits(SampleDesign.of_pairs(PairDesign()), counts, arrays)
    assert found == {"S": {"additive": additive_limit(mapping, 10)}}
