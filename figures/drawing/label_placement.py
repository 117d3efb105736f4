"""Where the name of a level line stands in no curve's way."""

import itertools
from collections.abc import Collection

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text

from .hover import described

_SIZE = 6.0  # of the letters, in points
_WIDE, _HIGH = 0.46, 1.15  # of a letter and of a line of text, in sizes
_LETTERS = 0.75  # the height of capitals, in sizes
_AWAY = 3.0  # points from the line to its name
_FARTHER = (10.0, 17.0, 24.0)  # where there is no room beside the line
#: Parts of the way from the start to the end, in the order of preference.
_BETWEEN = (0.5, 0.25, 0.75, 0.375, 0.625, 0.125, 0.875)


def label_position(axes: Axes, name: str, value: float, names: Collection[Text] = ()) -> str:
    """Where a level line can be named: beside it, or inside of it, where nothing is drawn.

    Args:
        axes: the panel, with its curves and its limits, and as large as it will be: the layout of
            its figure has been executed.
        name: what the line is called.
        value: where it is.
        names: other names in the panel, to keep off.

    Returns:
        What :func:`interaction_probes.figures.drawing.style.reference_line` takes as `where`.
    """
    figure = axes.get_figure(root=True)
    points = 72 / figure.dpi if figure else 1.0
    width, height = points * axes.bbox.width, points * axes.bbox.height
    level = points * (axes.transData.transform((0, value))[1] - axes.bbox.y0)
    lines = name.split("\n")
    wide, high = _WIDE * _SIZE * max(map(len, lines)), _HIGH * _SIZE * len(lines)
    obstacles = [_outline(axes, line, points) for line in axes.lines if _is_drawn(axes, line)]
    taken = [points * (text.get_window_extent().get_points() - axes.bbox.p0) for text in names]
    start, end = 3.0, width - 1 - wide

    def fits(left: float, side: str, away: float = _AWAY) -> bool:
        """Whether a name is in no curve's way, and inside of the panel."""
        tall = _LETTERS * _SIZE * len(lines) if side == "inside" else high
        sides = {"above": away, "below": -away - high, "inside": -tall / 2}
        bottom = level + sides[side]
        box = np.array([[left, bottom], [left + wide, bottom + tall]])
        free = not any(_meets(box, *obstacle) for obstacle in obstacles)
        free = free and not any(_overlap(box, other) for other in taken)
        return free and bottom >= 0 and bottom + tall <= height + _AWAY

    ends = {"end": end, "start": start}
    lefts = [start + part * (end - start) for part in _BETWEEN]
    between = {f"{(left + wide / 2) / width:.3f}": left for left in lefts}
    for side, along in itertools.product(("above", "below", "inside"), ends):
        if fits(ends[along], side):
            return along if side == "above" else f"{along} {side}"
    for side, along in itertools.product(("above", "below", "inside"), between):
        if fits(between[along], side):
            return f"{along} {side}"
    every = {**ends, **between}
    for away, side, along in itertools.product(_FARTHER, ("above", "below"), every):
        if fits(every[along], side, away):
            return f"{along} {side} {away:g}"
    return "outside"


def _is_drawn(axes: Axes, line: Line2D) -> bool:
    """Curves, also level ones that were described, and triangles; no line that only refers."""
    in_data = line.get_transform() == axes.transData
    return in_data or described(line) is not None or line.get_marker() == "^"


def _outline(axes: Axes, line: Line2D, points: float) -> tuple[np.ndarray, float]:
    """Points of a line, from the panel's lower left corner, and how far its ink reaches."""
    at = points * (line.get_transform().transform(line.get_xydata()) - axes.bbox.p0)
    marked = line.get_marker() not in (None, "None", "", " ")
    reach = (line.get_markersize() + line.get_markeredgewidth()) / 2 if marked else 0.0
    return at, max(reach, line.get_linewidth() / 2)


def _overlap(box: np.ndarray, other: np.ndarray) -> bool:
    """Whether two boxes, [lower left, upper right], overlap."""
    return bool((box[0] < other[1]).all() and (other[0] < box[1]).all())


def _meets(box: np.ndarray, at: np.ndarray, reach: float) -> bool:
    """Whether a line comes into a box."""
    (left, bottom), (right, top) = box + np.array([[-reach], [reach]])
    if len(at) > 1:
        x = np.linspace(max(left, at[0, 0]), min(right, at[-1, 0]), 30)
        at = np.concatenate([at, np.column_stack([x, np.interp(x, *at.T)])])
    inside = (at[:, 0] > left) & (at[:, 0] < right) & (at[:, 1] > bottom) & (at[:, 1] < top)
    return bool(inside.any())
