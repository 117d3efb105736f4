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
)
from trifeature.images.factors import column, combinations
from trifeature.pairs.candidates import Pool
from trifeature.samples.design import MOST_RULES
from trifeature.samples.latin import latin_square_of
from trifeature.samples.pool import SamplePool

COUNTS = FactorCounts(2, 3, 3)
DESIGN = SampleDesign(
    4,
    (SharedFactor("shape", (1, 2, 4)), SharedFactor("colour", (2, 3))),
    (),
    (
        LatinRule((("texture", 1), ("colour", 4))),
        LatinRule((("texture", 4), ("texture", 2), ("colour", 3))),
    ),
)


def test_the_most_rules_in_force_are_all_obeyed():
    """Of ten values each, so that every digit of a state may be 9."""
    counts = FactorCounts()
    rules = [
        LatinRule((("texture", a), ("colour", b)), 1.0)
        for a, b in itertools.combinations(range(1, 10), 2)
        if b - a < 3 or (a, b) in ((1, 4), (2, 5), (3, 6))
    ]
    design = SampleDesign(9, (), (), rules)
    assert len(design.rules) == MOST_RULES
    arrays = draw_latin_arrays(design, counts, 0)
    # Textures and colours that obey every rule: each texture's partner is the same colour.
    arrays = [arrays[0]] * len(arrays)
    table = combinations(counts)
    match = arrays[0].table() == 0
    table = table[match[table[:, 1], table[:, 2]]]
    pool = SamplePool(table, design, arrays, (True,) * MOST_RULES)
    rows = pool.draw(50, np.random.default_rng(0))
    assert len(np.unique(table[rows][:, 0, 1])) > 5
    for rule in rules:
        first, second = (table[rows][:, f.image - 1, column(f.factor)] for f in rule.factors)
        assert match[first, second].all()


def some_images(n, seed=0, counts=COUNTS):
    table = combinations(counts)
    return table[np.random.default_rng(seed).integers(len(table), size=n)]


def allowed(table, arrays, in_force):
    """Every allowed sample of four images of DESIGN, the slow way."""
    square, cube = (array.table() for array in arrays)
    for rows in itertools.product(range(len(table)), repeat=4):
        (s1, t1, _), (s2, t2, c2), (_, _, c3), (s4, t4, c4) = (table[row] for row in rows)
        rules = (s1 == s2 == s4, c2 == c3, square[t1, c4] == 0, cube[t4, t2, c3] == 0)
        if all(rule or not on for rule, on in zip(rules, in_force, strict=True)):
            yield rows


@pytest.mark.parametrize("in_force", list(itertools.product((True, False), repeat=4)))
def test_the_pool_is_all_that_is_allowed(in_force):
    table = some_images(9)
    arrays = draw_latin_arrays(DESIGN, COUNTS, 0)
    pool = SamplePool(table, DESIGN, arrays, in_force)
    expected = set(allowed(table, arrays, in_force))
    assert pool.total == len(expected)
    found = pool.numbered(np.arange(int(pool.total)))
    assert set(map(tuple, found.tolist())) == expected
    assert len(np.unique(found, axis=0)) == len(found)
    assert set(map(tuple, pool.draw(200, np.random.default_rng(0)).tolist())) <= expected


def test_draws_are_uniform():
    table = some_images(8, 1)
    arrays = draw_latin_arrays(DESIGN, COUNTS, 0)
    pool = SamplePool(table, DESIGN, arrays, (True,) * 4)
    every = sorted(map(tuple, pool.numbered(np.arange(int(pool.total))).tolist()))
    drawn = pool.draw(200 * len(every), np.random.default_rng(0))
    found, seen = np.unique(drawn, axis=0, return_counts=True)
    assert list(map(tuple, found.tolist())) == every
    assert len(every) > 5
    # χ² with len(every) − 1 degrees of freedom: its mean and six standard deviations
    assert ((seen - 200) ** 2 / 200).sum() < len(every) + 6 * np.sqrt(2 * len(every))


def test_nothing_is_allowed():
    table = np.array([[0, 0, 0], [1, 1, 1]])
    design = SampleDesign(
        2, (SharedFactor("shape", (1, 2)),), (), (LatinRule((("texture", 1), ("texture", 2))),)
    )
    square = latin_square_of([1, 0], 2, 0)
    assert SamplePool(table, design, [square], (True, True)).total == 0
    assert SamplePool(table, design, [square], (False, True)).total == 2


def test_two_images_have_the_pool_of_pairs():
    counts, pairs = FactorCounts(3, 4, 5), PairDesign()
    mapping = draw_mapping(pairs, counts, 0)
    arrays = [latin_square_of(mapping, 5, 0)]
    table = some_images(60, 0, counts)
    for in_force in itertools.product((True, False), repeat=2):
        pool = SamplePool(table, SampleDesign.of_pairs(pairs), arrays, in_force)
        assert pool.total == Pool(table, pairs, mapping, in_force).total


def test_a_huge_pool_is_counted_and_drawn():
    """Nine images have 10²⁴ samples: no number of a sample would fit in 64 bits."""
    table = np.repeat(combinations(FactorCounts()), 3, axis=0)
    design = SampleDesign.standard(9)
    arrays = draw_latin_arrays(design, FactorCounts(), 0)
    pool = SamplePool(table, design, arrays, (True,) * 4)
    assert pool.total == pytest.approx(3000**9 / 10**8 / 10**3, rel=1e-12)
    factors = table[pool.draw(2000, np.random.default_rng(0))]
    assert (factors[:, :, 0] == factors[:, :1, 0]).all()
    for factor in (1, 2):
        for image in range(9):
            seen = np.bincount(factors[:, image, factor], minlength=10)
            assert ((seen - 200) ** 2 / 200).sum() < 40  # χ² with 9 degrees of freedom
