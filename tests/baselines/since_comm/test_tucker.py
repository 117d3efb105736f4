"""HOOI against what a Tucker decomposition must be."""

import itertools

import pytest
import torch

from interaction_probes.baselines.since_comm.tucker import tucker_core, tucker_factors


def tensor(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def slow_core(given, factors):
    core = torch.zeros([factor.shape[1] for factor in factors], dtype=torch.float64)
    for out in itertools.product(*(range(side) for side in core.shape)):
        for inner in itertools.product(*(range(side) for side in given.shape)):
            entry = given[inner]
            for factor, i, o in zip(factors, inner, out, strict=True):
                entry = entry * factor[i, o]
            core[out] += entry
    return core


def test_the_core_is_its_sum():
    given, factors = tensor(3, 4, 2), [tensor(3, 2, seed=1), tensor(4, 3, seed=2), tensor(2, 2)]
    torch.testing.assert_close(tucker_core(given, factors), slow_core(given, factors))


def test_a_tensor_of_low_ranks_is_recovered():
    core, sides = tensor(2, 3, 2), (5, 6, 4)
    bases = [
        torch.linalg.qr(tensor(d, r, seed=k)).Q
        for k, (d, r) in enumerate(zip(sides, core.shape, strict=True))
    ]
    given = tucker_core(core, [basis.T for basis in bases])
    factors = tucker_factors(given, core.shape)
    for factor, basis in zip(factors, bases, strict=True):
        eye = torch.eye(factor.shape[1], dtype=torch.float64)
        torch.testing.assert_close(factor.T @ factor, eye)
        torch.testing.assert_close(factor @ factor.T, basis @ basis.T)
    found = tucker_core(tucker_core(given, factors), [factor.T for factor in factors])
    torch.testing.assert_close(found, given)


@pytest.mark.parametrize("seed", range(3))
def test_iterations_keep_more_of_the_tensor_until_a_fixed_point(seed):
    given, ranks = tensor(5, 6, 7, seed=seed), (2, 2, 2)
    kept = [
        float(tucker_core(given, tucker_factors(given, ranks, k)).norm()) for k in (0, 1, 3, 15)
    ]
    assert kept == sorted(kept)
    assert kept[-1] > kept[0]


def test_of_rank_one_it_is_the_best_product_of_vectors_nearby():
    """The entry is T(u, v, w), stationary on the unit spheres: its gradients are its vectors."""
    given = tensor(4, 5, 3) + 5 * torch.einsum("i,j,k->ijk", tensor(4), tensor(5), tensor(3))
    u, v, w = (factor[:, 0] for factor in tucker_factors(given, (1, 1, 1), 50))
    entry = torch.einsum("ijk,i,j,k->", given, u, v, w)
    gradient = torch.einsum("ijk,j,k->i", given, v, w)
    torch.testing.assert_close(gradient, entry * u, rtol=1e-3, atol=1e-3)


def test_of_a_matrix_it_is_the_truncated_singular_value_decomposition():
    given = tensor(5, 7)
    core = tucker_core(given, tucker_factors(given, (3, 3)))
    sigma = torch.linalg.svdvals(given)[:3]
    torch.testing.assert_close(core.abs(), torch.diag(sigma), rtol=1e-9, atol=1e-9)


def test_full_ranks_turn_the_tensor():
    given = tensor(3, 4, 2)
    core = tucker_core(given, tucker_factors(given, given.shape))
    torch.testing.assert_close(core.norm(), given.norm())
    for side in range(3):  # all-orthogonal: rows of every unfolding
        rows = core.movedim(side, 0).flatten(1)
        gram = rows @ rows.T
        torch.testing.assert_close(gram, torch.diag(gram.diagonal()), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("ranks", [(2, 2), (0, 2, 2), (2, 2, 9)])
def test_impossible_ranks_are_refused(ranks):
    with pytest.raises(ValueError, match="a rank of 1 to d for each side"):
        tucker_factors(tensor(3, 4, 5), ranks)
