"""Where the name of a level line stands: beside its own line, and in no curve's way."""

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from .hover import described

#: How a name is set.
NAME_FONT: Mapping[str, Any] = {"fontsize": 6, "linespacing": 1.0}
_CAPITALS = 4.5  # their height in points
_AWAY = 3.0  # points from the line to its name
_FARTHER = 6.0  # where marks on the line itself leave no room beside it
OUTSIDE = 5.0  # points from the panel's right edge to a name there, past marks on the edge
_ON_THE_LINE = 2.0  # points: a curve farther away is another line to the eye
_CLEAR = 0.5  # points between a name and the nearest ink
#: Parts of the way from the start to the end, in the order of preference.
_BETWEEN = (0.5, 0.25, 0.75, 0.375, 0.625, 0.125, 0.875)
_SIDES = ("above", "below", "inside")


@dataclass(frozen=True)
class _Panel:
    """What is drawn in a panel, in points from its lower left corner.

    Attributes:
        width, height: of the panel.
        lines: the paths of curves, with how far their ink reaches.
        marks: [n, 2], with how far their ink reaches.
        bands: their outlines.
        names: of other levels, [lower left, upper right] each.
        levels: where other levels are.
    """

    width: float
    height: float
    lines: list[tuple[Path, float]]
    marks: list[tuple[np.ndarray, float]]
    bands: list[Path]
    names: list[np.ndarray]
    levels: list[float]

    def is_free(self, box: np.ndarray, over_bands: bool) -> bool:
        """Whether nothing comes into a box, [lower left, upper right]."""
        if any(_meets(line, box, reach + _CLEAR) for line, reach in self.lines):
            return False
        if any(_has_one(marks, box, reach + _CLEAR) for marks, reach in self.marks):
            return False
        if any(_overlap(box, name) for name in self.names):
            return False
        if any(box[0, 1] < level < box[1, 1] for level in self.levels):
            return False
        return over_bands or not any(
            band.intersects_bbox(Bbox(box), filled=True) for band in self.bands
        )

    def has_a_line_between(self, box: np.ndarray, level: float) -> bool:
        """Whether a curve or another level runs between a box and a level beside it."""
        above = box[0, 1] > level
        near = level + (_ON_THE_LINE if above else -_ON_THE_LINE)
        gap = np.array([[box[0, 0], near], [box[1, 0], box[0, 1]]])
        if not above:
            gap[:, 1] = box[1, 1], near
        if gap[1, 1] <= gap[0, 1]:
            return False
        crossed = any(_meets(line, gap, 0) for line, _ in self.lines)
        return crossed or any(gap[0, 1] < other < gap[1, 1] for other in self.levels)


def label_position(
    axes: Axes,
    name: str,
    value: float,
    names: Collection[Text] = (),
    levels: Collection[float] = (),
) -> str:
    """Where a level line can be named: beside it, or inside of it, where nothing is drawn.

    Never where a curve runs between the line and its name, which would be that curve's to the eye:
    a line without room in the panel is named outside. Over a band it is named only if there is
    no other room.

    Args:
        axes: the panel, with its curves and its limits, and as large as it will be: the layout of
            its figure has been executed.
        name: what the line is called.
        value: where it is.
        names: other names in the panel or right of it, to keep off.
        levels: where other level lines are.

    Returns:
        What :func:`interaction_probes.figures.drawing.level_lines.reference_line` takes as `where`.
    """
    points = _points_per_pixel(axes)
    panel = _panel(axes, names, levels, points)
    level = points * (axes.transData.transform((0, value))[1] - axes.bbox.y0)
    wide, high = points * _size(axes, name)

    def box_at(left: float, side: str, away: float) -> np.ndarray:
        tall = _CAPITALS + high - high / len(name.split("\n")) if side == "inside" else high
        bottom = level + {"above": away, "below": -away - high, "inside": -tall / 2}[side]
        return np.array([[left, bottom], [left + wide, bottom + tall]])

    def fits(box: np.ndarray, over_bands: bool) -> bool:
        inside = box[0, 1] >= 0 and box[1, 1] <= panel.height + _AWAY
        free = inside and panel.is_free(box, over_bands)
        return free and not panel.has_a_line_between(box, level)

    for over_bands in (False, True):
        for where, left, side, away in _places(panel.width, wide):
            if fits(box_at(left, side, away), over_bands):
                return where
    # Right of the panel, where at most another name or a mark is.
    left = panel.width + OUTSIDE
    beside = np.array([[left, level - high / 2], [left + wide, level + high / 2]])
    for away, (side, sign) in itertools.product(range(30), (("above", 1), ("below", -1))):
        if panel.is_free(beside + np.array([0, sign * away]), over_bands=True):
            return f"outside {side} {away}" if away else "outside"
    return "outside"


