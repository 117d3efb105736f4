"""Fixed position codes of tokens: sine and cosine, of a grid and of a sequence."""

from collections.abc import Sequence

import torch
from torch import Tensor

from interaction_probes.contrast.encoders.positions import sequence_code as sequence_code
from interaction_probes.contrast.encoders.positions import sine_code


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
    return torch.cat([sine_code(rows, dim // 2), sine_code(columns, dim // 2)], dim=1).float()


def declared_positions(shape: Sequence[int], dim: int) -> Tensor:
    """The position code [t, dim] of features of a declared shape; 0 for a vector."""
    if len(shape) == 3:
        return position_code((shape[1], shape[2]), dim)
    return sequence_code(shape[0], dim) if len(shape) == 2 else torch.zeros(1, dim)
