"""Level lines such as chance, each with its name: where in the panel, or beside it, that stands."""

import itertools
from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from .label_placement import NAME_FONT, OUTSIDE, label_position
from .style import FAINT, HALO

#: How every name of a line is drawn: on its line and the grid, and below all that is measured.
_NAME: dict[str, Any] = {
    "textcoords": "offset points",
    "color": FAINT,
    "path_effects": HALO,
    "zorder": 1.6,
    **NAME_FONT,
}


def reference_line(
    axes: Axes, value: float, name: str, vertical: bool = False, where: str = "end"
) -> Text:
    """A dashed line across a panel and its name, which it returns.

    Args:
        axes: the panel.
        value: where the line is.
        name: what it is called.
        vertical: across from below, named at its upper end, and not level, named above it.
        where: a level line is named at its right "end", its left "start", or centred on a part of
            its width such as "0.5", above it, "… below" it or "… inside" it, in points away from
            it as "end above 10", or right of the panel, "outside" at its height or "outside above
            4" points of it; a vertical one behind its "end" or before it, at its "start".
    """
    _line(axes, value, vertical)
    if not vertical:
        return _level_name(axes, value, name, where)
    start = where == "start"
    return axes.annotate(
        name,
        (value, 1.0),
        (-2 if start else 2, -1.0),
        xycoords=("data", "axes fraction"),
        ha="right" if start else "left",
        va="top",
        **_NAME,
    )


def name_levels(figure: Figure, levels: Iterable[tuple[Axes, float, str]]) -> None:
    """Level lines with their names, in no curve's way: the last that is drawn into a figure.

    Args:
        figure: all of it but for these lines.
        levels: the panel, the value and the name of each.
    """
    left = list(levels)
    values: dict[Axes, list[float]] = {}
    for axes, value, _ in left:
        _line(axes, value, vertical=False)
        values.setdefault(axes, []).append(value)
    beside: dict[Axes, list[Text]] = {}  # names right of their panels
    engine = figure.get_layout_engine()
    while True:
        if engine is not None:
            engine.execute(figure)  # panels have their size then
        within: dict[Axes, list[Text]] = {}
        for k, (axes, value, name) in enumerate(left):
            others = [other for other in values[axes] if other != value]
            names = [*beside.get(axes, ()), *within.setdefault(axes, [])]
            where = label_position(axes, name, value, names, others)
            text = _level_name(axes, value, name, where)
            if where.startswith("outside"):
                beside.setdefault(axes, []).append(text)
                del left[k]
                break
            within[axes].append(text)
        else:
            return
        # The name beside a panel takes room from all: the others are placed anew.
        for text in itertools.chain.from_iterable(within.values()):
            text.remove()


def _line(axes: Axes, value: float, vertical: bool) -> None:
    draw = axes.axvline if vertical else axes.axhline
    draw(value, color=FAINT, lw=0.9, ls=(0, (4, 2)), zorder=1.5)


def _level_name(axes: Axes, value: float, name: str, where: str) -> Text:
    """The name of a level line, placed as `where` of :func:`reference_line`."""
    along, side, away = [*where.split(), *("above", "3")[where.count(" ") :]]
    start, outside = along == "start", along == "outside"
    between = not (start or outside or along == "end")
    at = float(along) if between else 0.0 if start else 1.0
    right = OUTSIDE if outside else 0 if between else 3 if start else -1
    if where == "outside" or side == "inside":
        away = "0"
    named = axes.annotate(
        name,
        (at, value),
        (right, -float(away) if side == "below" else float(away)),
        xycoords=("axes fraction", "data"),
        ha="center" if between else "left" if start or outside else "right",
        va="center" if outside or side == "inside" else "top" if side == "below" else "bottom",
        **_NAME,
    )
    if side == "inside":
        named.set_bbox({"fc": "white", "ec": "none", "pad": 0.8})
    return named
