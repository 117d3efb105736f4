import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interaction_probes.probing.splits import (
    combination_split,
    grouped_split,
    held_out_split,
    stratified_split,
)


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


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=60),
    st.integers(0, 2**32 - 1),
)
def test_grouped_split_keeps_groups_whole_and_classes_in_the_fit(rows, seed):
    labels, groups = np.array(rows).T
    fit, validate = grouped_split(labels, groups, np.random.default_rng(seed))
    assert sorted([*fit, *validate]) == list(range(len(labels)))
    assert not set(groups[fit]) & set(groups[validate])
    assert set(labels[fit]) == set(labels)


def test_groups_of_one_class_each_are_held_out_in_proportion():
    groups = np.repeat(np.arange(100), 3)
    labels = np.where(groups < 10, 2, groups % 2)
    _, validate = grouped_split(labels, groups, np.random.default_rng(0))
    assert np.bincount(labels[validate]).tolist() == [3 * 18, 3 * 18, 3 * 4]


@pytest.mark.parametrize("names", [lambda n: n, lambda n: n[::-1], lambda n: 7 * n - 5])
def test_groups_of_one_row_each_are_a_stratified_split(names):
    labels = np.random.default_rng(0).integers(7, size=50)
    plain = stratified_split(labels, np.random.default_rng(1))
    grouped = grouped_split(labels, names(np.arange(50)), np.random.default_rng(1))
    for one, other in zip(plain, grouped, strict=True):
        assert one.tolist() == other.tolist()


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


@pytest.mark.parametrize("seed", range(8))
def test_pairs_that_share_units_leave_every_class_to_fit(seed):
    """A draw that puts the one pair of a class on no side, or holds it out, is not taken."""
    units = np.random.default_rng(0).integers(40, size=(200, 2))
    labels = np.arange(200) % 2
    labels[7] = 2
    kept, held_out = held_out_split(labels, units, seed, "task")
    assert set(labels[kept]) == {0, 1, 2}
    assert not set(units[kept].ravel()) & set(units[held_out].ravel())
