import itertools

import numpy as np
import pytest
from dit import Distribution
from dit.multivariate import coinformation
from dit.pid.distributions import trivariates

from trifeature import Profile, information_profile
from trifeature.information.profile import subset_name, subsets


def joint_of(distribution):
    """A distribution of dit as a table, the label last."""
    letters = [
        {v: k for k, v in enumerate(sorted(set(column)))}
        for column in zip(*distribution.outcomes, strict=True)
    ]
    joint = np.zeros([len(each) for each in letters])
    for outcome, p in zip(distribution.outcomes, distribution.pmf, strict=True):
        joint[tuple(own[value] for own, value in zip(letters, outcome, strict=True))] += p
    return joint


@pytest.mark.parametrize("name", list(trivariates))
def test_the_trivariate_distributions_of_dit(name):
    distribution = trivariates[name].copy(base="linear")
    assert isinstance(distribution, Distribution)
    profile = information_profile(joint_of(distribution))
    assert len(profile.bits) == 7
    for subset, bits in profile.bits.items():
        sources = [k - 1 for k in subset]
        assert bits == pytest.approx(coinformation(distribution, [sources, [3]]), abs=1e-9), subset


def test_a_dict_is_a_table_with_an_axis_per_variable():
    parity = {(a, str(b), c, a ^ b ^ c): 2 for a, b, c in itertools.product((0, 1), repeat=3)}
    profile = information_profile(parity)
    assert profile.bits == {s: float(len(s) == 3) for s in subsets(3)}
    assert profile[np.int64(2)] == 0
    with pytest.raises(ValueError, match=r"a table as a dict maps \(x1, y\) to a probability"):
        information_profile({(0, 1): 1, (0, 1, 1): 1})
    with pytest.raises(ValueError, match="an axis per source and one of the label"):
        information_profile({(1,): 1, (0,): 1})


def test_subsets():
    assert [subset_name(subset) for subset in subsets(3)] == [
        "1",
        "2",
        "3",
        "12",
        "13",
        "23",
        "123",
    ]
    assert len(list(subsets(9))) == 2**9 - 1


def test_a_profile_reads_like_a_table():
    joint = np.random.default_rng(0).random((2, 3, 2, 2))
    profile = information_profile(joint)
    assert profile.sources == 3
    assert profile[3, 1] == profile[1, 3] == profile.bits[1, 3]
    assert profile[2] == profile.bits[2,]
    assert profile.total == profile[1, 2, 3]
    for smaller, larger in itertools.permutations(profile.bits, 2):
        if set(smaller) < set(larger):
            assert profile.bits[smaller] <= profile.bits[larger] + 1e-12
    with pytest.raises(KeyError):
        profile[4]
    assert str(Profile({(1,): 1.0})) == "1: 1.000 bits"


def test_a_table_needs_a_label():
    with pytest.raises(ValueError, match="an axis per source and one of the label"):
        information_profile([0.5, 0.5])
    with pytest.raises(ValueError, match="not all 0"):
        information_profile(np.zeros((2, 2)))
