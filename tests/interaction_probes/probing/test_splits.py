import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from interaction_probes.probing.splits import combination_split, stratified_split


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=60),
    st.integers(0, 2**32 - 1),
)
def test_stratified_split_is_a_partition_in_proportion(values, seed):
    labels = np.array(values)
    fit, validate = stratified_split(labels, np.random.default_rng(seed))
    assert sorted([*fit, *validate]) == list(range(len(labels)))
    for value in set(values):
        count = (labels == value).sum()
        assert abs((labels[validate] == value).sum() - 0.4 * count) <= 0.5
        assert (labels[fit] == value).any()


def test_stratified_split_is_random():
    labels = np.zeros(100, dtype=np.int64)
    first, again, other = (stratified_split(labels, np.random.default_rng(s))[0] for s in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_combination_split_shares_no_combination():
    pairs = np.random.default_rng(0).integers(200, size=(5000, 2)) * 7
    fit, validate = combination_split(pairs, np.random.default_rng(1))
    fitted, held_out = set(pairs[fit].ravel()), set(pairs[validate].ravel())
    assert not fitted & held_out
    assert len(held_out) == 80
    assert len(fit) / 5000 > 0.3
    assert len(validate) / 5000 > 0.12
    # Every pair that could be used is.
    within = [{a, b} <= held_out or {a, b} <= fitted for a, b in pairs]
    assert sum(within) == len(fit) + len(validate)
