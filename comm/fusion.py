"""CoMM's fusion: modalities become tokens, and one transformer block reads them into a CLS token.

Only the CLS row of the block is used, and its query does not depend on the input. Three exact
shortcuts follow (a test holds them to ``nn.TransformerEncoderLayer``, values and gradients):

* The score of a token for head h is LN(token) · A_h with A_h = W_kᵀ q_h / √d_h, and W_v acts on
  the pooled token, so no token is multiplied by a d × d matrix.
* A token is W x + u with x the c channels of a position of the feature map and u its bias and
  position code. Centred over d, its variance is the quadratic form (xᵀQx + 2 x·r + s) / d with
  Q = WᵀW, so LayerNorm, scores and pooling all act on x, and the d-wide token is never formed.
* Attention over a union of token sets merges from each set's log-sum-exp and pooled value. A
  modality is summarised once, and every mask over modalities is a merge of summaries.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Summary:
    """What attention keeps of one modality's tokens.

    Attributes:
        mass: [n, heads], the log-sum-exp of the tokens' scores.
        value: [n, heads, d / heads], the pooled values.
    """

    mass: Tensor
    value: Tensor

    def flatten(self) -> Tensor:
        """[n, heads + d]: one row per sample, for storage."""
        return torch.cat([self.mass, self.value.flatten(1)], dim=1)

    @classmethod
    def unflatten(cls, rows: Tensor, heads: int) -> "Summary":
        """The inverse of :meth:`flatten`."""
        return cls(rows[:, :heads], rows[:, heads:].unflatten(1, (heads, -1)))


class Fusion(nn.Module):
    """Token converters and one pre-LN transformer block over any subset of n modalities.

    Source: CoMM (ICLR 2025), section 3 and appendix; d 512, 8 heads, MLP × 4, QuickGELU there.

    Args:
        shapes: (channels, height, width) of each modality's feature map.
        dim: token width d.
        heads: attention heads.

    Raises:
        ValueError: a width that the heads or the position code cannot divide, or no modality.
    """

    def __init__(self, shapes: Sequence[tuple[int, int, int]], dim: int, heads: int) -> None:
        super().__init__()
        if heads < 1 or dim % heads or dim % 4:
            raise ValueError(f"the width {dim} is not a multiple of 4 and of the {heads} heads")
        if not shapes:
            raise ValueError("a fusion reads at least one modality")
        self.dim, self.heads = dim, heads
        self.converters = nn.ModuleList(nn.Linear(channels, dim) for channels, _, _ in shapes)
        for m, (_, height, width) in enumerate(shapes):
            self.register_buffer(f"position_{m}", position_code(height, width, dim), False)
        self.cls = nn.Parameter(torch.randn(dim) / math.sqrt(dim))
        self.norm_attention = nn.LayerNorm(dim)
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim, bias=False)  # a bias would cancel in the softmax
        self.value = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)
        self.norm_mlp = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), QuickGELU(), nn.Linear(4 * dim, dim))
        self.norm_out = nn.LayerNorm(dim)
        for layer in (self.query, self.key, self.value):
            nn.init.uniform_(layer.weight, -math.sqrt(1.5 / dim), math.sqrt(1.5 / dim))
        for layer in (self.query, self.value, self.out):
            nn.init.zeros_(layer.bias)

    def tokens(self, modality: int, features: Tensor) -> Tensor:
        """The tokens [n, h·w, d] of a feature map [n, c, h, w]: the plain form of what is read."""
        tokens: Tensor = self.converters[modality](features.flatten(2).mT)
        return tokens + self.get_buffer(f"position_{modality}").to(tokens.dtype)

    def summarise(self, modality: int, features: Tensor) -> Summary:
        """What the CLS token's attention keeps of one modality's feature map [n, c, h, w]."""
        x = features.flatten(2).mT  # [n, t, c]
        converter, norm = cast(nn.Linear, self.converters[modality]), self.norm_attention
        weight = converter.weight - converter.weight.mean(0)  # W, centred over d: [d, c]
        fixed = converter.bias + self.get_buffer(f"position_{modality}")
        fixed = fixed - fixed.mean(1, keepdim=True)  # u, centred: [t, d]
        scorer = self._score_vectors()  # A: [d, heads]
        scaled = norm.weight[:, None] * scorer

        channels = x.shape[2]
        product = x @ torch.cat([weight.T @ weight, weight.T @ scaled], dim=1)
        quadratic, raw_scores = product.split([channels, self.heads], dim=2)
        twice = quadratic + (2 * fixed @ weight).to(x.dtype)
        squared = (x * twice).sum(2).to(fixed.dtype) + fixed.square().sum(1)
        # Where W x cancels u, bfloat16 can round the square below 0.
        variance = squared.clamp(min=0) / self.dim
        inverse_deviation = torch.rsqrt(variance + norm.eps)[:, :, None]  # [n, t, 1]
        scores = (raw_scores + fixed @ scaled) * inverse_deviation

        attention = scores.softmax(1) * inverse_deviation  # [n, t, heads]
        pooled = attention.to(x.dtype).mT @ x  # [n, heads, c]
        values = self._by_head(self.value.weight * norm.weight)  # [heads, d / heads, d]
        value = torch.einsum("nhc,hkc->nhk", pooled, values @ weight)
        value = value + torch.einsum("nth,htk->nhk", attention, (values @ fixed.T).mT)
        shift = self.value.bias + self.value.weight @ norm.bias
        return Summary(
            scores.logsumexp(1) + norm.bias @ scorer,
            value + shift.unflatten(0, (self.heads, -1)),
        )

    def merge(
        self, summaries: Sequence[Summary], masks: Sequence[Collection[int]] | None = None
    ) -> Tensor:
        """Fused representations under one or more masks over the modalities.

        Args:
            summaries: one per modality, n samples each; their order does not matter.
            masks: which of the summaries each representation reads; all of them in one mask where
                none are given.

        Returns:
            [n, d], or [masks, n, d] where masks are given.

        Raises:
            ValueError: no modality at all, or a mask without one.
        """
        chosen = masks if masks is not None else [range(len(summaries))]
        if not chosen or not all(chosen):
            raise ValueError("a fused representation needs at least one modality")
        own = self.norm_attention(self.cls)
        own_mass = own @ self._score_vectors()
        own_value = self.value(own).unflatten(0, (self.heads, -1))
        own_mass = own_mass.to(summaries[0].mass.dtype)
        n = len(summaries[0].mass)
        mass = torch.stack([*(s.mass for s in summaries), own_mass.expand(n, -1)])
        value = torch.stack([*(s.value for s in summaries), own_value.expand(n, -1, -1)])
        absent = torch.tensor([[m not in mask for m in range(len(summaries))] for mask in chosen])
        absent = torch.cat([absent, torch.zeros(len(absent), 1, dtype=torch.bool)], dim=1)
        absent = absent.to(mass.device)[:, :, None, None]  # the CLS token attends to itself always
        weight = mass.masked_fill(absent, -torch.inf).softmax(
            1
        )  # [masks, modalities + 1, n, heads]
        attended = torch.einsum("kmnh,mnhe->knhe", weight.to(value.dtype), value).flatten(2)
        hidden = self.cls + self.out(attended)
        hidden = hidden + self.mlp(self.norm_mlp(hidden))
        fused: Tensor = self.norm_out(hidden)
        return fused if masks is not None else fused[0]

    def _by_head(self, weight: Tensor) -> Tensor:
        return weight.unflatten(0, (self.heads, -1))

    def _score_vectors(self) -> Tensor:
        """A: [d, heads], from the CLS token's query and the key matrix."""
        query = self.query(self.norm_attention(self.cls)).unflatten(0, (self.heads, -1))
        scale = 1 / math.sqrt(self.dim // self.heads)
        return torch.einsum("hk,hkd->dh", query * scale, self._by_head(self.key.weight))


class QuickGELU(nn.Module):
    """x · sigmoid(1.702 x), CLIP's approximation of GELU."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


def position_code(height: int, width: int, dim: int) -> Tensor:
    """Fixed 2-D sine-cosine positions [height · width, dim]: half for the row, half for the column.

    Source: the 2-D form of *Attention is all you need*, as in MAE and MoCo v3.
    """
    frequency = 1 / 10_000 ** (torch.arange(dim // 4, dtype=torch.float64) / (dim // 4))

    def code(position: Tensor) -> Tensor:
        angle = position[:, None] * frequency
        return torch.cat([angle.sin(), angle.cos()], dim=1)

    rows = torch.arange(height, dtype=torch.float64).repeat_interleave(width)
    columns = torch.arange(width, dtype=torch.float64).repeat(height)
    return torch.cat([code(rows), code(columns)], dim=1).float()
