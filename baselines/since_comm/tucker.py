"""Tucker decomposition by higher-order orthogonal iteration.

Written here and not taken from tensorly, which would be a dependency for forty lines, holds its
backend in a global, and differentiates through singular vectors: their gradient is not a number
where singular values are equal, as the zeros of a batch smaller than the tensor's sides are.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


@torch.no_grad()
def tucker_factors(tensor: Tensor, ranks: Sequence[int], iterations: int = 15) -> list[Tensor]:
    """Factors with orthonormal columns whose Tucker core keeps most of a tensor: HOOI.

    They start as the leading left singular vectors of each unfolding (HOSVD). Each iteration takes,
    side by side, those of the tensor projected on the other factors. The iteration ends where the
    core's norm grows by less than 1e-7 of itself. At full ranks the start is its fixed point, and
    for a matrix it is the optimum; neither is iterated. The factors carry no gradient.

    Source: De Lathauwer, De Moor, Vandewalle, *On the best rank-1 and rank-(R1, …, RN)
    approximation of higher-order tensors*, SIAM J. Matrix Anal. Appl. 21 (2000).

    Args:
        tensor: [d_1, …, d_n], float32 or finer.
        ranks: r_m of each side, 1 to d_m.
        iterations: at most so many.

    Returns:
        Per side [d_m, r_m].

    Raises:
        ValueError: other ranks than one per side, or one out of its range.
    """
    if len(ranks) != tensor.ndim or not all(
        1 <= rank <= side for rank, side in zip(ranks, tensor.shape, strict=False)
    ):
        raise ValueError(
            f"a tensor {[*tensor.shape]} has a rank of 1 to d for each side, not {[*ranks]}"
        )
    factors = [_leading(tensor, side, rank) for side, rank in enumerate(ranks)]
    if tensor.ndim < 3 or list(ranks) == list(tensor.shape):
        return factors
    norm = 0.0
    for _ in range(iterations):
        for side, rank in enumerate(ranks):
            others = [None if k == side else factor for k, factor in enumerate(factors)]
            factors[side] = _leading(tucker_core(tensor, others), side, rank)
        grown = float(tucker_core(tensor, factors).norm())
        if grown - norm <= 1e-7 * grown:
            break
        norm = grown
    return factors


def tucker_core(tensor: Tensor, factors: Sequence[Tensor | None]) -> Tensor:
    """G = T ×_1 U_1ᵀ … ×_n U_nᵀ; a side without a factor stays as it is.

    Args:
        tensor: T, [d_1, …, d_n].
        factors: U_m of each side, [d_m, r_m].

    Returns:
        [r_1, …, r_n].
    """
    core = tensor
    for side, factor in enumerate(factors):
        if factor is not None:
            core = torch.tensordot(core, factor, dims=([side], [0])).movedim(-1, side)
    return core


def _leading(tensor: Tensor, side: int, rank: int) -> Tensor:
    """The first left singular vectors of an unfolding: [d_side, rank]."""
    unfolding = tensor.movedim(side, 0).flatten(1)
    if unfolding.shape[1] > unfolding.shape[0]:  # the same vectors, of a square matrix
        unfolding = torch.linalg.qr(unfolding.T, mode="r").R.T
    return torch.linalg.svd(unfolding).U[:, :rank]
