"""A decomposition of three variables: closed cases, identities, symmetries and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pid_tables import KINDS, parts, random_table

from trifeature import PID, decompose, mutual_information
from trifeature.information.pid import _redundancy


def gate(rule, n=2):
    """P(x1, x2, y) of y = rule(x1, x2) with uniform inputs."""
    grid = [(i, j, rule(i, j)) for i in range(n) for j in range(n)]
    joint = np.zeros((n, n, max(y for *_, y in grid) + 1))
    for cell in grid:
        joint[cell] += 1
    return joint


def cells(*outcomes):
    """P(x1, x2, y) of equally likely outcomes."""
    joint = np.zeros(np.max(outcomes, axis=0) + 1)
    joint[tuple(np.transpose(outcomes))] = 1
    return joint


@pytest.mark.parametrize(
    ("joint", "expected"),
    [
        (gate(lambda i, j: i ^ j), (0, 0, 0, 1)),
        (gate(lambda i, j: i & j), (0.311278, 0, 0, 0.5)),
        (gate(lambda i, j: i | j), (0.311278, 0, 0, 0.5)),
        (gate(lambda i, j: i), (0, 1, 0, 0)),
        (gate(lambda i, j: j), (0, 0, 1, 0)),
        (gate(lambda i, j: 2 * i + j), (0, 1, 1, 0)),
        (gate(lambda i, j: i + j), (0.5, 0, 0, 1)),
        (np.eye(2)[:, :, None] * np.eye(2)[:, None, :], (1, 0, 0, 0)),
        (gate(lambda i, j: int(i == j), 10), (0, 0, 0, 0.4689956)),
        # One input at a time tells y: pointwise unique, and yet half redundant, half synergistic.
        (cells((0, 1, 0), (1, 0, 0), (0, 2, 1), (2, 0, 1)), (0.5, 0, 0, 0.5)),
        (np.ones((3, 4, 2)), (0, 0, 0, 0)),
        (np.ones((2, 2, 1)), (0, 0, 0, 0)),
    ],
)
def test_closed_cases(joint, expected):
    np.testing.assert_allclose(parts(decompose(joint)), expected, atol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 5, 3), (12, 7, 3), (10, 10, 10)])
def test_identities_and_symmetries(kind, shape):
    for seed in range(1 if shape == (10, 10, 10) else 6):
        p = random_table(kind, shape, seed)
        found = decompose(p)
        assert min(parts(found)) >= 0
        assert found.total == pytest.approx(mutual_information(p.reshape(-1, shape[2])), abs=1e-9)
        assert found.redundancy + found.unique_1 == pytest.approx(
            mutual_information(p.sum(1)), abs=1e-9
        )
        assert found.redundancy + found.unique_2 == pytest.approx(
            mutual_information(p.sum(0)), abs=1e-9
        )
        swapped = decompose(p.transpose(1, 0, 2))
        np.testing.assert_allclose(parts(swapped)[[0, 2, 1, 3]], parts(found), atol=1e-7)
        rng = np.random.default_rng(seed)
        relabelled = p[np.ix_(*[rng.permutation(n) for n in shape])]
        np.testing.assert_allclose(parts(decompose(relabelled)), parts(found), atol=1e-7)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.integers(1, 4)] * 3).flatmap(
        lambda shape: arrays(np.int64, shape, elements=st.integers(0, 30))
    )
)
def test_any_table_of_counts(counts):
    if not counts.any():
        return
    found = decompose(counts)
    p = counts / counts.sum()
    assert min(parts(found)) >= 0
    assert found.total == pytest.approx(mutual_information(p.reshape(-1, p.shape[2])), abs=1e-9)
    assert found.redundancy <= mutual_information(p.sum(1)) + 1e-9
    assert found.redundancy <= mutual_information(p.sum(0)) + 1e-9
    np.testing.assert_allclose(parts(decompose(counts * 1000)), parts(found), atol=1e-8)
    split = np.repeat(counts, 2, axis=0)  # a coin that says nothing joins X1
    np.testing.assert_allclose(parts(decompose(split)), parts(found), atol=1e-8)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("seed", range(4))
def test_the_closed_form_of_a_determined_label_is_the_optimum(side, seed):
    rng = np.random.default_rng(seed)
    p = np.zeros((6, 4, 3))
    p[np.arange(6), :, rng.permutation([0, 0, 1, 1, 2, 2])] = rng.random((6, 4))
    p = (p if side == 0 else p.transpose(1, 0, 2)) / p.sum()
    assert _redundancy(p) == pytest.approx(decompose(p).redundancy, abs=1e-8)
    assert decompose(p).redundancy > 0.01


@pytest.mark.parametrize("seed", range(4))
def test_the_closed_form_of_a_mute_source_is_the_optimum(seed):
    rng = np.random.default_rng(seed)
    p = np.ones((3, 1, 1)) / 3 * rng.dirichlet(np.ones(20)).reshape(1, 5, 4)
    assert _redundancy(p) == pytest.approx(0, abs=1e-8)
    assert decompose(p).redundancy == pytest.approx(0, abs=1e-12)


def test_garbling_a_source_never_adds_redundancy():
    rng = np.random.default_rng(0)
    for seed in range(6):
        p = random_table("dense", (4, 3, 3), seed)
        garbled = np.einsum("ijk,li->ljk", p, rng.dirichlet(np.ones(3), size=4).T)
        assert decompose(garbled).redundancy <= decompose(p).redundancy + 1e-8


def test_many_values_that_say_the_same_cost_nothing():
    p = np.repeat(np.repeat(random_table("dense", (3, 3, 2), 0), 100, axis=0), 100, axis=1)
    expected = parts(decompose(random_table("dense", (3, 3, 2), 0)))
    np.testing.assert_allclose(parts(decompose(p)), expected, atol=1e-8)


def test_extreme_counts():
    np.testing.assert_allclose(
        parts(decompose(gate(lambda i, j: i & j) * 1e308)), (0.311278, 0, 0, 0.5), atol=2e-6
    )


def test_total_is_the_sum():
    assert PID(1.0, 2.0, 3.0, 4.0).total == 10


@pytest.mark.parametrize(
    ("joint", "message"),
    [
        (np.ones((2, 2)), r"three axes \(x1, x2, y\), not 2"),
        (np.zeros((2, 2, 2)), "not all 0, none < 0"),
        (np.array([[[1.0, -1.0]]]), "none < 0"),
        (np.array([[[1.0, np.nan]]]), "finite"),
        (np.array([[[1.0, np.inf]]]), "finite"),
        (np.zeros((0, 2, 2)), "not all 0"),
    ],
)
def test_bad_tables(joint, message):
    with pytest.raises(ValueError, match=message):
        decompose(joint)


def test_too_many_cells():
    with pytest.raises(ValueError, match=r"up to 4000 pairs of values .* not 4900"):
        decompose(random_table("dense", (70, 70, 2), 0))
