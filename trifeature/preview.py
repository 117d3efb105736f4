"""Contact sheets: every factor value at a glance, and example pairs with the mapping."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from interaction_probes.common.files import replacing
from interaction_probes.common.streams import stream
from trifeature.images.factors import COLOURS, FACTORS, NAMES, RGB, SHAPES, TEXTURES, column
from trifeature.images.image_sets import ImageDesign
from trifeature.images.render import render
from trifeature.pairs.design import PairDesign

from .dataset.paired_images import PairedImages

if TYPE_CHECKING:  # imported only where a sheet is drawn, so that trifeature stays light
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TEXT_COLOUR, _GREY, _GREEN = "#1a1a1a", "#6b6b6b", "#1b7837"
_DPI = 160
_PAIR_ROWS, _PAIR_COLUMNS = 4, 3


def factor_sheet(path: Path, design: ImageDesign, seed: int) -> Path:
    """Write a sheet of shapes × textures, with the colours in turn along rows and columns.

    Args:
        path: the PNG file to write.
        design: the geometry and how many values each factor has.
        seed: names the renders.

    Raises:
        OSError: the file cannot be written.
    """
    return _write(path, lambda: _factors(design, seed))


def _factors(design: ImageDesign, seed: int) -> "Figure":
    counts = design.counts
    table = np.array(
        [
            (shape, texture, (shape + texture) % counts.colour)
            for shape in range(counts.shape)
            for texture in range(counts.texture)
        ]
    )
    rng = stream(seed, "preview", "factors")
    grid = _mosaic(render(table, design.geometry, rng), counts.texture)
    width, height = 1.5 + 0.92 * counts.texture, 2.35 + 0.92 * counts.shape
    figure = _figure(width, height)
    axes = _panel(figure, (1.25, 1.55, 0.92 * counts.texture, 0.92 * counts.shape))
    axes.imshow(grid, extent=(0, counts.texture, counts.shape, 0), interpolation="nearest")
    for k, name in enumerate(TEXTURES[: counts.texture]):
        axes.text(k + 0.5, -0.1, name, ha="center", va="bottom", color=_TEXT_COLOUR, fontsize=9)
    for k, name in enumerate(SHAPES[: counts.shape]):
        axes.text(-0.1, k + 0.5, name, ha="right", va="center", color=_TEXT_COLOUR, fontsize=9)
    _heading(figure, f"Trifeature: {counts.shape} shapes × {counts.texture} textures")

    swatches = _panel(figure, (1.25, 0.3, 0.92 * counts.texture, 0.95))
    swatches.set_xlim(0, counts.colour)
    swatches.set_ylim(1, -0.05)
    for k, name in enumerate(COLOURS[: counts.colour]):
        _swatch(swatches, k + 0.04, 0.3, 0.92, 0.66, k)
        swatches.text(k + 0.5, 0.22, name, ha="center", va="bottom", color=_TEXT_COLOUR, fontsize=9)
    figure.text(1.15 / width, 0.62 / height, "colours", ha="right", va="center", fontsize=9)
    return figure


def pair_sheet(path: Path, data: PairedImages, design: PairDesign) -> Path:
    """Write a sheet of pretraining pairs, obeying and not where there are both, and the mapping.

    Args:
        path: the PNG file to write.
        data: the dataset.
        design: how its pretraining pairs were constrained.

    Raises:
        OSError: the file cannot be written.
    """
    return _write(path, lambda: _pairs(data, design))


def _pairs(data: PairedImages, design: PairDesign) -> "Figure":
    chosen = _examples(data)
    width, height = 12.4, 0.9 + 2.0 * _PAIR_ROWS
    figure = _figure(width, height)
    first, second = design.mapped
    for place, pair in enumerate(chosen):
        row, col = divmod(place, _PAIR_COLUMNS)
        x, y = 0.3 + 3.15 * col, height - 0.8 - 2.0 * (row + 1)
        ends = data.pretrain.index[pair]
        for side, end in enumerate(ends):
            axes = _panel(figure, (x + 1.42 * side, y + 0.56, 1.36, 1.36))
            axes.imshow(data.train.images[end], interpolation="nearest")
            values = data.train.factors[end].tolist()
            names = {f: NAMES[f][value] for f, value in zip(FACTORS, values, strict=True)}
            lines = (names["shape"], f"{names['texture']}, {names['colour']}")
            for line, at in zip(lines, (0.43, 0.29), strict=True):
                place_x = (x + 1.42 * side + 0.68) / width
                figure.text(
                    place_x, (y + at) / height, line, ha="center", color=_TEXT_COLOUR, fontsize=8
                )
        obeys = bool(data.pretrain.labels["S"][pair])
        link = " → ".join(
            NAMES[factor][data.train.factors[end, column(factor)]]
            for factor, end in zip(design.mapped, ends, strict=True)
        )
        figure.text(
            (x + 1.39) / width,
            (y + 0.11) / height,
            f"✓ {link} obeys the mapping" if obeys else f"✗ {link} breaks the mapping",
            ha="center",
            fontsize=8,
            color=_GREEN if obeys else _GREY,
            fontweight="bold" if obeys else "normal",
        )
    _heading(figure, f"Pretraining pairs: {_design_title(design)}")

    panel = _panel(figure, (9.95, 0.3, 2.2, height - 1.2))
    _draw_mapping(panel, data.mapping, design)
    panel.set_title(f"mapping: {first} 1 → {second} 2", fontsize=9, color=_TEXT_COLOUR, pad=8)
    return figure


def _write(path: Path, draw: Callable[[], "Figure"]) -> Path:
    """Draw a sheet under matplotlib's own settings, and write it whole or not at all."""
    from interaction_probes.common.plotting import default_settings

    with default_settings():
        figure = draw()
        with replacing(path) as file:
            figure.savefig(file, format="png", dpi=_DPI, facecolor="white")
    return path