def _places(width: float, wide: float) -> Iterator[tuple[str, float, str, float]]:
    """Places in the order of preference: their name, left end, side and distance in points."""
    start, end = 3.0, width - 1 - wide
    ends = {"end": end, "start": start}
    lefts = [start + part * (end - start) for part in _BETWEEN]
    between = {f"{(left + wide / 2) / width:.3f}": left for left in lefts}
    for places in (ends, between):
        for side, (along, left) in itertools.product(_SIDES, places.items()):
            plain = side == "above" and places is ends
            yield along if plain else f"{along} {side}", left, side, _AWAY
    for side, (along, left) in itertools.product(_SIDES[:2], {**ends, **between}.items()):
        yield f"{along} {side} {_FARTHER:g}", left, side, _FARTHER


def _points_per_pixel(axes: Axes) -> float:
    figure = axes.get_figure(root=True)
    return 72 / figure.dpi if figure else 1.0


def _size(axes: Axes, name: str) -> np.ndarray:
    """Width and height of a name as it is drawn, in pixels."""
    text = Text(0, 0, name, **NAME_FONT)
    figure = axes.get_figure(root=True)
    if figure is not None:
        text.set_figure(figure)
    return np.array(text.get_window_extent().size)


def _panel(axes: Axes, names: Collection[Text], levels: Collection[float], points: float) -> _Panel:
    lines, marks = [], []
    for line in axes.lines:
        if _is_drawn(axes, line):
            at = points * (line.get_transform().transform(line.get_xydata()) - axes.bbox.p0)
            if line.get_linestyle() not in ("None", "", " ") and len(at) > 1:
                lines.append((Path(at), line.get_linewidth() / 2))
            if _has_marks(line):
                marks.append((at, (line.get_markersize() + line.get_markeredgewidth()) / 2))
    bands = [
        Path(points * (band.get_transform().transform(outline.vertices) - axes.bbox.p0))
        for band in axes.collections
        if isinstance(band, PolyCollection)
        for outline in band.get_paths()
    ]
    heights = [axes.transData.transform((0, other))[1] - axes.bbox.y0 for other in levels]
    return _Panel(
        points * axes.bbox.width,
        points * axes.bbox.height,
        lines,
        marks,
        bands,
        [points * (text.get_window_extent().get_points() - axes.bbox.p0) for text in names],
        [points * height for height in heights],
    )


def _is_drawn(axes: Axes, line: Line2D) -> bool:
    """Curves, also level ones that were described, and marks; no line that only refers."""
    in_data = line.get_transform() == axes.transData
    return in_data or described(line) is not None or _has_marks(line)


def _has_marks(line: Line2D) -> bool:
    return line.get_marker() not in (None, "None", "", " ")


def _overlap(box: np.ndarray, other: np.ndarray) -> bool:
    """Whether two boxes, [lower left, upper right], overlap."""
    return bool((box[0] < other[1]).all() and (other[0] < box[1]).all())


def _meets(line: Path, box: np.ndarray, reach: float) -> bool:
    """Whether a line comes within reach of a box."""
    return bool(line.intersects_bbox(Bbox(box + np.array([[-reach], [reach]])), filled=False))


def _has_one(marks: np.ndarray, box: np.ndarray, reach: float) -> bool:
    """Whether a mark comes within reach of a box."""
    (left, bottom), (right, top) = box + np.array([[-reach], [reach]])
    x, y = marks.T
    return bool(((x > left) & (x < right) & (y > bottom) & (y < top)).any())
