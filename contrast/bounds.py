"""Contrastive objectives: each a pure function that reads like its equation."""

import torch
from torch import Tensor
from torch.nn import functional as F


def nce(a: Tensor, b: Tensor, temperature: float = 0.1) -> Tensor:
    """InfoNCE between two views, with negatives from both (as in SimCLR and CoMM).

    The rows of a and b are normalised. Row i of a has b_i as its one positive and the other rows
    of a and b, 2N − 2 of them, as negatives; likewise row i of b. The cosines are computed in
    float32 or finer, also under autocast: τ = .1 multiplies their rounding by ten.

    Source: CoMM, ICLR 2025; the loss of SimCLR (Chen et al., ICML 2020), mean over the anchors.

    Args:
        a: [N, d].
        b: [N, d], b_i the positive of a_i.
        temperature: τ, which divides the cosines.

    Returns:
        The mean cross-entropy over the 2N anchors, a scalar in nats.

    Raises:
        ValueError: shapes that differ or are not [N, d], N < 2, or τ not positive.
    """
    if a.ndim != 2 or a.shape != b.shape:
        raise ValueError(f"NCE compares two [N, d] batches, not {[*a.shape]} and {[*b.shape]}")
    if len(a) < 2:
        raise ValueError("NCE needs a batch of at least 2: one sample has no negatives")
    if not temperature > 0:
        raise ValueError(f"a temperature is positive, not {temperature}")
    n = len(a)
    both = torch.cat([a, b])
    z = F.normalize(both.to(torch.promote_types(both.dtype, torch.float32)), dim=1)
    with torch.autocast(z.device.type, enabled=False):
        logits = z @ z.T / temperature
    positive = torch.cat([logits.diagonal(n), logits.diagonal(-n)])
    others = logits.masked_fill(torch.eye(2 * n, dtype=torch.bool, device=z.device), -torch.inf)
    return (others.logsumexp(1) - positive).mean()
