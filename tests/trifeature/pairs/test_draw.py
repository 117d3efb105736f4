import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifeature import FactorCounts, ImageSet, PairDesign, draw_mapping, draw_pairs
from trifeature.images.factors import FACTORS, column, combinations
from trifeature.pairs.candidates import largest_size, stratum_sizes
from trifeature.pairs.design import tasks

COUNTS = st.builds(FactorCounts, *[st.integers(2, 10)] * 3)
STRENGTHS = st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1.0]) | st.floats(0, 1)
FACTOR = st.sampled_from(FACTORS)
DESIGNS = st.builds(
    lambda shared_unique, mapped, shared, mapping: PairDesign(
        *shared_unique, mapped, shared, mapping
    ),
    st.permutations(FACTORS).map(lambda order: order[:2]),
    st.tuples(FACTOR, FACTOR),
    STRENGTHS,
    STRENGTHS,
)


def image_set(factors):
    return ImageSet(np.zeros((len(factors), 1, 1, 3), np.uint8), np.asarray(factors))


def allowed(images, design, mapping, shares, maps):
    """Every allowed pair, the slow way."""
    table = images.factors.tolist()
    shared, first, second = (column(f) for f in (design.shared, *design.mapped))
    return {
        (i, j)
        for (i, one), (j, other) in itertools.product(enumerate(table), repeat=2)
        if (not shares or one[shared] == other[shared])
        and (not maps or other[second] == mapping[one[first]])
    }


FULL = image_set(combinations(FactorCounts(4, 5, 5)))
MAPPING = draw_mapping(PairDesign(), FactorCounts(4, 5, 5), 0)


@pytest.mark.parametrize("mapping_strength", [0.0, 1.0])
def test_a_rule_is_kept_and_everything_allowed_is_reached(mapping_strength):
    design = PairDesign(mapping_strength=mapping_strength)
    pairs = draw_pairs(FULL, design, MAPPING, 10**9, np.random.default_rng(0))
    expected = allowed(FULL, design, MAPPING, True, mapping_strength == 1)
    assert len(pairs) == len(expected)
    assert set(map(tuple, pairs.index.tolist())) == expected
    assert any(i == j for i, j in expected)  # an image may meet itself


def test_labels_say_what_the_images_are():
    pairs = draw_pairs(FULL, PairDesign(), MAPPING, 500, np.random.default_rng(0))
    for (i, j), r, u1, u2, s in zip(pairs.index, *pairs.labels.values(), strict=True):
        one, other = FULL.factors[i], FULL.factors[j]
        assert one[0] == other[0] == r
        assert (one[1], other[1]) == (u1, u2)
        assert s == (other[2] == MAPPING[one[1]])
    assert list(pairs.labels) == ["R", "U1", "U2", "S"]


def test_draws_are_uniform():
    design = PairDesign(mapping_strength=1.0)
    images = image_set(combinations(FactorCounts(2, 2, 2)))
    mapping = np.array([1, 0])
    pool = sorted(allowed(images, design, mapping, True, True))
    rng = np.random.default_rng(0)
    drawn = [tuple(draw_pairs(images, design, mapping, 1, rng).index[0]) for _ in range(3200)]
    seen = np.array([drawn.count(pair) for pair in pool])
    expected = 3200 / len(pool)
    assert ((seen - expected) ** 2 / expected).sum() < 50  # χ² with 15 degrees of freedom


@settings(max_examples=150, deadline=None)
@given(DESIGNS, COUNTS, st.integers(0, 2**32), st.integers(1, 400), st.integers(1, 60))
def test_any_design(design, counts, seed, size, n_images):
    rng = np.random.default_rng(seed)
    table = combinations(counts)
    images = image_set(table[rng.integers(len(table), size=n_images)])
    mapping = draw_mapping(design, counts, seed)
    rules = [
        (shares, maps)
        for shares, maps in itertools.product((True, False), repeat=2)
        if (design.shared_strength if shares else 1 - design.shared_strength)
        * (design.mapping_strength if maps else 1 - design.mapping_strength)
        > 0
    ]
    pool_sizes = {rule: len(allowed(images, design, mapping, *rule)) for rule in rules}
    if not all(pool_sizes.values()):
        with pytest.raises(ValueError, match=r"no pair of these .* images is allowed"):
            draw_pairs(images, design, mapping, size, rng)
        return
    pairs = draw_pairs(images, design, mapping, size, rng)
    assert 1 <= len(pairs) <= size
    assert len({tuple(pair) for pair in pairs.index.tolist()}) == len(pairs)
    # Each constraint holds at least for its exact share; chance can only add to it.
    first, second = (images.factors[pairs.index[:, side]] for side in (0, 1))
    shared = column(design.shared)
    assert (first[:, shared] == second[:, shared]).sum() >= round(
        design.shared_strength * len(pairs)
    )
    assert pairs.labels["S"].sum() >= round(design.mapping_strength * len(pairs))
    assert len(pairs) == largest_size(design, pool_sizes, size)
    if len(rules) == 1:  # nothing is left out where there is one pool
        assert len(pairs) == min(size, pool_sizes[rules[0]])


