"""Fixed position codes of tokens: sine and cosine, of a grid and of a sequence."""

import torch
from torch import Tensor


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
    rows, columns = (
        (torch.arange(own, dtype=torch.float64) + 0.5) * steps / own - 0.5
        for own, steps in zip(grid, reference or grid, strict=True)
    )
    rows, columns = rows.repeat_interleave(grid[1]), columns.repeat(grid[0])
    return torch.cat([_code(rows, dim // 2), _code(columns, dim // 2)], dim=1).float()


def sequence_code(length: int, dim: int) -> Tensor:
    """Fixed 1-D sine-cosine positions [length, dim] of the tokens 0, 1, … of a sequence.

    Source: *Attention is all you need*, section 3.5, with all sines before all cosines.
    """
    return _code(torch.arange(length, dtype=torch.float64), dim).float()


def _code(position: Tensor, dim: int) -> Tensor:
    """Sines, then cosines of positions [t] at dim / 2 frequencies: float64 [t, dim]."""
    half = dim // 2
    frequency = 1 / 10_000 ** (torch.arange(half, dtype=torch.float64) / half)
    angle = position[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1)
