import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifeature import PairDesign, SampleDesign
from trifeature.pairs import candidates
from trifeature.pairs import design as pair_design
from trifeature.samples.strata import stratum_fractions, stratum_sizes

STRENGTH = st.sampled_from([0.0, 0.1, 1 / 3, 0.5, 1.0]) | st.floats(0, 1)


@given(STRENGTH, STRENGTH, st.integers(1, 10**6))
def test_each_rule_has_exactly_its_share(pair, triple, size):
    sizes = stratum_sizes(SampleDesign.standard(3, pair, triple), size)
    assert sum(sizes.values()) == size
    assert min(sizes.values()) > 0
    for k, strength in enumerate((1.0, 1.0, pair, triple)):
        under = sum(n for in_force, n in sizes.items() if in_force[k])
        assert under == round(strength * size)
    both = sizes.get((True, True, True, True), 0)
    assert abs(both - pair * triple * size) <= 2
    assert set(sizes) <= set(stratum_fractions(SampleDesign.standard(3, pair, triple)))


@given(STRENGTH, STRENGTH, st.integers(1, 10**6))
def test_two_images_have_the_strata_of_pairs(shared, mapping, size):
    pairs = PairDesign(shared_strength=shared, mapping_strength=mapping)
    design = SampleDesign.of_pairs(pairs)
    assert stratum_fractions(design) == pytest.approx(pair_design.stratum_fractions(pairs))
    found = stratum_sizes(design, size)
    for in_force, n in candidates.stratum_sizes(pairs, size).items():
        assert abs(found.get(in_force, 0) - n) <= 1