@given(DESIGNS, st.integers(1, 10**6))
def test_parts_add_up_and_each_constraint_has_its_share(design, size):
    part = stratum_sizes(design, size)
    assert sum(part.values()) == size
    assert min(part.values()) >= 0
    assert part[True, True] + part[True, False] == round(design.shared_strength * size)
    assert part[True, True] + part[False, True] == round(design.mapping_strength * size)
    both = design.shared_strength * design.mapping_strength * size
    assert abs(part[True, True] - both) <= 1.5


def test_strengths_set_the_rates_of_a_large_draw():
    design = PairDesign(shared_strength=0.6, mapping_strength=0.3)
    images = image_set(np.repeat(combinations(FactorCounts()), 3, axis=0))
    mapping = draw_mapping(design, FactorCounts(), 0)
    pairs = draw_pairs(images, design, mapping, 10_000, np.random.default_rng(0))
    assert len(pairs) == 10_000
    shared = images.factors[pairs.index[:, 0], 0] == images.factors[pairs.index[:, 1], 0]
    # A pair drawn without a constraint obeys it by chance, one time in ten.
    assert shared.mean() == pytest.approx(0.6 + 0.4 * 0.1, abs=0.012)
    assert pairs.labels["S"].mean() == pytest.approx(0.3 + 0.7 * 0.1, abs=0.012)
    both = (shared & (pairs.labels["S"] == 1)).mean()
    assert both == pytest.approx(0.64 * 0.37, abs=0.012)


def test_a_huge_pool_is_never_listed():
    images = image_set(np.repeat(combinations(FactorCounts()), 40, axis=0))  # 1.6 billion pairs
    design = PairDesign(shared_strength=0.5, mapping_strength=0.5)
    mapping = draw_mapping(design, FactorCounts(), 0)
    tracemalloc.start()
    pairs = draw_pairs(images, design, mapping, 5_000, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(pairs) == 5_000
    assert peak < 30e6


@given(COUNTS, st.tuples(FACTOR, FACTOR), st.integers(0, 1000))
def test_the_mapping_is_balanced_and_one_to_one_where_it_can_be(counts, mapped, seed):
    design = PairDesign(mapped=mapped)
    mapping = draw_mapping(design, counts, seed)
    n_from, n_to = (counts[factor] for factor in mapped)
    used = np.bincount(mapping, minlength=n_to)
    assert len(mapping) == n_from
    assert len(used) == n_to
    assert used.max() - used.min() <= 1


def test_mappings_differ_between_seeds():
    drawn = {tuple(draw_mapping(PairDesign(), FactorCounts(), seed)) for seed in range(20)}
    assert len(drawn) == 20


def test_probes_are_unbiased_whatever_the_design():
    design = PairDesign("texture", "colour", ("shape", "texture"), 0.2, 0.7)
    assert design.unbiased == PairDesign("texture", "colour", ("shape", "texture"), 1.0, 0.0)


def test_tasks_have_as_many_classes_as_their_factor():
    found = tasks(PairDesign(), FactorCounts(3, 4, 5))
    assert [(task.name, task.classes) for task in found] == [
        ("R", 3),
        ("U1", 4),
        ("U2", 4),
        ("S", 2),
    ]
    assert "colour of image 2" in found[3].measures


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"shared_strength": 1.1}, r"shared_strength lies in \[0, 1\], not 1.1"),
        ({"mapping_strength": float("nan")}, "mapping_strength lies in"),
        ({"shared": "size"}, "no factor 'size'"),
        ({"mapped": ("texture",)}, "a mapping links 2 attributes, not 1"),
        ({"shared": "texture"}, "texture cannot be both the shared and the unique"),
    ],
)
def test_bad_designs(settings_, message):
    with pytest.raises(ValueError, match=message):
        PairDesign(**settings_)


def test_bad_draws():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="at least 1 pair is needed, not 0"):
        draw_pairs(FULL, PairDesign(), MAPPING, 0, rng)
    with pytest.raises(ValueError, match="the mapping has 4 values; these images need 5"):
        draw_pairs(FULL, PairDesign(), MAPPING[:4], 10, rng)
    only = image_set([[0, 0, 0], [1, 1, 0]])
    with pytest.raises(ValueError, match="none has the colour that its partner's texture maps to"):
        draw_pairs(
            only,
            PairDesign(shared_strength=0.0, mapping_strength=1.0),
            np.array([1, 1]),
            10,
            rng,
        )
