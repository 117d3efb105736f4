"""Exact profiles of designs against plain enumeration, and profiles as drawn against exact ones."""

import itertools

import numpy as np
import pytest

from trifeature import (
    FactorCounts,
    LatinRule,
    PairDesign,
    SampleDesign,
    SharedFactor,
    draw_latin_arrays,
    draw_mapping,
    draw_samples,
    empirical_profile,
    exact_profile,
    exact_truth,
)
from trifeature.images.factors import combinations
from trifeature.images.image_sets import ImageSet
from trifeature.information.design_profiles import exact_pid
from trifeature.samples.latin import latin_square_of

LOG10 = np.log2(10)
MATCH = 0.1 * LOG10 + 0.9 * np.log2(10 / 9)


def entropy_of_rows(rows, weights):
    """Entropy of the values in the columns of weighted rows."""
    if not rows.shape[1]:
        return 0.0
    _, code = np.unique(rows, axis=0, return_inverse=True)
    p = np.bincount(code, weights)
    p = p[p > 1e-15]
    return -(p * np.log2(p)).sum()


def all_samples(n_images, counts):
    """Every sample of n images, one combination each: int64 [all, n, 3]."""
    table = combinations(counts)
    rows = itertools.product(range(len(table)), repeat=n_images)
    return table[np.array(list(rows))]


def plain_weights(samples, design, arrays):
    """The probability of each sample, every stratum a uniform choice of those that obey it."""
    column = {"shape": 0, "texture": 1, "colour": 2}

    def values(factor):
        return samples[:, factor.image - 1, column[factor.factor]]

    obeyed = []
    for rule in design.shared:
        own = np.stack([values(factor) for factor in rule.factors])
        obeyed.append((rule.strength, (own == own[0]).all(0)))
    for rule, array in zip(design.latin, arrays, strict=True):
        symbols = array.table()[tuple(values(factor) for factor in rule.factors)]
        obeyed.append((rule.strength, symbols == 0))
    weights = np.zeros(len(samples))
    for on in itertools.product((True, False), repeat=len(obeyed)):
        fraction = np.prod([s if o else 1 - s for (s, _), o in zip(obeyed, on, strict=True)])
        allowed = np.ones(len(samples), bool)
        for (_, obeys), o in zip(obeyed, on, strict=True):
            allowed &= obeys | (not o)
        if fraction:
            weights += fraction * allowed / allowed.sum()
    return weights


def plain_profile(samples, weights, labels):
    """I(X_A; Y) with whole images as sources."""
    n = samples.shape[1]
    found = {}
    for size in range(1, n + 1):
        for subset in itertools.combinations(range(n), size):
            seen = samples[:, subset].reshape(len(samples), -1)
            both = np.concatenate([seen, labels[:, None]], axis=1)
            found[tuple(k + 1 for k in subset)] = (
                entropy_of_rows(seen, weights)
                + entropy_of_rows(labels[:, None], weights)
                - entropy_of_rows(both, weights)
            )
    return found


def plain_labels(samples, arrays):
    """The standard design's labels of three images."""
    square, cube = (array.table() for array in arrays)
    shape, texture, colour = (samples[:, :, k] for k in range(3))
    t1, t2, t3 = texture.T
    pair, triple = square[t1, colour[:, 2]], cube[t1, t2, t3]
    m = len(square)
    return {
        "R123": shape[:, 0],
        "R12": colour[:, 0],
        "U1": t1,
        "U2": t2,
        "U3": colour[:, 2],
        "S13": pair == 0,
        f"S13-{m}": pair,
        "S123": triple == 0,
        f"S123-{m}": triple,
        "S12to3": np.argmax(cube[t1, t2] == 0, axis=1),
    }


def with_strengths(shape, colour, pair, triple):
    base = SampleDesign.standard(3, pair, triple)
    shared = (SharedFactor("shape", (1, 2, 3), shape), SharedFactor("colour", (1, 2), colour))
    return SampleDesign(3, shared, base.unique, base.latin)


