"""A heat map with the value of each cell in print, as every figure of shares draws it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from .style import INK

#: Perceptually uniform, of one hue and monotone in lightness: safe for colour-blind readers.
_COLOURS = "Blues"
_MISSING = "#f4f4f4"
#: Share from which on a cell is dark, and its value white.
_DARK = 0.55


def heat_map(
    axes: Axes, shares: np.ndarray, texts: Sequence[Sequence[str]], size: float = 6
) -> None:
    """Cells as dark as their share, from 0 to 1, with a text in each.

    Args:
        axes: an empty panel.
        shares: [rows, columns]; NaN is an empty cell, and what is outside 0 to 1 has the colour of
            the nearer end.
        texts: [rows, columns].
        size: of their letters, in points.
    """
    axes.set_facecolor(_MISSING)
    axes.imshow(np.clip(shares, 0, 1), vmin=0, vmax=1, cmap=_COLOURS, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > _DARK else INK
        text = texts[row][column]
        axes.text(column, row, text, ha="center", va="center", fontsize=size, color=colour)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
