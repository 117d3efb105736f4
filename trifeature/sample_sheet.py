"""A contact sheet of samples of n images: which rules each obeys, and the rules themselves."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trifeature.images.factors import NAMES, RGB, column
from trifeature.samples.latin import LatinArray
from trifeature.samples.rules import LatinRule, SharedFactor
from trifeature.samples.tasks import match_task

from .dataset.image_samples import ImageSamples
from .sheets import (
    GREEN,
    GREY,
    TEXT_COLOUR,
    bare_axes,
    draw_heading,
    draw_image,
    draw_mapping_arrows,
    sheet_figure,
    write_sheet,
)

if TYPE_CHECKING:  # imported only where a sheet is drawn, so that trifeature stays light
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROWS = 4
#: Widths in inches: of an image with its gap, of a mapping, of a column of a table.
_IMAGE, _MAPPING, _CELL = 1.42, 2.6, 0.62
#: Height in inches of the panels of the rules.
_RULES = 3.6
#: Height in inches of the heading.
_HEAD = 0.9


def sample_sheet(path: Path, data: ImageSamples) -> Path:
    """Write a sheet of pretraining samples, of all kinds that there are, and of the Latin rules.

    Args:
        path: the PNG file to write.
        data: the dataset.

    Raises:
        OSError: the file cannot be written.
    """
    return write_sheet(path, lambda: _samples(data))


def _samples(data: ImageSamples) -> "Figure":
    n = data.modalities
    rules = [
        (rule, array)
        for rule, array in zip(data.design.latin, data.arrays, strict=True)
        if len(rule.factors) <= 3
    ]
    columns = max(1, 6 // n)
    wide = 0.3 + sum(_width(rule, array) + 0.3 for rule, array in rules)
    width = max(0.3 + columns * (_IMAGE * n + 0.3), wide)
    lines = len(data.design.rules)
    row = 2.0 + 0.16 * lines
    # The panels are drawn for 10 values; what fewer leave empty lies below the sheet.
    empty = 0.33 * (10 - max((array.classes for _, array in rules), default=10))
    bottom = 0.3 + (_RULES + 0.3 - empty if rules else 0)
    height = bottom + _ROWS * row + _HEAD
    figure = sheet_figure(width, height)
    for place, sample in enumerate(_examples(data, _ROWS * columns)):
        at_row, at_column = divmod(place, columns)
        x = 0.3 + at_column * (_IMAGE * n + 0.3)
        y = height - _HEAD - row * (at_row + 1) + 0.16 * lines
        for k, image in enumerate(data.pretrain.index[sample]):
            values = data.train.factors[image].tolist()
            draw_image(figure, (x + _IMAGE * k, y), data.train.images[image], values)
        for line, (verdict, obeys) in enumerate(_verdicts(data, sample)):
            figure.text(
                (x + _IMAGE * n / 2) / width,
                (y + 0.12 - 0.16 * line) / height,
                f"{'✓' if obeys else '✗'} {verdict}",
                ha="center",
                fontsize=8,
                color=GREEN if obeys else GREY,
                fontweight="bold" if obeys else "normal",
            )
    draw_heading(figure, f"Pretraining samples of {n} images")
    strengths = [f"{rule} in {rule.strength:.0%}" for rule in data.design.rules]
    split = len(data.design.shared)
    for line, said in enumerate((strengths[:split], strengths[split:])):
        y = (height - 0.55 - 0.17 * line) / height
        figure.text(0.3 / width, y, ", ".join(said), color=GREY, fontsize=8)
    x = 0.3
    for rule, array in rules:
        axes = bare_axes(figure, (x, 0.2 - empty, _width(rule, array), _RULES))
        _draw_rule(axes, rule, array)
        x += _width(rule, array) + 0.3
    return figure


def _width(rule: LatinRule, array: LatinArray) -> float:
    return _MAPPING if len(rule.factors) == 2 else _CELL * (array.classes + 1.4)


def _draw_rule(axes: "Axes", rule: LatinRule, array: LatinArray) -> None:
    """A bijection as arrows, and of three attributes a table of what the first two ask for."""
    first, second, *third = rule.factors
    values = np.arange(array.classes)
    if not third:
        draw_mapping_arrows(axes, array.answer(values), (first.factor, second.factor))
        axes.set_title(f"{first} → {second}", fontsize=9, color=TEXT_COLOUR, pad=8)
        return
    [asked] = third
    m = array.classes
    axes.set_xlim(-1.4, m)
    axes.set_ylim(10, -1)  # the same spacing however many values there are
    for k in range(m):
        for x, y, named, align in (
            (k + 0.5, -0.4, second, "center"),
            (-0.15, k + 0.5, first, "right"),
        ):
            name = NAMES[named.factor][k]
            axes.text(x, y, name, ha=align, va="center", color=GREY, fontsize=7)
        for other, value in enumerate(array.answer(np.full(m, k), values).tolist()):
            name = NAMES[asked.factor][value]
            paint = RGB[value] if asked.factor == "colour" else TEXT_COLOUR
            axes.text(other + 0.5, k + 0.5, name, ha="center", va="center", color=paint, fontsize=7)
    axes.set_title(
        f"{asked} that {first} (rows) and {second} (columns) ask for",
        fontsize=9,
        color=TEXT_COLOUR,
        pad=8,
    )


def _verdicts(data: ImageSamples, sample: int) -> list[tuple[str, bool]]:
    """Each rule in words for one sample, and whether it obeys it."""
    factors = data.train.factors[data.pretrain.index[sample]]
    found = []
    for rule in data.design.rules:
        names = [NAMES[f.factor][factors[f.image - 1, column(f.factor)]] for f in rule.factors]
        if isinstance(rule, SharedFactor):
            obeys = len(set(names)) == 1
            numbers = ", ".join(map(str, rule.images))
            said = f"images {numbers}: {names[0]}" if obeys else f"images {numbers}: "
            said += "" if obeys else ", ".join(names)
        else:
            obeys = bool(data.pretrain.labels[match_task(data.design, rule)][sample])
            *given, last = names
            said = f"{' + '.join(given)} → {last}"
        found.append((said, obeys))
    return found


def _examples(data: ImageSamples, wanted: int) -> list[int]:
    """Rows of pretraining samples, kinds in turn: those that obey most Latin rules first."""
    tasks = [match_task(data.design, rule) for rule in data.design.latin]
    obeyed = np.array([data.pretrain.labels[task] for task in tasks]).reshape(len(tasks), -1).T
    if not tasks:
        return list(range(min(wanted, len(data.pretrain))))
    kinds = sorted(set(map(tuple, obeyed.tolist())), key=lambda kind: (-sum(kind), kind))
    rows = [np.flatnonzero((obeyed == kind).all(1)).tolist() for kind in kinds]
    chosen: list[tuple[int, int]] = []
    for turn in range(wanted):
        chosen += [(k, own[turn]) for k, own in enumerate(rows) if turn < len(own)]
        if len(chosen) >= wanted:
            break
    return [row for _, row in sorted(chosen[:wanted])]
