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
* Tokens that one vector replaces are all the same token: they count as one whose score is raised
  by the logarithm of their number. Masks over tokens share the scores of the tokens that they keep.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Tokens:
    """What attention has to know of one modality's t tokens, before it is settled which it reads.

    Attributes:
        x: [n, t, c], the channels of the feature map at each position.
        scores: [n, t, heads], but for a part that all tokens share.
        inverse_deviation: [n, t, 1], of each token over d.
        weight: [d, c], the converter, centred over d.
        fixed: [t, d], bias and position codes, centred over d.
    """

    x: Tensor
    scores: Tensor
    inverse_deviation: Tensor
    weight: Tensor
    fixed: Tensor


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

    A feature map of another grid than was trained on is read too: its tokens' positions are those
    of the same places in the image.

    Args:
        shapes: (channels, height, width) of each modality's feature map in training.
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
        self.grids = [(height, width) for _, height, width in shapes]
        for m, grid in enumerate(self.grids):
            self.register_buffer(f"position_{m}", position_code(grid, dim), False)
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
        return tokens + self._positions(modality, features).to(tokens.dtype)

    def summarise(self, modality: int, features: Tensor) -> Summary:
        """What the CLS token's attention keeps of one modality's feature map [n, c, h, w]."""
        return self.pool(self.read(modality, features))

    def read(self, modality: int, features: Tensor) -> Tokens:
        """The scores of the tokens of one modality's feature map [n, c, h, w]."""
        x = features.flatten(2).mT  # [n, t, c]
        converter, norm = cast(nn.Linear, self.converters[modality]), self.norm_attention
        weight = converter.weight - converter.weight.mean(0)  # W, centred over d: [d, c]
        fixed = converter.bias + self._positions(modality, features)
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
        return Tokens(x, scores, inverse_deviation, weight, fixed)

    def pool(self, tokens: Tokens) -> Summary:
        """What the CLS token's attention keeps of the tokens of one modality."""
        value = self._values(tokens, tokens.scores.softmax(1))
        shared_score, shift = self._of_every_token()
        return Summary(tokens.scores.logsumexp(1) + shared_score, value + shift)

    def pool_masked(self, tokens: Tokens, keep: Tensor, replacement: Tensor) -> Summary:
        """The same under k masks over the tokens, with a vector in the place of masked tokens.

        Args:
            tokens: of one modality, n samples.
            keep: bool [k, n, t]; false where a token is replaced.
            replacement: [d], what it is replaced by, its position code included.

        Returns:
            The summary of k · n samples, mask by mask.
        """
        shared_score, shift = self._of_every_token()
        own = self.norm_attention(replacement)
        own_score = own @ self._score_vectors() - shared_score
        own_value = self.value(own).unflatten(0, (self.heads, -1)) - shift
        kept = tokens.scores.masked_fill(~keep[..., None], -torch.inf)  # [k, n, t, heads]
        copies = (~keep).sum(2, keepdim=True)[..., None].to(kept.dtype)  # [k, n, 1, 1]
        scores = torch.cat([kept, own_score + copies.log()], dim=2)
        attention = scores.softmax(2).flatten(0, 1)  # [k · n, t + 1, heads]
        value = self._values(tokens, attention[:, :-1]) + attention[:, -1, :, None] * own_value
        return Summary(scores.logsumexp(2).flatten(0, 1) + shared_score, value + shift)

    def _of_every_token(self) -> tuple[Tensor, Tensor]:
        """The parts of score [heads] and value [heads, d / heads] that every token shares."""
        bias = self.norm_attention.bias
        shift = self.value.bias + self.value.weight @ bias
        return bias @ self._score_vectors(), self._by_head(shift)

    def _values(self, tokens: Tokens, attention: Tensor) -> Tensor:
        """The tokens' values pooled by attention [k · n, t, heads], k times over n samples."""
        n, t, channels = tokens.x.shape
        values = self._by_head(self.value.weight * self.norm_attention.weight)
        by_sample = attention.unflatten(0, (-1, n)) * tokens.inverse_deviation
        # All masks of a sample are one matrix, so that its channels are read once.
        matrix = by_sample.permute(1, 0, 3, 2).reshape(n, -1, t)  # [n, k · heads, t]
        pooled = (matrix.to(tokens.x.dtype) @ tokens.x).view(n, -1, self.heads, channels)
        pooled = pooled.transpose(0, 1).flatten(0, 1)  # [k · n, heads, c]
        value = torch.einsum("nhc,hkc->nhk", pooled, values @ tokens.weight)
        by_position = (values @ tokens.fixed.T).mT
        return value + torch.einsum("nth,htk->nhk", by_sample.flatten(0, 1), by_position)

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
        # Made on its device, where a GPU can record it; the CLS token attends to itself always.
        absent = torch.zeros(len(chosen), len(mass), 1, 1, dtype=torch.bool, device=mass.device)
        for k, mask in enumerate(chosen):
            for m in {*range(len(summaries))}.difference(mask):
                absent[k, m] = True
        # [masks, modalities + 1, n, heads]
        weight = mass.masked_fill(absent, -torch.inf).softmax(1)
        attended = torch.einsum("kmnh,mnhe->knhe", weight.to(value.dtype), value).flatten(2)
        hidden = self.cls + self.out(attended)
        hidden = hidden + self.mlp(self.norm_mlp(hidden))
        fused: Tensor = self.norm_out(hidden)
        return fused if masks is not None else fused[0]

    def _positions(self, modality: int, features: Tensor) -> Tensor:
        """The position code [h·w, d] of a feature map [n, c, h, w]."""
        trained: Tensor = self.get_buffer(f"position_{modality}")
        height, width = features.shape[2:]
        if (height, width) == self.grids[modality]:
            return trained
        return position_code((height, width), self.dim, self.grids[modality]).to(trained)

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


def position_code(
    grid: tuple[int, int], dim: int, reference: tuple[int, int] | None = None
) -> Tensor:
    """Fixed 2-D sine-cosine positions [height · width, dim]: half for the row, half for the column.

    Source: the 2-D form of *Attention is all you need*, as in MAE and MoCo v3.

    Args:
        grid: (height, width) of the feature map.
        dim: width of the code.
        reference: the grid over the same image in whose steps positions are counted; the map's own
            where none is given.
    """
    frequency = 1 / 10_000 ** (torch.arange(dim // 4, dtype=torch.float64) / (dim // 4))

    def code(position: Tensor) -> Tensor:
        angle = position[:, None] * frequency
        return torch.cat([angle.sin(), angle.cos()], dim=1)

    rows, columns = (
        (torch.arange(own, dtype=torch.float64) + 0.5) * steps / own - 0.5
        for own, steps in zip(grid, reference or grid, strict=True)
    )
    rows, columns = rows.repeat_interleave(grid[1]), columns.repeat(grid[0])
    return torch.cat([code(rows), code(columns)], dim=1).float()
