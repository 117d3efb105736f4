"""Where the name of a level line stands in no curve's way."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from .hover import described

_SIZE = 6.0  # of the letters, in points
_WIDE, _HIGH = 0.46, 1.15  # of a letter and of a line of text, in sizes
_AWAY = 3.0  # points from the line to its name
_PLACES = ("end", "start", "end below", "start below")


def label_position(axes: Axes, name: str, value: float) -> str:
    """Where a level line can be named: beside it where nothing is drawn, else inside of it.

    Args:
        axes: the panel, with its curves and its limits, and as large as it will be: the layout of
            its figure has been executed.
        name: what the line is called.
        value: where it is.

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
    for place in _PLACES:
        left = 3.0 if place.startswith("start") else width - 1 - wide
        bottom = level - _AWAY - high if place.endswith("below") else level + _AWAY
        box = np.array([[left, bottom], [left + wide, bottom + high]])
        free = not any(_meets(box, *obstacle) for obstacle in obstacles)
        if free and bottom >= 0 and bottom + high <= height + _AWAY:
            return place
    return "inside"


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


def _meets(box: np.ndarray, at: np.ndarray, reach: float) -> bool:
    """Whether a line comes into a box."""
    (left, bottom), (right, top) = box + np.array([[-reach], [reach]])
    if len(at) > 1:
        x = np.linspace(max(left, at[0, 0]), min(right, at[-1, 0]), 30)
        at = np.concatenate([at, np.column_stack([x, np.interp(x, *at.T)])])
    inside = (at[:, 0] > left) & (at[:, 0] < right) & (at[:, 1] > bottom) & (at[:, 1] < top)
    return bool(inside.any())
