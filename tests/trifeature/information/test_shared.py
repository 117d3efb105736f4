import numpy as np
import pytest
from dit.multivariate import dual_total_correlation, o_information, total_correlation
from dit.pid.distributions import trivariates
from shared_by_table import shared_by_table

from trifeature import (
    FactorCounts,
    LatinRule,
    SampleDesign,
    SharedFactor,
    draw_latin_arrays,
    shared_information,
)
from trifeature.images.factors import combinations

LOG10 = np.log2(10)
TEXTURES = tuple(("texture", k) for k in (1, 2, 3))


def found(shared=(), latin=(), counts=None):
    counts, design = counts or FactorCounts(), SampleDesign(3, shared, (), latin)
    return shared_information(design, counts, draw_latin_arrays(design, counts, 0))


@pytest.mark.parametrize(
    ("information", "tc", "dtc", "pairs"),
    [
        (found((SharedFactor("shape", (1, 2, 3)),)), 2, 1, (1, 1, 1)),
        (found((SharedFactor("colour", (1, 2)),)), 1, 1, (1, 0, 0)),
        (found((), (LatinRule((("texture", 1), ("colour", 3)), 1.0),)), 1, 1, (0, 1, 0)),
        (found((), (LatinRule(TEXTURES, 1.0),)), 1, 2, (0, 0, 0)),
        (found((), (LatinRule(TEXTURES, 0.0),)), 0, 0, (0, 0, 0)),
    ],
    ids=["shared by three", "shared by two", "pair rule", "triple rule", "no rule"],
)
def test_rules_of_ten_values_in_units_of_their_entropy(information, tc, dtc, pairs):
    assert information.total_correlation == pytest.approx(tc * LOG10)
    assert information.dual_total_correlation == pytest.approx(dtc * LOG10)
    assert information.o_information == pytest.approx((tc - dtc) * LOG10)
    mutual = [information.mutual([a], [b]) for a, b in ((1, 2), (1, 3), (2, 3))]
    assert mutual == pytest.approx([n * LOG10 for n in pairs], abs=1e-9)


def test_the_triple_rule_is_there_for_who_fuses():
    triple = found((), (LatinRule(TEXTURES, 1.0),))
    assert triple.mutual([1, 2], [3]) == pytest.approx(LOG10)
    with pytest.raises(ValueError, match="different images"):
        triple.mutual([1, 2], [2])


def test_the_standard_designs():
    assert str(found(*standard(0, 0))) == "TC 9.966, DTC 6.644, O +3.322 bits"
    assert str(found(*standard(1, 0))) == "TC 13.288, DTC 9.966, O +3.322 bits"
    assert str(found(*standard(0, 1))) == "TC 13.288, DTC 13.288, O +0.000 bits"


def standard(pair, triple):
    design = SampleDesign.standard(3, pair, triple)
    return design.shared, design.latin


def test_plain_enumeration():
    """Rules in part of the samples, by the table of all three images."""
    counts = FactorCounts(2, 3, 3)
    shared, latin = standard(0.3, 0.6)
    design = SampleDesign(3, (SharedFactor("shape", (1, 2, 3), 0.7), shared[1]), (), latin)
    arrays = draw_latin_arrays(design, counts, 0)
    square, cube = (array.table() for array in arrays)
    table = combinations(counts)
    s, t, c = table.T
    n = len(table)
    i, j, k = np.indices((n, n, n))
    joint = np.zeros((n, n, n))
    share = (s[i] == s[j]) & (s[j] == s[k])
    colour = c[i] == c[j]
    pair, triple = square[t[i], c[k]] == 0, cube[t[i], t[j], t[k]] == 0
    for strengths in np.ndindex(2, 2, 2):
        fraction, allowed = 1.0, colour
        for on, rule, rho in zip(strengths, (share, pair, triple), (0.7, 0.3, 0.6), strict=True):
            fraction *= rho if on else 1 - rho
            allowed = allowed & (rule | (not on))
        joint += fraction * allowed / allowed.sum()
    slow, fast = shared_by_table(joint), shared_information(design, counts, arrays)
    for name in ("total_correlation", "dual_total_correlation", "o_information"):
        assert getattr(fast, name) == pytest.approx(getattr(slow, name), abs=1e-9)
    for a, b in (([1], [2]), ([1], [3]), ([2], [3]), ([1, 2], [3]), ([1], [2, 3])):
        assert fast.mutual(a, b) == pytest.approx(slow.mutual(a, b), abs=1e-9)


@pytest.mark.parametrize("name", list(trivariates))
def test_the_trivariate_distributions_of_dit(name):
    distribution = trivariates[name].copy(base="linear")
    values = [sorted(set(column)) for column in zip(*distribution.outcomes, strict=True)]
    joint = np.zeros([len(each) for each in values])
    for outcome, p in zip(distribution.outcomes, distribution.pmf, strict=True):
        joint[tuple(own.index(v) for own, v in zip(values, outcome, strict=True))] += p
    information = shared_by_table(joint)
    assert information.total_correlation == pytest.approx(total_correlation(distribution), abs=1e-9)
    dual = dual_total_correlation(distribution)
    assert information.dual_total_correlation == pytest.approx(dual, abs=1e-9)
    assert information.o_information == pytest.approx(o_information(distribution), abs=1e-9)


def test_sharing_in_part_of_the_samples_by_nine_images():
    """A closed form; of two of the images it is that of two images alone."""
    nine = SampleDesign(9, (SharedFactor("shape", tuple(range(1, 10)), 0.3),), (), ())
    two = SampleDesign(2, (SharedFactor("shape", (1, 2), 0.3),), (), ())
    large, small = (shared_information(design, FactorCounts(), ()) for design in (nine, two))
    joint = 0.3 * np.eye(10) / 10 + 0.7 / 100
    slow = shared_by_table(joint)
    assert small.total_correlation == pytest.approx(slow.total_correlation)
    assert large.mutual([4], [8]) == pytest.approx(slow.total_correlation)
    assert large.total_correlation > 7 * small.total_correlation
