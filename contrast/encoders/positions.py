"""Fixed position codes along one axis: sine and cosine."""

import torch
from torch import Tensor


def sequence_code(length: int, dim: int) -> Tensor:
    """Fixed 1-D sine-cosine positions [length, dim] of the tokens 0, 1, … of a sequence.

    Source: *Attention is all you need*, section 3.5, with all sines before all cosines.
    """
    return sine_code(torch.arange(length, dtype=torch.float64), dim).float()


def sine_code(position: Tensor, dim: int) -> Tensor:
    """Sines, then cosines of positions [t] at dim / 2 frequencies: float64 [t, dim]."""
    half = dim // 2
    frequency = 1 / 10_000 ** (torch.arange(half, dtype=torch.float64) / half)
    angle = position[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1)
