"""The data at a glance: every value of every factor, the mapping drawn, and example pairs."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Curve
from matplotlib.patheffects import Normal, Stroke

from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.hover import describe
from interaction_probes.figures.drawing.style import FAINT, INK, PAGE, new_figure, style

from .examples import example_pairs, one_at_a_time
from .exported import FACTORS, Exported

_SIDE = 0.74  # of an image of a pair
_ACROSS = 1.52  # of a pair's two images and the gap between them
_CELL = 1.37  # from one row of pairs to the next
_MARGIN = 0.05
_OUTLINE = (Stroke(linewidth=2.1, foreground=INK), Normal())  # white and yellow need one


@dataclass(frozen=True)
class _Layout:
    """Lengths in inches that depend on the width of a figure.

    Attributes:
        width: of the figure.
        left: of the column in which factors are named.
        names: height of the names of values.
        turned: angle of those names.
        size: of those names, in points.
        below: from a row to the names of the next.
        gap: height of the links.
        columns: pairs side by side.
        rows: of pairs.
    """

    width: float
    left: float
    names: float
    turned: float
    size: float
    below: float
    gap: float
    columns: int
    rows: int

    @classmethod
    def of(cls, width: float) -> "_Layout":
        if width >= 5:
            return cls(width, 0.86, 0.14, 0, 6.3, 0.1, 0.66, 4, 2)
        return cls(width, 0.56, 0.36, 45, 5.6, 0, 0.5, 2, 3)


def samples(data: Exported, width: float = PAGE) -> Figure:
    """Above, each factor's values, with lines for the mapping; below, pairs with their labels.

    An image of a row differs from its neighbours in one factor only; colours are drawn plainly.
    Each line leads from a value of image 1 to what the mapping makes of it in image 2, and has the
    colour that it leads to. Pairs are of those that probes are fitted on, half of them obeying the
    mapping where there are as many.

    Args:
        data: an exported data set.
        width: of the figure in inches; under 5, names of values are turned and fewer pairs shown.

    Raises:
        ValueError: images of some combination are missing, or there is no pair of two images.
    """
    layout = _Layout.of(width)
    chosen = example_pairs(data, layout.columns * layout.rows)
    rows = -(-len(chosen) // layout.columns)
    pictures = one_at_a_time(data)
    with style():
        figure = new_figure(width, 1, layout=None)
        caption(figure, _caption_text(data, len(chosen)))
        caption_text = 0.06 + 0.115 * (1 + figure.get_supxlabel().count("\n"))
        above, below = _height_of_factors(data, layout), _CELL * rows
        figure.set_figheight(0.25 + above + 0.3 + below + caption_text)
        factors = _panel(figure, caption_text + below + 0.3, above)
        factors.set_title("Factors, and the mapping M", pad=5, x=_MARGIN / width)
        _factors(factors, data, pictures, layout)
        pairs = _panel(figure, caption_text, below)
        pairs.set_title("Pairs, and their labels", pad=5, x=_MARGIN / width)
        for place, pair in enumerate(chosen):
            row, column = divmod(place, layout.columns)
            step = (width - 2 * _MARGIN - _ACROSS) / (layout.columns - 1)
            _pair(pairs, data, int(pair), (_MARGIN + step * column, _CELL * row))
    return figure


def _caption_text(data: Exported, n: int) -> str:
    first, second = data.mapped
    share = "random and one to one" if _one_to_one(data) else "random"
    return (
        f"Trifeature, {data.images.shape[1]} pixels, seed {data.seed}. Above: one factor varies "
        f"along each row. M, {share}, leads from the {first} of image 1 to the {second} of image 2."
        f" Below: {n} of the {len(data.index):,} pairs that probes are fitted on; "
        f"R: {data.shared} of both images, U1 and U2: {data.unique} of each, "
        f"S: whether {second} 2 is M({first} 1)."
    )


def _one_to_one(data: Exported) -> bool:
    return sorted(data.mapping.tolist()) == list(range(len(data.values[data.mapped[1]])))


def _panel(figure: Figure, bottom: float, height: float) -> Axes:
    """Bare axes over the whole width, whose units are inches from the upper left corner."""
    width, whole = figure.get_size_inches()
    axes = figure.add_axes((0, bottom / whole, 1, height / whole))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_autoscale_on(False)
    return axes


def _rows(data: Exported) -> list[str]:
    """Factors from top to bottom; the mapping links the last two."""
    return [factor for factor in FACTORS if factor not in data.mapped] + list(data.mapped)


def _pitch(data: Exported, layout: _Layout) -> float:
    """From one value to the next."""
    most = max(map(len, data.values.values()))
    beyond = 0.13 if layout.turned else 0  # where the last turned name ends
    return min(0.59, (layout.width - layout.left - _MARGIN - beyond) / most)


def _heights(data: Exported, layout: _Layout) -> list[float]:
    """Of the pictures of each row: a plain colour needs less than an image."""
    side = 0.86 * _pitch(data, layout)
    return [side * (0.42 if factor == "colour" else 1) for factor in _rows(data)]


def _height_of_factors(data: Exported, layout: _Layout) -> float:
    heights = _heights(data, layout)
    return (
        sum(heights) + layout.names * len(heights) + layout.below * (len(heights) - 2) + layout.gap
    )


def _factors(axes: Axes, data: Exported, pictures: dict[str, np.ndarray], layout: _Layout) -> None:
    """A row per factor, the last two linked."""
    factors, heights, pitch = _rows(data), _heights(data, layout), _pitch(data, layout)
    centres = layout.left + pitch * (np.arange(max(map(len, data.values.values()))) + 0.5)
    side, y, linked = 0.86 * pitch, 0.0, []
    for row, (factor, height) in enumerate(zip(factors, heights, strict=True)):
        last = row == len(factors) - 1
        top = y if last else y + layout.names
        linked.append((top, top + height))
        for k, name in enumerate(data.values[factor]):
            x = centres[k] - side / 2
            _image(axes, pictures[factor][k], (x, top, side, height))
            shift = 0.3 * side if layout.turned else 0
            axes.text(
                centres[k] + (shift if last else -shift),
                top + height + 0.03 if last else top - 0.03,
                name,
                ha="center" if not layout.turned else ("right" if last else "left"),
                va="top" if last else "bottom",
                rotation=layout.turned,
                rotation_mode="anchor",
                fontsize=layout.size,
            )
        _roles(axes, data, (row, factor, len(factors)), top + height / 2)
        y = top + height + (layout.gap if row == len(factors) - 2 else layout.below)
    (_, start), (end, _) = linked[-2:]
    _links(axes, data, pictures, (start + 0.015, end - 0.015), centres)


def _roles(axes: Axes, data: Exported, place: tuple[int, str, int], y: float) -> None:
    """What a factor is for, at the left of its row."""
    row, factor, rows = place
    roles = []
    if factor == data.shared:
        roles.append("R")
    if factor == data.unique:
        roles.append("U1, U2")
    if row >= rows - 2:
        roles.append("S, image 1" if row == rows - 2 else "S, image 2")
    axes.text(_MARGIN, y, factor, va="bottom", fontsize=7.2, fontweight="bold")
    axes.text(
        _MARGIN, y + 0.02, "\n".join(roles), va="top", fontsize=6, color=FAINT, linespacing=1.15
    )


def _links(
    axes: Axes,
    data: Exported,
    pictures: dict[str, np.ndarray],
    ends: tuple[float, float],
    centres: np.ndarray,
) -> None:
    """A line from each value to what the mapping makes of it."""
    first, second = data.mapped
    start, end = ends
    middle = (start + end) / 2
    for k, value in enumerate(data.mapping.tolist()):
        colour = tuple(pictures["colour"][value, 0, 0] / 255) if second == "colour" else FAINT
        places = [(centres[k], start), (centres[k], middle)]
        places += [(centres[value], middle), (centres[value], end)]
        curve = Curve(places, [Curve.MOVETO, Curve.CURVE4, Curve.CURVE4, Curve.CURVE4])
        line = PathPatch(curve, fill=False, ec=colour, lw=1.3, path_effects=_OUTLINE)
        text = f"M({data.values[first][k]}) = {data.values[second][value]}"
        describe(line, "", text)
        axes.add_patch(line)


def _pair(axes: Axes, data: Exported, pair: int, place: tuple[float, float]) -> None:
    """Two images, what they share above them, what is asked of each and of both below."""
    x, y = place
    ends = data.index[pair]
    lefts = (x, x + _ACROSS - _SIDE)
    names = {"R": data.shared, "U1": data.unique, "U2": data.unique}
    said = {task: data.values[f][data.labels[task][pair]] for task, f in names.items()}
    _said(axes, "R", said["R"], (x, y + 0.13))
    axes.plot([x, x + _ACROSS], [y + 0.16, y + 0.16], color=INK, lw=0.8, solid_capstyle="butt")
    top = y + 0.19
    for task, left, end in zip(("U1", "U2"), lefts, ends, strict=True):
        _image(axes, data.images[end], (left, top, _SIDE, _SIDE))
        _said(axes, task, said[task], (left, top + _SIDE + 0.14))
    first, second = data.mapped
    from_value = data.factors[ends[0], FACTORS.index(first)]
    to_value = data.factors[ends[1], FACTORS.index(second)]
    holds = data.labels["S"][pair]
    sign = "=" if holds else "≠"
    text = f"{holds}   {data.values[second][to_value]} {sign} M({data.values[first][from_value]})"
    _said(axes, "S", text, (x, top + _SIDE + 0.28))


def _said(axes: Axes, task: str, value: str, place: tuple[float, float]) -> None:
    """A task and its label."""
    axes.text(*place, task, fontsize=6.6, fontweight="bold")
    axes.text(place[0] + (0.19 if len(task) > 1 else 0.12), place[1], value, fontsize=6.6)


def _image(axes: Axes, pixels: np.ndarray, box: tuple[float, float, float, float]) -> None:
    """Pixels uint8 [h, w, 3] at (left, top, width, height), with a thin frame."""
    x, y, width, height = box
    axes.imshow(
        pixels, extent=(x, x + width, y + height, y), interpolation="nearest", aspect="auto"
    )
    axes.add_patch(Rectangle((x, y), width, height, fill=False, ec="#8a8a8a", lw=0.4))
