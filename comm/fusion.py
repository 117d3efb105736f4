"""CoMM's fusion: modalities become tokens, and a CLS token attends to them in a transformer block.

Only the CLS row of the block is used, and its query does not depend on the input. Three exact
shortcuts follow (a test holds them to ``nn.TransformerEncoderLayer``, values and gradients):

* The score of a token for head h is LN(token) · A_h with A_h = W_kᵀ q_h / √d_h, and W_v acts on
  the pooled token, so no token is multiplied by a d × d matrix.
* A token is W x + u with x the c channels at a position of the features and u its bias and
  position code. Centred over d, its variance is the quadratic form (xᵀQx + 2 x·r + s) / d with
  Q = WᵀW, so LayerNorm, scores and pooling all act on x, and the d-wide token is never formed.
* Attention over a union of token sets merges from each set's log-sum-exp and pooled value. A
  modality is summarised once, and every mask over modalities is a merge of summaries.
* Tokens that one vector replaces are all the same token: they count as one whose score is raised
  by the logarithm of their number. Masks over tokens share the scores of the tokens that they keep.

So :meth:`Fusion.forward` is three steps, which can be called one by one to share work between
masks: :meth:`Fusion.tokenise` and :meth:`Fusion.attend` for each modality, :meth:`Fusion.merge` for
all of them under one mask or many. What none of them changes, A for one, is in folded_attention.py.
"""

import math
from collections.abc import Collection, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from .features import as_tokens, channels_of, check_shape
from .folded_attention import FoldedAttention, fold_attention
from .masks import as_mask, as_masks
from .positions import declared_positions, position_code, sequence_code
from .quick_gelu import QuickGELU
from .tokens import Summary, Tokens


