"""Parts of contact sheets: figures in inches, captioned images, swatches, mappings, headings."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from interaction_probes.common.files import replacing
from trifeature.images.factors import FACTORS, NAMES, RGB
from trifeature.pairs.design import Factor

if TYPE_CHECKING:  # imported only where a sheet is drawn, so that trifeature stays light
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEXT_COLOUR, GREY, GREEN = "#1a1a1a", "#6b6b6b", "#1b7837"
_DPI = 160


def write_sheet(path: Path, draw: Callable[[], "Figure"]) -> Path:
    """Draw a sheet under matplotlib's own settings, and write it whole or not at all."""
    from interaction_probes.common.plotting import default_settings

    with default_settings():
        figure = draw()
        with replacing(path) as file:
            figure.savefig(file, format="png", dpi=_DPI, facecolor="white")
    return path


def draw_image(
    figure: "Figure", place: tuple[float, float], pixels: np.ndarray, values: Sequence[int]
) -> None:
    """An image 1.36 inches wide and its factors in words below, from (left, bottom) in inches."""
    width, height = figure.get_size_inches()
    x, y = place
    bare_axes(figure, (x, y + 0.56, 1.36, 1.36)).imshow(pixels, interpolation="nearest")
    names = {f: NAMES[f][value] for f, value in zip(FACTORS, values, strict=True)}
    lines = (names["shape"], f"{names['texture']}, {names['colour']}")
    for line, at in zip(lines, (0.43, 0.29), strict=True):
        figure.text(
            (x + 0.68) / width,
            (y + at) / height,
            line,
            ha="center",
            color=TEXT_COLOUR,
            fontsize=8,
        )


def draw_mapping_arrows(axes: "Axes", mapping: np.ndarray, mapped: tuple[Factor, Factor]) -> None:
    """One line per value: its name, an arrow, and what it maps to (a swatch if a colour)."""
    names_from, names_to = (NAMES[factor] for factor in mapped)
    axes.set_xlim(0, 1)
    axes.set_ylim(10, 0)  # the same spacing however many values there are
    for k, value in enumerate(mapping.tolist()):
        axes.text(
            0.36, k + 0.5, names_from[k], ha="right", va="center", color=TEXT_COLOUR, fontsize=9
        )
        axes.annotate(
            "",
            xy=(0.53, k + 0.5),
            xytext=(0.4, k + 0.5),
            arrowprops={"arrowstyle": "-|>", "color": GREY, "linewidth": 1},
        )
        left = 0.56
        if mapped[1] == "colour":
            draw_swatch(axes, left, k + 0.27, 0.1, 0.46, value)
            left += 0.14
        axes.text(left, k + 0.5, names_to[value], va="center", color=TEXT_COLOUR, fontsize=9)


def draw_swatch(axes: "Axes", x: float, y: float, width: float, height: float, colour: int) -> None:
    """A rectangle in a colour of the factor, in the units of the axes."""
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((x, y), width, height, facecolor=RGB[colour], edgecolor="#b0b0b0", linewidth=0.6)
    )


def sheet_figure(width: float, height: float) -> "Figure":
    """An empty figure of a size in inches, with no settings of a session."""
    from interaction_probes.common.plotting import PlainFigure

    return PlainFigure(figsize=(width, height))


def bare_axes(figure: "Figure", box: tuple[float, float, float, float]) -> "Axes":
    """Bare axes at (left, bottom, width, height) in inches."""
    width, height = figure.get_size_inches()
    left, bottom, wide, high = box
    axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
    axes.set_axis_off()
    axes.set_aspect("auto")
    return axes


def draw_heading(figure: "Figure", text: str) -> None:
    """A heading at the top left."""
    width, height = figure.get_size_inches()
    figure.text(
        0.3 / width,
        (height - 0.22) / height,
        text,
        ha="left",
        va="top",
        fontsize=13,
        fontweight="bold",
        color=TEXT_COLOUR,
    )
