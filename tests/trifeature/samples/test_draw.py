import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifeature import (
    FactorCounts,
    ImageSet,
    LatinRule,
    SampleDesign,
    SharedFactor,
    draw_latin_arrays,
    draw_samples,
)
from trifeature.images.factors import combinations
from trifeature.images.image_sets import split_combinations
from trifeature.samples.tasks import label_samples, labels_of

STRENGTH = st.sampled_from([0.0, 0.1, 1 / 3, 0.5, 1.0]) | st.floats(0, 1)


def image_set(factors):
    return ImageSet(np.zeros((len(factors), 1, 1, 3), np.uint8), np.asarray(factors))


def split(seed, counts=None):
    train, test = split_combinations(counts or FactorCounts(), seed)
    return image_set(np.repeat(train, 3, axis=0)), image_set(test)


def drawn(images, design, size=10_000, counts=None, seed=0):
    counts = counts or FactorCounts()
    arrays = draw_latin_arrays(design, counts, seed)
    samples = draw_samples(images, counts, design, arrays, size, np.random.default_rng(seed))
    assert len(np.unique(samples.index, axis=0)) == len(samples)
    factors = images.factors[samples.index]
    for task, labels in label_samples(factors, labels_of(design, counts, arrays)).items():
        np.testing.assert_array_equal(samples.labels[task], labels)
    return samples, factors


@pytest.mark.parametrize(("pair", "triple"), [(0.0, 0.0), (0.25, 0.5), (1.0, 1.0)])
def test_strengths_set_the_rates(pair, triple):
    samples, factors = drawn(split(0)[0], SampleDesign.standard(3, pair, triple))
    assert samples.index.shape == (10_000, 3)
    assert (factors[:, :, 0] == factors[:, :1, 0]).all()
    assert (factors[:, 0, 2] == factors[:, 1, 2]).all()
    rates = samples.labels["S13"].mean(), samples.labels["S123"].mean()
    # A sample drawn without a rule obeys it by chance, one time in ten.
    assert rates == pytest.approx((pair + (1 - pair) / 10, triple + (1 - triple) / 10), abs=0.015)
    both = (samples.labels["S13"] * samples.labels["S123"]).mean()
    assert both == pytest.approx(rates[0] * rates[1], abs=0.015)


@settings(max_examples=40, deadline=None)
@given(STRENGTH, STRENGTH, st.floats(0, 1), st.integers(2, 6), st.integers(1, 500))
def test_any_strengths(pair, triple, shared, m, size):
    counts = FactorCounts(m, m, m)
    design = SampleDesign(
        3,
        (SharedFactor("shape", (1, 2, 3), shared),),
        (),
        (
            LatinRule((("texture", 1), ("colour", 3)), pair),
            LatinRule((("texture", 3), ("texture", 2), ("colour", 1)), triple),
        ),
    )
    images = image_set(combinations(counts))
    samples, factors = drawn(images, design, size, counts)
    assert 1 <= len(samples) <= size
    n = len(samples)
    obeys = (
        (factors[:, :, 0] == factors[:, :1, 0]).all(1),
        samples.labels["S13"] == 1,
        samples.labels["S123"] == 1,
    )
    for rate, strength in zip(obeys, (shared, pair, triple), strict=True):
        assert rate.sum() >= round(strength * n)


@pytest.mark.parametrize("side", [0, 1])
def test_what_no_rule_ties_is_independent_on_average_over_splits(side):
    """Images 1 and 2 share two attributes; drawn uniformly, a third of test samples share three."""
    equal, joint = [], np.zeros((10, 10))
    for seed in range(40):
        _, factors = drawn(split(seed)[side], SampleDesign(), 2_000, seed=seed)
        one, other, third = factors[:, 0, 1], factors[:, 1, 1], factors[:, 2, 1]
        equal.append([(one == other).mean(), (one == third).mean()])
        np.add.at(joint, (one, other), 1 / len(one) / 40)
    mean, error = np.mean(equal, axis=0), np.std(equal, axis=0) / np.sqrt(39)
    np.testing.assert_array_less(np.abs(mean - 0.1), 4 * error + 0.003)
    np.testing.assert_allclose(joint, 0.01, atol=0.004)


def test_a_pool_that_is_small_is_used_up():
    counts = FactorCounts(2, 2, 2)
    design = SampleDesign(latin=SampleDesign().latin[1:])
    table = combinations(counts)  # all combinations: no sample is left out
    samples, _ = drawn(image_set(table), design, 10_000, counts)
    expected = [
        rows
        for rows in itertools.product(range(8), repeat=3)
        if len({table[row][0] for row in rows}) == 1 and table[rows[0]][2] == table[rows[1]][2]
    ]
    assert sorted(map(tuple, samples.index.tolist())) == expected


def test_strata_that_share_a_small_pool():
    """Fewer samples where those of one stratum may be used up by another's."""
    counts = FactorCounts(2, 2, 2)
    samples, _ = drawn(
        image_set(combinations(counts)), SampleDesign.standard(3, 0.5), 10_000, counts
    )
    obeys = samples.labels["S13"].sum()
    assert 32 <= len(samples) <= 64
    assert obeys >= round(len(samples) / 2)


def test_bad_draws():
    counts = FactorCounts(2, 2, 2)
    with pytest.raises(ValueError, match="at least 1 sample is needed, not 0"):
        drawn(image_set(combinations(counts)), SampleDesign(), 0, counts)
    with pytest.raises(ValueError, match=r"at most 10,000,000 samples are drawn, not 10{18}"):
        drawn(image_set(combinations(counts)), SampleDesign(), 10**18, counts)
    with pytest.raises(ValueError, match="the number of samples is a whole number"):
        drawn(image_set(combinations(counts)), SampleDesign(), 1.5, counts)
    rules = SampleDesign(
        2, (SharedFactor("shape", (1, 2)),), (), (LatinRule((("texture", 1), ("colour", 2)), 1.0),)
    )
    square = draw_latin_arrays(rules, counts, 0)[0].table()
    wrong = [[0, 0, int(np.argmax(square[0] != 0))], [1, 1, int(np.argmax(square[1] != 0))]]
    message = (
        "no sample of 2 of these 2 images obeys the shape shared by images 1 and 2 and the rule"
    )
    with pytest.raises(ValueError, match=message):
        drawn(image_set(wrong), rules, 10, counts)