@pytest.mark.parametrize(
    ("counts", "strengths"),
    [
        ((2, 3, 3), (1, 1, 0, 0)),
        ((2, 3, 3), (1, 1, 0.3, 0.5)),
        ((2, 3, 3), (0.6, 0.2, 1, 1)),
        ((3, 2, 2), (0, 0.5, 0.9, 0)),
        ((4, 2, 2), (0.5, 1, 0, 1)),
        ((2, 4, 4), (1, 1, 0.25, 1)),
    ],
)
def test_plain_enumeration(counts, strengths):
    """Only the attributes that bear on a task are looked at; whole images say the same."""
    counts, design = FactorCounts(*counts), with_strengths(*strengths)
    arrays = draw_latin_arrays(design, counts, 3)
    samples = all_samples(3, counts)
    weights = plain_weights(samples, design, arrays)
    samples, weights = samples[weights > 0], weights[weights > 0]
    found = exact_profile(design, counts, arrays)
    expected = plain_labels(samples, arrays)
    assert list(found) == list(expected)
    for task, labels in expected.items():
        plain = plain_profile(samples, weights, labels.astype(int))
        assert found[task].bits == pytest.approx(plain, abs=1e-9), task


def test_rules_that_share_attributes():
    """Two rules over one texture, one of them over an attribute that is shared in part."""
    counts = FactorCounts(2, 3, 3)
    design = SampleDesign(
        3,
        (SharedFactor("texture", (1, 3), 0.5),),
        (("shape", 2),),
        (
            LatinRule((("texture", 1), ("colour", 2)), 0.75),
            LatinRule((("colour", 2), ("texture", 3), ("colour", 1)), 0.25),
        ),
    )
    arrays = draw_latin_arrays(design, counts, 0)
    samples = all_samples(3, counts)
    weights = plain_weights(samples, design, arrays)
    square, cube = (array.table() for array in arrays)
    t1, c1, c2, t3 = samples[:, 0, 1], samples[:, 0, 2], samples[:, 1, 2], samples[:, 2, 1]
    expected = {
        "R13": t1,
        "S12-3": square[t1, c2],
        "S123-3": cube[c2, t3, c1],
        "S23to1": np.argmax(cube[c2, t3] == 0, axis=1),
    }
    found = exact_profile(design, counts, arrays)
    for task, labels in expected.items():
        plain = plain_profile(samples, weights, labels)
        assert found[task].bits == pytest.approx(plain, abs=1e-9), task


#: Task → bits of 1, 2, 3, 12, 13, 23, 123.
STANDARD = {
    "R123": [LOG10] * 7,
    "R12": [LOG10, LOG10, 0, LOG10, LOG10, LOG10, LOG10],
    "U1": [LOG10, 0, 0, LOG10, LOG10, 0, LOG10],
    "U2": [0, LOG10, 0, LOG10, 0, LOG10, LOG10],
    "U3": [0, 0, LOG10, 0, LOG10, LOG10, LOG10],
    "S13": [0, 0, 0, 0, MATCH, 0, MATCH],
    "S13-10": [0, 0, 0, 0, LOG10, 0, LOG10],
    "S123": [0, 0, 0, 0, 0, 0, MATCH],
    "S123-10": [0, 0, 0, 0, 0, 0, LOG10],
    "S12to3": [0, 0, 0, LOG10, 0, 0, LOG10],
}


def test_the_standard_design_of_three_images():
    design, counts = SampleDesign(), FactorCounts()
    found = exact_profile(design, counts, draw_latin_arrays(design, counts, 0))
    assert round(MATCH, 3) == 0.469
    assert {task: list(p.bits.values()) for task, p in found.items()} == {
        task: pytest.approx(bits, abs=1e-9) for task, bits in STANDARD.items()
    }


