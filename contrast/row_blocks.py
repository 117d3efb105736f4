"""Matrices of all samples against all, some rows at a time: memory stays linear in the batch."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

#: Entries of the largest matrix that is made whole, 64 MiB in float32: 4,096 anchors against as
#: many candidates. Batches of that size hold far more in their towers; blocks, whose entries are
#: computed twice, took .9 to 1.4 times as long on a CPU (InfoNCE of 3,000 pairs of width 128).
ENTRIES = 1 << 24


def whole(anchors: int, candidates: int) -> bool:
    """Whether a matrix is small enough to be made at once."""
    return anchors * candidates <= ENTRIES


def by_rows(compute: Callable[[Tensor, int], Tensor], anchors: Tensor, candidates: int) -> Tensor:
    """What is computed of every row of a matrix, without the matrix where that is large.

    Up to :data:`ENTRIES` the matrix is made whole. Beyond, it is made in blocks of rows of at most
    so many entries; each is forgotten, and made again for the gradient.

    Args:
        compute: of b anchors and the index of the first, a tensor [..., b]. It makes the matrix
            [b, candidates], draws nothing at random and waits for no other process.
        anchors: [n, ...], which the rows belong to.
        candidates: entries of a row.

    Returns:
        [..., n].
    """
    if whole(len(anchors), candidates):
        return compute(anchors, 0)
    parts, start = [], 0
    for block in anchors.split(max(1, ENTRIES // candidates)):
        part: Tensor = checkpoint(
            compute, block, start, use_reentrant=False, preserve_rng_state=False
        )
        parts.append(part)
        start += len(block)
    return torch.cat(parts, dim=-1)
