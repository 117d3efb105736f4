"""The attention of one query with LayerNorm folded into its matrices: what no token changes."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class FoldedAttention:
    """What attention of the CLS token takes from the parameters alone, of all modalities alike.

    With ẑ a token that is standardised over d, LN(token) = γ ẑ + β. So its scores are ẑ · γA + βA,
    and its value, by head, is W_v γ ẑ + (W_v β + b_v).

    Attributes:
        own: [d], LN of the CLS token.
        scorer: A, [d, heads], W_kᵀ q_h / √d_h for each head h, with q the query of `own`.
        token_scorer: γA, [d, heads].
        shared_score: βA, [heads].
        token_values: W_v γ, [heads, d / heads, d].
        shared_value: W_v β + b_v, [heads, d / heads].
    """

    own: Tensor
    scorer: Tensor
    token_scorer: Tensor
    shared_score: Tensor
    token_values: Tensor
    shared_value: Tensor


def fold_attention(
    cls: Tensor,
    norm: nn.LayerNorm,
    query: nn.Linear,
    key: nn.Linear,
    value: nn.Linear,
    heads: int,
) -> FoldedAttention:
    """Fold a LayerNorm into the attention of one token.

    Args:
        cls: the token [d].
        norm: of this token and of those that it attends to.
        query: d → d, as are the next two.
        key: without a bias, which would cancel in the softmax.
        value: with a bias.
        heads: attention heads, which divide d.
    """
    own = norm(cls)
    by_head = query(own).unflatten(0, (heads, -1)) * (1 / math.sqrt(len(cls) // heads))
    scorer = torch.einsum("hk,hkd->dh", by_head, key.weight.unflatten(0, (heads, -1)))
    shared_value = value.bias + value.weight @ norm.bias
    return FoldedAttention(
        own,
        scorer,
        norm.weight[:, None] * scorer,
        norm.bias @ scorer,
        (value.weight * norm.weight).unflatten(0, (heads, -1)),
        shared_value.unflatten(0, (heads, -1)),
    )