def _examples(data: PairedImages) -> list[int]:
    """Rows of pretraining pairs: half of each kind where there are enough, obeying ones first."""
    wanted = _PAIR_ROWS * _PAIR_COLUMNS
    obeys = data.pretrain.labels["S"] == 1
    obeying, violating = np.flatnonzero(obeys).tolist(), np.flatnonzero(~obeys).tolist()
    n_obeying = min(len(obeying), max(wanted // 2, wanted - len(violating)))
    return obeying[:n_obeying] + violating[: wanted - n_obeying]


def _design_title(design: PairDesign) -> str:
    return (
        f"{design.shared} shared in {design.shared_strength:.0%}, "
        f"mapping imposed on {design.mapping_strength:.0%}"
    )


def _draw_mapping(axes: "Axes", mapping: np.ndarray, design: PairDesign) -> None:
    """One line per value: its name, an arrow, and what it maps to (a swatch if a colour)."""
    names_from, names_to = (NAMES[factor] for factor in design.mapped)
    axes.set_xlim(0, 1)
    axes.set_ylim(10, 0)  # the same spacing however many values there are
    for k, value in enumerate(mapping.tolist()):
        axes.text(
            0.36, k + 0.5, names_from[k], ha="right", va="center", color=_TEXT_COLOUR, fontsize=9
        )
        axes.annotate(
            "",
            xy=(0.53, k + 0.5),
            xytext=(0.4, k + 0.5),
            arrowprops={"arrowstyle": "-|>", "color": _GREY, "linewidth": 1},
        )
        left = 0.56
        if design.mapped[1] == "colour":
            _swatch(axes, left, k + 0.27, 0.1, 0.46, value)
            left += 0.14
        axes.text(left, k + 0.5, names_to[value], va="center", color=_TEXT_COLOUR, fontsize=9)


def _swatch(axes: "Axes", x: float, y: float, width: float, height: float, colour: int) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((x, y), width, height, facecolor=RGB[colour], edgecolor="#b0b0b0", linewidth=0.6)
    )


def _mosaic(images: np.ndarray, columns: int) -> np.ndarray:
    """Images side by side with a white gap: uint8 [h, w, 3]."""
    gap = max(1, images.shape[1] // 24)
    framed = np.pad(
        images, ((0, 0), (gap, gap), (gap, gap), (0, 0)), mode="constant", constant_values=255
    )
    rows = framed.reshape(-1, columns, *framed.shape[1:])
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows])


def _figure(width: float, height: float) -> "Figure":
    from interaction_probes.common.plotting import PlainFigure

    return PlainFigure(figsize=(width, height))


def _panel(figure: "Figure", box: tuple[float, float, float, float]) -> "Axes":
    """Bare axes at (left, bottom, width, height) in inches."""
    width, height = figure.get_size_inches()
    left, bottom, wide, high = box
    axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
    axes.set_axis_off()
    axes.set_aspect("auto")
    return axes


def _heading(figure: "Figure", text: str) -> None:
    width, height = figure.get_size_inches()
    figure.text(
        0.3 / width,
        (height - 0.22) / height,
        text,
        ha="left",
        va="top",
        fontsize=13,
        fontweight="bold",
        color=_TEXT_COLOUR,
    )
