"""How often pairs obey a rule by chance, against a plain count over all pairs."""

import numpy as np
import pytest

from trifeature import FactorCounts, PairDesign
from trifeature.dataset.rule_rates import chances_of_pairs
from trifeature.images.factors import combinations


def test_chances_of_pairs_are_counted_among_those_that_obey_the_other_rule_as_often_as_it_says():
    """The images are few, so that sharing and mapping depend on each other."""
    rng = np.random.default_rng(0)
    table = rng.permutation(combinations(FactorCounts(3, 4, 4)))[:15]
    mapping = rng.permutation(4)
    shares, maps = (
        np.array([rule(a, b) for a in table for b in table])
        for rule in (lambda a, b: a[0] == b[0], lambda a, b: mapping[a[1]] == b[2])
    )
    design = PairDesign(shared_strength=0.3, mapping_strength=0.8)
    assert chances_of_pairs(table, design, mapping) == pytest.approx(
        (
            0.8 * shares[maps].mean() + 0.2 * shares.mean(),
            0.3 * maps[shares].mean() + 0.7 * maps.mean(),
        )
    )
    assert abs(shares[maps].mean() - shares.mean()) > 0.02
