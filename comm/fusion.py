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
from collections.abc import Sequence
from dataclasses import dataclass

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

    def chunk(self, parts: int) -> list["Summary"]:
        """The summaries of equal consecutive parts of the samples."""
        pieces = zip(self.mass.chunk(parts), self.value.chunk(parts), strict=True)
        return [Summary(mass, value) for mass, value in pieces]

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
        ValueError: a width that the heads or the position code cannot divide.
    """

    def __init__(self, shapes: Sequence[tuple[int, int, int]], dim: int, heads: int) -> None:
        super().__init__()
        if dim % heads or dim % 4:
            raise ValueError(f"the width {dim} is not a multiple of 4 and of the {heads} heads")
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
        """A feature map [n, c, h, w] as tokens [n, h·w, d], the plain form of what is summarised."""
        tokens: Tensor = self.converters[modality](features.flatten(2).mT)
        return tokens + self.get_buffer(f"position_{modality}").to(tokens.dtype)

    def summarise(self, modality: int, features: Tensor) -> Summary:
        """Attend to the tokens of one modality's feature map [n, c, h, w]."""
        x = features.flatten(2).mT  # [n, t, c]
        converter, norm = self.converters[modality], self.norm_attention
        weight = converter.weight - converter.weight.mean(0)  # W, centred over d: [d, c]
        fixed = converter.bias + self.get_buffer(f"position_{modality}")
        fixed = fixed - fixed.mean(1, keepdim=True)  # u, centred: [t, d]
        scorer = self._score_vectors()  # A: [d, heads]
        scaled = norm.weight[:, None] * scorer

        channels = x.shape[2]
        product = x @ torch.cat([weight.T @ weight, weight.T @ scaled], dim=1)
        twice = product[:, :, :channels] + (2 * fixed @ weight).to(x.dtype)
        squared = (x * twice).sum(2, dtype=fixed.dtype) + fixed.square().sum(1)
        inverse_deviation = torch.rsqrt(squared / self.dim + norm.eps)[:, :, None]  # [n, t, 1]
        scores = (product[:, :, channels:] + fixed @ scaled) * inverse_deviation

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

    def merge(self, summaries: Sequence[Summary]) -> Tensor:
        """The fused representation [n, d] of the modalities that are given."""
        own = self.norm_attention(self.cls)
        own_mass = own @ self._score_vectors()
        own_value = self.value(own).unflatten(0, (self.heads, -1))
        n = len(summaries[0].mass)
        mass = torch.stack([s.mass for s in summaries] + [own_mass.float().expand(n, -1)])
        value = torch.stack([s.value for s in summaries] + [own_value.expand(n, -1, -1)])
        attended = (mass.softmax(0)[..., None] * value).sum(0)
        hidden = self.cls + self.out(attended.flatten(1))
        hidden = hidden + self.mlp(self.norm_mlp(hidden))
        return self.norm_out(hidden)

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