class Fusion(nn.Module):
    """Token converters and one pre-LN transformer block over any subset of n modalities.

    A modality is a feature map [n, c, h, w], whose h · w positions are the tokens, with 2-D
    sine-cosine position codes; a sequence of tokens [n, t, c], with 1-D codes; or a vector [n, c],
    one token without a position. A feature map of another grid than was declared is fused too: its
    positions are those of the same places in the image. A sequence of another length has the
    positions 0, 1, … of its own.

    Source: CoMM (ICLR 2025), section 3 and appendix; d 512, 8 heads, MLP × 4, QuickGELU there.

    >>> import torch
    >>> fusion = Fusion(shapes=[(64, 6, 6), (20, 32), (10,)], dim=16, heads=4)
    >>> image, text, table = torch.randn(8, 64, 6, 6), torch.randn(8, 20, 32), torch.randn(8, 10)
    >>> fusion([image, text, table]).shape, fusion([None, text, None]).shape
    (torch.Size([8, 16]), torch.Size([8, 16]))

    Args:
        shapes: of each modality, the shape of one sample's features: (channels, height, width) of
            a map, (tokens, channels) of a sequence, (channels,) of a vector.
        dim: token width d, a multiple of 4 and of the heads.
        heads: attention heads.

    Raises:
        ValueError: a width that the heads or the position code cannot divide, a shape of none of
            the three kinds, or no modality.
    """

    def __init__(self, shapes: Sequence[Sequence[int]], dim: int, heads: int) -> None:
        super().__init__()
        if type(dim) is not int or type(heads) is not int:
            raise ValueError(
                f"the width and the heads are whole numbers, not {dim!r} and {heads!r}"
            )
        if heads < 1 or dim < 1 or dim % heads or dim % 4:
            raise ValueError(f"the width {dim} is not a multiple of 4 and of the {heads} heads")
        if not isinstance(shapes, Sequence):
            raise ValueError(f"shapes are a list, one per modality, not a {type(shapes).__name__}")
        if not shapes:
            raise ValueError("a fusion needs at least one modality")
        #: per modality, the shape of one sample's features, as declared
        self.shapes = [check_shape(shape) for shape in shapes]
        self.dim, self.heads = dim, heads
        self.converters = nn.ModuleList(nn.Linear(channels_of(s), dim) for s in self.shapes)
        for m, shape in enumerate(self.shapes):
            self.register_buffer(f"position_{m}", declared_positions(shape, dim), False)
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

    def forward(
        self, features: Sequence[Tensor | None], mask: Collection[int] | None = None
    ) -> Tensor:
        """Fused representations of samples, from all modalities or some of them.

        Args:
            features: one per modality, each of its declared kind, n samples; None for a modality
                that is absent.
            mask: numbers of the modalities that are fused, [0, 2] say; all that are present where
                none is given. For several masks of the same features, :meth:`summarise` each
                modality once and :meth:`merge` under all masks.

        Returns:
            [n, d].

        Raises:
            ValueError: another number of modalities, features of another kind or of other channels,
                numbers of samples that differ, a mask over what is absent or that is no list of
                whole numbers, or nothing to fuse.
        """
        if not isinstance(features, Sequence) or len(features) != len(self.shapes):
            listed = isinstance(features, Sequence)
            given = str(len(features)) if listed else f"one {type(features).__name__}"
            raise ValueError(
                f"this fusion has {len(self.shapes)} modalities, not {given}: features are a list "
                "with None for what is absent"
            )
        present = {m for m, x in enumerate(features) if x is not None}
        chosen = present if mask is None else set(as_mask(mask))
        if absent := sorted(chosen - present):
            raise ValueError(f"the mask {sorted(chosen)} has modality {absent[0]}, which is absent")
        fused = [(m, features[m]) for m in sorted(chosen)]
        summaries = [self.summarise(m, x) for m, x in fused if x is not None]
        counts = {len(summary.mass) for summary in summaries}
        if len(counts) > 1:
            raise ValueError(
                "modalities of a batch have equally many samples, not "
                f"{' and '.join(map(str, sorted(counts)))}"
            )
        return self.merge(summaries)

    def tokens(self, modality: int, features: Tensor) -> Tensor:
        """The tokens [n, t, d] of one modality's features, formed: what the block attends to."""
        x = as_tokens(features, self.shapes[modality], modality)
        tokens: Tensor = self.converters[modality](x)
        return tokens + self._positions(modality, features).to(tokens.dtype)

    def summarise(self, modality: int, features: Tensor, valid: Tensor | None = None) -> Summary:
        """Attention of the CLS token within one modality's features: tokenise, then attend."""
        return self.attend(self.tokenise(modality, features, valid))

    def fold_attention(self) -> FoldedAttention:
        """The part of attention that depends on the parameters alone: once for all modalities."""
        return fold_attention(
            self.cls, self.norm_attention, self.query, self.key, self.value, self.heads
        )

    def tokenise(
        self,
        modality: int,
        features: Tensor,
        valid: Tensor | None = None,
        attention: FoldedAttention | None = None,
    ) -> Tokens:
        """One modality's features as tokens with their attention scores.

        Args:
            modality: its number.
            features: [n, c, h, w], [n, t, c] or [n, c], as declared.
            valid: bool [n, t], False at padded tokens, which are not attended to; each sample has
                at least one valid token. None where no token is padded.
            attention: :meth:`fold_attention`, where several modalities share it.

        Raises:
            ValueError: another rank, other channels, an empty batch, integers, another precision
                than the fusion's outside of autocast, or flags of another shape than the tokens.
        """
        x = as_tokens(features, self.shapes[modality], modality)  # [n, t, c]
        converter, norm = cast(nn.Linear, self.converters[modality]), self.norm_attention
        if x.dtype != converter.weight.dtype and not torch.is_autocast_enabled(x.device.type):
            raise ValueError(
                f"modality {modality} is {x.dtype} where this fusion is {converter.weight.dtype}: "
                "convert one of them, or use torch.autocast"
            )
        weight = converter.weight - converter.weight.mean(0)  # W, centred over d: [d, c]
        fixed = converter.bias + self._positions(modality, features)
        fixed = fixed - fixed.mean(1, keepdim=True)  # u, centred: [t, d]
        attention = attention or self.fold_attention()
        scorer = attention.token_scorer

        channels = x.shape[2]
        product = x @ torch.cat([weight.T @ weight, weight.T @ scorer], dim=1)
        quadratic, raw_scores = product.split([channels, self.heads], dim=2)
        twice = quadratic + (2 * fixed @ weight).to(x.dtype)
        squared = (x * twice).sum(2).to(fixed.dtype) + fixed.square().sum(1)
        # Where W x cancels u, bfloat16 can round the square below 0.
        variance = squared.clamp(min=0) / self.dim
        inverse_deviation = torch.rsqrt(variance + norm.eps)[:, :, None]  # [n, t, 1]
        scores = (raw_scores + fixed @ scorer) * inverse_deviation
        if valid is not None:
            if valid.dtype != torch.bool or valid.shape != x.shape[:2]:
                raise ValueError(
                    f"valid tokens of modality {modality} are bool {[*x.shape[:2]]}, not "
                    f"{valid.dtype} {[*valid.shape]}"
                )
            scores = scores.masked_fill(~valid[:, :, None], -torch.inf)
        return Tokens(x, scores, inverse_deviation, weight, fixed, attention, valid)

    def attend(self, tokens: Tokens) -> Summary:
        """Attention of the CLS token within the tokens of one modality."""
        value = self._values(tokens, tokens.scores.softmax(1))
        by = tokens.attention
        mass = tokens.scores.logsumexp(1) + by.shared_score
        return Summary(mass, value + by.shared_value, by)

    def attend_masked(self, tokens: Tokens, keep: Tensor, replacement: Tensor) -> Summary:
        """The same under k masks over the tokens, with a vector in the place of masked tokens.

        Args:
            tokens: of one modality, n samples.
            keep: bool [k, n, t]; false where a token is replaced.
            replacement: [d], what it is replaced by, its position code included.

        Returns:
            The summary of k · n samples, mask by mask.
        """
        by = tokens.attention
        own = self.norm_attention(replacement)
        own_score = own @ by.scorer - by.shared_score
        own_value = self._by_head(self.value(own)) - by.shared_value
        kept = tokens.scores.masked_fill(~keep[..., None], -torch.inf)  # [k, n, t, heads]
        replaced = ~keep if tokens.valid is None else ~keep & tokens.valid
        copies = replaced.sum(2, keepdim=True)[..., None].to(kept.dtype)  # [k, n, 1, 1]
        scores = torch.cat([kept, own_score + copies.log()], dim=2)
        attention = scores.softmax(2).flatten(0, 1)  # [k · n, t + 1, heads]
        value = self._values(tokens, attention[:, :-1]) + attention[:, -1, :, None] * own_value
        mass = scores.logsumexp(2).flatten(0, 1) + by.shared_score
        return Summary(mass, value + by.shared_value, by)

    def _values(self, tokens: Tokens, attention: Tensor) -> Tensor:
        """The tokens' values pooled by attention [k · n, t, heads], k times over n samples."""
        n, t, channels = tokens.x.shape
        values = tokens.attention.token_values
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
            masks: the indices of the summaries that each representation is fused from; all of them
                in one mask where none are given.

        Returns:
            [n, d], or [masks, n, d] where masks are given.

        Raises:
            ValueError: no modality at all, a mask without one, one with an unknown index, or one
                that is no list of whole numbers.
        """
        chosen = [list(range(len(summaries)))] if masks is None else as_masks(masks)
        if not chosen or not all(chosen):
            raise ValueError("a fused representation needs at least one modality")
        known = range(len(summaries))
        if unknown := [m for mask in chosen for m in mask if m not in known]:
            raise ValueError(f"no modality {unknown[0]} in a fusion of 0 to {len(summaries) - 1}")
        by = summaries[0].attention or self.fold_attention()
        own_mass = (by.own @ by.scorer).to(summaries[0].mass.dtype)
        own_value = self._by_head(self.value(by.own))
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
        """The position code [t, d] of one modality's features."""
        declared: Tensor = self.get_buffer(f"position_{modality}")
        shape = self.shapes[modality]
        if len(shape) == 3 and (grid := (features.shape[2], features.shape[3])) != shape[1:]:
            return position_code(grid, self.dim, (shape[1], shape[2])).to(declared)
        if len(shape) == 2 and features.shape[1] != shape[0]:
            return sequence_code(features.shape[1], self.dim).to(declared)
        return declared

    def _by_head(self, weight: Tensor) -> Tensor:
        return weight.unflatten(0, (self.heads, -1))
