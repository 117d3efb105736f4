"""Newton's system by its structure against the whole system, and tables that strain it."""

import numpy as np
import pytest

from trifeature import decompose
from trifeature.information import broja
from trifeature.information.newton import ByCells, ByPotentials, Newton, eliminations


def point(n1, n2, m, seed, largest_slack=2):
    """A system at a random point inside, with some cells and entries of no probability."""
    rng = np.random.default_rng(seed)
    joint = rng.random((n1, n2, m)) * (rng.random((n1, n2, m)) < 0.7)
    joint[:, 0] += 0.01
    joint[0, :] += 0.01
    joint /= joint.sum()
    p1, p2 = joint.sum(1), joint.sum(0)
    allowed = (p1 > 0)[:, None] & (p2 > 0)[None]
    conditional = rng.random((n1, n2, m)) * allowed
    conditional /= conditional.sum(2, keepdims=True)
    mass, slack = (
        rng.random((n1, n2)) / (n1 * n2),
        10 ** rng.uniform(-3, np.log10(largest_slack), (n1, n2)),
    )
    target = np.concatenate([p1.ravel(), p2.ravel()])
    free = target > 0
    free[n1 * m + p2.argmax(0) * m + np.arange(m)] = False
    return Newton(mass, slack, conditional, free, target), rng


def whole_system(n):
    """The matrix of both equations, entry by entry, over all potentials and cells."""
    first, cells = n.n1 * n.m, n.n1 * n.n2
    size = first + n.n2 * n.m
    matrix = np.zeros((size + cells, size + cells))
    for i in range(n.n1):
        for j in range(n.n2):
            r, s, c = n.conditional[i, j], n.mass[i, j], n.slack[i, j]
            at = np.concatenate([i * n.m + np.arange(n.m), first + j * n.m + np.arange(n.m)])
            row = np.concatenate([r, r])
            # ∂²/∂(a_y ∓ b_y)² of s · log Σ exp(a + b): the same [m, m] block four times.
            block = s * (np.diag(r) - np.outer(r, r))
            matrix[np.ix_(at, at)] += np.block([[block, block], [block, block]])
            cell = size + i * n.n2 + j
            matrix[at, cell] += row
            matrix[cell, at] += s * row
            matrix[cell, cell] -= c
    return matrix, size


@pytest.mark.parametrize("elimination", [ByPotentials, ByCells])
@pytest.mark.parametrize("shape", [(2, 2, 2), (4, 3, 5), (5, 2, 9), (6, 6, 2)])
@pytest.mark.parametrize("largest_slack", [0.9, 2])
def test_both_eliminations_solve_the_whole_system(elimination, shape, largest_slack):
    newton, rng = point(*shape, sum(shape), largest_slack)
    lack, apart = rng.standard_normal(len(newton.free)), rng.standard_normal(newton.mass.shape)
    lack[~newton.free] = 0
    matrix, size = whole_system(newton)
    kept = np.concatenate([np.flatnonzero(newton.free), np.arange(size, len(matrix))])
    right = np.concatenate([lack, apart.ravel()])[kept]
    expected = np.zeros(len(matrix))
    expected[kept] = np.linalg.solve(matrix[np.ix_(kept, kept)], right)
    move, mass_move = elimination(newton).solve(lack, apart)
    np.testing.assert_allclose(move, expected[:size], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(mass_move.ravel(), expected[size:], rtol=1e-8, atol=1e-8)


def test_labels_of_many_values_are_solved_by_cells():
    assert eliminations(10, 10, 1000)[0] is ByCells
    assert eliminations(63, 63, 10)[0] is ByPotentials


def both_orders(joint):
    one, other = decompose(joint), decompose(joint.transpose(1, 0, 2))
    return np.array(
        [
            [one.redundancy, one.unique_1, one.unique_2, one.synergy],
            [other.redundancy, other.unique_2, other.unique_1, other.synergy],
        ]
    )


def test_a_table_that_stopped_in_one_order_of_its_sources():
    joint = np.zeros((3, 2, 3))
    joint[0, 0] = 0, 3e-4, 1e-13
    joint[0, 1] = 3e-7, 0, 0
    joint[1, 0, 2], joint[1, 1, 0] = 2e-2, 4e-10
    joint[2, 0], joint[2, 1, 2] = (2e-9, 0, 1e-6), 1
    found = both_orders(joint)
    np.testing.assert_allclose(found[0], found[1], atol=1e-9)
    assert found[0].sum() > 0


@pytest.mark.parametrize("seed", range(4))
def test_tables_over_thirteen_orders_of_magnitude(seed):
    """benchmarks/speed/decomposition.py --spiky does 20,000 of them."""
    rng = np.random.default_rng(seed)
    for _ in range(60):
        shape = tuple(rng.integers(2, 6, 3))
        joint = 10 ** rng.uniform(-13, 0, shape)
        joint[rng.random(shape) < rng.choice([0, 0.3, 0.6, 0.85])] = 0
        if joint.any():
            found = both_orders(joint)
            np.testing.assert_allclose(found[0], found[1], atol=1e-9)


def test_where_one_elimination_fails_the_other_is_taken(monkeypatch):
    joint = np.random.default_rng(0).dirichlet(np.ones(27)).reshape(3, 3, 3)
    expected = decompose(joint)

    class Failing(ByPotentials):
        def solve(self, *_):
            raise ArithmeticError

    monkeypatch.setattr(broja, "eliminations", lambda *_: [Failing, ByCells])
    assert decompose(joint).redundancy == pytest.approx(expected.redundancy, abs=1e-10)
    monkeypatch.setattr(broja, "eliminations", lambda *_: [Failing])
    with pytest.raises(ArithmeticError, match="did not converge"):
        decompose(joint)