@pytest.mark.parametrize(
    ("pairs", "counts"),
    [
        (PairDesign(), (10, 10, 10)),
        (PairDesign(mapping_strength=0.3, shared_strength=0.4), (10, 10, 10)),
        (PairDesign(mapping_strength=1.0), (4, 5, 10)),
        (PairDesign("colour", "shape", ("texture", "texture"), 0.5, 0.25), (3, 4, 5)),
        (PairDesign("shape", "texture", ("shape", "colour")), (4, 3, 4)),
        (PairDesign("shape", "texture", ("texture", "texture"), 0.5, 0.5), (2, 6, 3)),
    ],
)
def test_two_images_have_the_truth_of_pairs(pairs, counts):
    counts = FactorCounts(*counts)
    mapping = draw_mapping(pairs, counts, 1)
    design = SampleDesign.of_pairs(pairs)
    arrays = [latin_square_of(mapping, counts[pairs.mapped[1]], 1)]
    profiles, pids = exact_profile(design, counts, arrays), exact_pid(design, counts, arrays)
    for task, expected in exact_truth(pairs, counts, mapping).items():
        assert vars(pids[task]) == pytest.approx(vars(expected), abs=1e-6)
        assert profiles[task].bits == pytest.approx(
            {
                (1,): expected.redundancy + expected.unique_1,
                (2,): expected.redundancy + expected.unique_2,
                (1, 2): expected.total,
            },
            abs=1e-9,
        )


def test_a_pid_is_of_two_images():
    design, counts = SampleDesign(), FactorCounts(2, 2, 2)
    with pytest.raises(ValueError, match="a PID is of 2 images, not 3"):
        exact_pid(design, counts, draw_latin_arrays(design, counts, 0))


def images_of(counts, renders=1):
    table = np.repeat(combinations(counts), renders, axis=0)
    return ImageSet(np.zeros((len(table), 1, 1, 3), np.uint8), table)


def test_the_profile_as_drawn_nears_the_ideal():
    counts, design = FactorCounts(4, 4, 4), with_strengths(1, 1, 0.5, 0.25)
    arrays, images = draw_latin_arrays(design, counts, 0), images_of(counts, renders=5)
    samples = draw_samples(images, counts, design, arrays, 4_000, np.random.default_rng(0))
    found = empirical_profile(images, samples, design, counts, arrays)
    for task, profile in exact_profile(design, counts, arrays).items():
        assert found[task].bits == pytest.approx(profile.bits, abs=0.06), task


def test_the_profile_as_drawn_of_all_samples_is_the_ideal():
    counts, design = FactorCounts(2, 2, 2), SampleDesign()
    arrays, images = draw_latin_arrays(design, counts, 0), images_of(counts)
    samples = draw_samples(images, counts, design, arrays, 10_000, np.random.default_rng(0))
    found = empirical_profile(images, samples, design, counts, arrays)
    for task, profile in exact_profile(design, counts, arrays).items():
        assert found[task].bits == pytest.approx(profile.bits, abs=1e-9), task
    # Only attributes that rules connect with a label are looked at.
    fewer = draw_samples(images, counts, design, arrays, 7, np.random.default_rng(0))
    assert empirical_profile(images, fewer, design, counts, arrays)["U1"][2, 3] == 0
    other = ImageSet(images.images[:4], images.factors[:4])
    with pytest.raises(ValueError, match=r"the samples are of rows outside 0\.\.3"):
        empirical_profile(other, samples, design, counts, arrays)


@pytest.mark.parametrize("strength", [0.0, 0.3, 0.5])
@pytest.mark.parametrize("images", [2, 3, 4])
def test_sharing_in_part_of_the_samples_by_plain_enumeration(strength, images):
    """A closed form: the samples of attributes by themselves are few enough to be listed."""
    m = 3
    values = np.indices((m,) * images).reshape(images, -1).T
    equal = (values == values[:, :1]).all(1)
    weights = strength * equal / equal.sum() + (1 - strength) / len(values)
    numbers = tuple(range(1, images + 1))
    design = SampleDesign(images, (SharedFactor("shape", numbers, strength),), (), ())
    name = "R" if images == 2 else "R" + "".join(map(str, numbers))
    found = exact_profile(design, FactorCounts(m, 2, 2), ())[name]
    plain = plain_profile(values[:, :, None], weights, values[:, 0])
    assert found.bits == pytest.approx(plain, abs=1e-9)
