"""The encoders of sequences: convolution, transformer, recurrent net.

Sequences are [n, T, d]. Where they differ in length they are [n, T, d + 1]: the last channel is 1
at a valid step and 0 at a padded one, and valid steps come first. The feature map then has such a
channel too, its last. Values at padded steps change nothing: they are neither attended to nor
convolved, and the features there are 0.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .positions import sequence_code


def join_valid(values: Tensor, valid: Tensor | None) -> Tensor:
    """Values [n, T, d] with 0 at padded steps, and the channel of valid steps: [n, T, d + 1].

    Args:
        values: [n, T, d].
        valid: bool [n, T]; None where no step is padded, and no channel is added.
    """
    if valid is None:
        return values
    values = values.masked_fill(~valid[..., None], 0)
    return torch.cat([values, valid[..., None].to(values.dtype)], dim=-1)


def split_valid(joined: Tensor) -> tuple[Tensor, Tensor]:
    """The inverse of :func:`join_valid`: values [n, T, d] and bool [n, T]."""
    return joined[..., :-1], joined[..., -1] > 0.5


class SequenceEncoder(nn.Module):
    """Sequences [n, T, d] → feature maps [n, c, 1, T'], one token per step.

    Args:
        steps: T. Sequences that are padded to another length are padded or cut to it, so that
            padding more changes no feature.
        padded: whether sequences and features have the channel of valid steps.
    """

    def __init__(self, steps: int, padded: bool) -> None:
        super().__init__()
        self.steps, self.padded = steps, padded

    def forward(self, sequences: Tensor) -> Tensor:
        valid = None
        if sequences.shape[1] != self.steps:
            sequences = self._fit(sequences)
        if self.padded:
            sequences, valid = split_valid(sequences)
            sequences = sequences.masked_fill(~valid[..., None], 0)
        features, valid = self.encode(sequences, valid)
        return join_valid(features, valid).mT[:, :, None]

    def encode(self, x: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Features [n, T', c] of values [n, T, d], and which of them are valid: bool [n, T']."""
        raise NotImplementedError

    def _fit(self, sequences: Tensor) -> Tensor:
        given = sequences.shape[1]
        if not self.padded or bool(sequences[:, self.steps :, -1].any()):
            raise ValueError(f"this encoder reads sequences of {self.steps} steps, not of {given}")
        return F.pad(sequences, (0, 0, 0, self.steps - given))


class Convolution(SequenceEncoder):
    """1-D convolutions over the steps, each with LayerNorm over the channels and ReLU.

    A convolution reads a window around its step, and 0 beyond both ends of a sequence. With a
    stride s it has ceil(T / s) steps.

    Args:
        inputs: d.
        steps: T.
        padded: whether sequences differ in length.
        widths: channels of every convolution.
        kernel: steps that a convolution reads.
        stride: steps from one window to the next.
    """

    def __init__(
        self,
        inputs: int,
        steps: int,
        padded: bool,
        widths: Sequence[int],
        kernel: int = 3,
        stride: int = 1,
    ) -> None:
        super().__init__(steps, padded)
        self.kernel, self.stride = kernel, stride
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, width, kernel, stride)
            for before, width in pairwise((inputs, *widths))
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in widths)

    def encode(self, x: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor | None]:
        left = (self.kernel - 1) // 2
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            around = F.pad(x.mT, (left, self.kernel - 1 - left))
            x = norm(convolution(around).mT).relu()
            if valid is not None:
                valid = valid[:, :: self.stride]
                x = x.masked_fill(~valid[..., None], 0)
        return x, valid


class Transformer(SequenceEncoder):
    """A small pre-norm transformer over the steps, with fixed sine-cosine positions.

    A linear layer at every step (a 1 × 1 convolution) leads to the width of the blocks; a LayerNorm
    follows the last one. Source: the encoders of MOSI, UR-FUNNY and MUsTARD in CoMM (ICLR 2025)
    after MulT (ACL 2019), which are 40 wide with 5 blocks of 5 heads; no dropout here.

    Args:
        inputs: d.
        steps: T.
        padded: whether sequences differ in length.
        width: of the tokens, even and a multiple of the heads.
        layers: blocks.
        heads: attention heads.
    """

    def __init__(
        self, inputs: int, steps: int, padded: bool, width: int, layers: int = 2, heads: int = 4
    ) -> None:
        super().__init__(steps, padded)
        self.convert = nn.Linear(inputs, width)
        self.register_buffer("positions", sequence_code(steps, width), False)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def encode(self, x: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor | None]:
        x = self.convert(x)
        x = x + self.get_buffer("positions").to(x.dtype)
        mask = None if valid is None else valid[:, None, None]
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x), valid


class Block(nn.Module):
    """x + attention(LayerNorm(x)), then x + perceptron(LayerNorm(x)), of four times the width.

    Args:
        width: of the tokens.
        heads: attention heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention = nn.LayerNorm(width)
        self.projections = nn.Linear(width, 3 * width)  # query, key and value
        self.out = nn.Linear(width, width)
        self.norm_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        bound = math.sqrt(1.5 / width)
        nn.init.uniform_(self.projections.weight, -bound, bound)
        nn.init.zeros_(self.projections.bias)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Tokens [n, T, width] → the same; mask is bool [n, 1, 1, T], False at padded steps."""
        projected = self.projections(self.norm_attention(x)).unflatten(2, (3, self.heads, -1))
        query, key, value = projected.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = x + self.out(attended.transpose(1, 2).flatten(2))
        mixed: Tensor = x + self.mlp(self.norm_mlp(x))
        return mixed


class Recurrent(SequenceEncoder):
    """A GRU; its states at all steps are the tokens.

    Source: the encoder of MIMIC's time series in CoMM (ICLR 2025), 512 wide.

    Args:
        inputs: d.
        steps: T.
        padded: whether sequences differ in length.
        width: of the states.
        layers: GRUs on top of each other.
    """

    def __init__(self, inputs: int, steps: int, padded: bool, width: int, layers: int = 1) -> None:
        super().__init__(steps, padded)
        self.gru = nn.GRU(inputs, width, layers, batch_first=True)

    def encode(self, x: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor | None]:
        states, _ = self.gru(x)  # a state has seen no later step, so none that is padded
        return states, valid
