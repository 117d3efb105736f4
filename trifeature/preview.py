"""Contact sheets: every factor value at a glance, and example pairs with the mapping."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from interaction_probes.common.streams import stream
from trifeature.images.factors import COLOURS, NAMES, SHAPES, TEXTURES, column
from trifeature.images.image_sets import ImageDesign
from trifeature.images.render import render
from trifeature.pairs.design import PairDesign

from .dataset.paired_images import PairedImages
from .sheets import (
    GREEN,
    GREY,
    TEXT_COLOUR,
    bare_axes,
    draw_heading,
    draw_image,
    draw_mapping_arrows,
    draw_swatch,
    sheet_figure,
    write_sheet,
)

if TYPE_CHECKING:  # imported only where a sheet is drawn, so that trifeature stays light
    from matplotlib.figure import Figure

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
    return write_sheet(path, lambda: _factors(design, seed))


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
    figure = sheet_figure(width, height)
    axes = bare_axes(figure, (1.25, 1.55, 0.92 * counts.texture, 0.92 * counts.shape))
    axes.imshow(grid, extent=(0, counts.texture, counts.shape, 0), interpolation="nearest")
    for k, name in enumerate(TEXTURES[: counts.texture]):
        axes.text(k + 0.5, -0.1, name, ha="center", va="bottom", color=TEXT_COLOUR, fontsize=9)
    for k, name in enumerate(SHAPES[: counts.shape]):
        axes.text(-0.1, k + 0.5, name, ha="right", va="center", color=TEXT_COLOUR, fontsize=9)
    draw_heading(figure, f"Trifeature: {counts.shape} shapes × {counts.texture} textures")

    swatches = bare_axes(figure, (1.25, 0.3, 0.92 * counts.texture, 0.95))
    swatches.set_xlim(0, counts.colour)
    swatches.set_ylim(1, -0.05)
    for k, name in enumerate(COLOURS[: counts.colour]):
        draw_swatch(swatches, k + 0.04, 0.3, 0.92, 0.66, k)
        swatches.text(k + 0.5, 0.22, name, ha="center", va="bottom", color=TEXT_COLOUR, fontsize=9)
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
    return write_sheet(path, lambda: _pairs(data, design))


def _pairs(data: PairedImages, design: PairDesign) -> "Figure":
    chosen = _examples(data)
    width, height = 12.4, 0.9 + 2.0 * _PAIR_ROWS
    figure = sheet_figure(width, height)
    first, second = design.mapped
    for place, pair in enumerate(chosen):
        row, col = divmod(place, _PAIR_COLUMNS)
        x, y = 0.3 + 3.15 * col, height - 0.8 - 2.0 * (row + 1)
        ends = data.pretrain.index[pair]
        for side, end in enumerate(ends):
            values = data.train.factors[end].tolist()
            draw_image(figure, (x + 1.42 * side, y), data.train.images[end], values)
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
            color=GREEN if obeys else GREY,
            fontweight="bold" if obeys else "normal",
        )
    draw_heading(figure, f"Pretraining pairs: {_design_title(design)}; {_shown(data, chosen)}")

    panel = bare_axes(figure, (9.95, 0.3, 2.2, height - 1.2))
    draw_mapping_arrows(panel, data.mapping, design.mapped)
    panel.set_title(f"mapping: {first} 1 → {second} 2", fontsize=9, color=TEXT_COLOUR, pad=8)
    return figure


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


def _shown(data: PairedImages, rows: list[int]) -> str:
    """How many of the example pairs obey the mapping: they are chosen so, whatever its strength."""
    obeying = int((data.pretrain.labels["S"][rows] == 1).sum())
    return f"chosen: {obeying} that obey it, {len(rows) - obeying} that do not"


def _mosaic(images: np.ndarray, columns: int) -> np.ndarray:
    """Images side by side with a white gap: uint8 [h, w, 3]."""
    gap = max(1, images.shape[1] // 24)
    framed = np.pad(
        images, ((0, 0), (gap, gap), (gap, gap), (0, 0)), mode="constant", constant_values=255
    )
    rows = framed.reshape(-1, columns, *framed.shape[1:])
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
