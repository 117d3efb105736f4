"""The style of every figure: readable at column width, safe for colour-blind readers."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from interaction_probes.analysis.names import METHOD_LABELS, method_labels
from interaction_probes.common.plotting import PlainFigure, default_settings

#: Widths in inches: one column of a two-column paper, and both.
COLUMN, PAGE = 3.3, 6.8
#: Okabe & Ito's palette: of what is no method.
OTHER_COLOURS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9")
INK = "#333333"
#: Keeps a thin dark line visible on a dark bar.
HALO = (withStroke(linewidth=2, foreground="white"),)
FAINT = "#767676"  # the lightest grey that is readable on white (contrast 4.5)
#: Task → what it measures.
TASKS = {
    "R": "redundancy",
    "U1": "uniqueness",
    "U2": "uniqueness",
    "S": "synergy",
}


#: Sizes of markers with less or more ink than a circle of the same width, in its size.
_SIZES = {"*": 1.6, "P": 1.3, "X": 1.2, "d": 1.2, "D": 0.88}


@dataclass(frozen=True)
class MethodStyle:
    """A method's style in every figure: its name in print, its colour and its marker.

    A variant of a method has a shade of its colour, and a line and a marker of its own: `dash` is
    a pattern as matplotlib knows it, and marks on dashed lines are hollow.
    """

    label: str
    colour: str
    marker: str
    dash: Any = "-"

    def mark(self, size: float) -> dict[str, Any]:
        """The style of its marker, as keyword arguments of matplotlib.

        Args:
            size: of a circle in points; another marker is drawn as large as it looks beside one.
        """
        found = {"marker": self.marker, "ms": size * _SIZES.get(self.marker, 1.0)}
        if self.dash == "-":
            return found | {"mfc": self.colour, "mec": "white", "mew": 0.4}
        return found | {"mfc": "white", "mec": self.colour, "mew": 0.9}


#: Ceilings are dark and floors grey. Without colour methods are told apart by their markers, and
#: the two of one marker by their lightness. None is the triangle that marks epochs of leaving
#: chance.
_METHOD_STYLES = {
    "comm": ("#0072B2", "o"),
    "infmasking": ("#D55E00", "s"),
    "factorcl": ("#009E73", "p"),
    "cross_self": ("#CC79A7", "D"),
    "clip": ("#E69F00", "v"),
    "symile": ("#6A3D9A", "D"),
    "gram": ("#8C510A", "*"),
    "triangle": ("#01665E", "X"),
    "confu": ("#C51B7D", "P"),
    "hril": ("#B2182B", "v"),
    "coral": ("#F88D72", "o"),
    "decur": ("#7F7F00", "h"),
    "disentangled": ("#1B7837", "d"),
    "mae": ("#C49C6B", "h"),
    "simclr": ("#56B4E9", "P"),
    "supervised": ("#1a1a1a", "*"),
    "random_init": ("#7a7a7a", "X"),
    "pixels": ("#b0b0b0", "d"),
}
#: Of a user's own methods: every colour with every marker, first with the two that no other has.
_USER_COLOURS = (
    "#332288",
    "#882255",
    "#999933",
    "#44AA99",
    "#661100",
    "#DDCC77",
    "#117733",
    "#AA4499",
)
_USER_MARKERS = (("<", ">"), ("H", "8"))

_SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 7.8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "butt",  # intervals end where they end
    "figure.dpi": 100,
    "text.parse_math": False,  # a name with dollar signs is no formula
    "pdf.fonttype": 42,  # letters stay letters, as publishers ask
    "svg.hashsalt": "interaction-probes",  # the same figure, the same bytes
}


@contextmanager
def style() -> Iterator[None]:
    """Apply the style inside a ``with`` block, on top of matplotlib's defaults."""
    with default_settings(_SETTINGS):
        yield


def new_figure(width: float, height: float, layout: str | None = "constrained") -> Figure:
    """An empty figure that is drawn in the style, whatever the session's settings are.

    Args:
        width: in inches.
        height: in inches, before its caption.
        layout: of matplotlib's layout engines, or None where axes are placed by hand.
    """
    return PlainFigure(_SETTINGS, figsize=(width, height), layout=layout)


def method_styles(
    methods: Iterable[str], table_methods: Iterable[str] = ()
) -> dict[str, MethodStyle]:
    """The style of each method, in the order of every legend; a user's own methods come last.

    Those take their colours, markers and labels in the order of their names, and up to 32 differ.

    Args:
        methods: those to show.
        table_methods: all of the table that they are from, so that every figure of the table shows
            a method alike.
    """
    found = set(methods)
    every = found.union(table_methods)
    labels = method_labels(every)
    own = sorted(every - set(METHOD_LABELS))
    looks = _METHOD_STYLES | {name: _user_style(k) for k, name in enumerate(own)}
    return {
        name: MethodStyle(labels[name], *looks[name])
        for name in [*METHOD_LABELS, *own]
        if name in found
    }


def _user_style(k: int) -> tuple[str, str]:
    """Colour and marker of the k-th of a user's own methods."""
    turn, colour = divmod(k, len(_USER_COLOURS))
    markers = _USER_MARKERS[turn // 2 % len(_USER_MARKERS)]
    return _USER_COLOURS[colour], markers[(colour + turn) % len(markers)]


def legend(
    figure: Figure,
    entries: Iterable[MethodStyle],
    more: Sequence[Line2D] = (),
    dotted: Collection[MethodStyle] = (),
    title: str | None = None,
) -> None:
    """Names of lines above a figure, then those of further marks by their own labels."""
    lines = [
        Line2D(
            [],
            [],
            ls=":" if method_style in dotted else method_style.dash,
            color=method_style.colour,
            label=method_style.label,
            **method_style.mark(5),
        )
        for method_style in entries
    ]
    handles = [*lines, *more]
    if not handles:
        return
    size = 7.5 if figure.get_figwidth() >= 5 else 6.5
    figure.legend(
        handles=handles,
        loc="outside upper center",
        title=title,
        title_fontproperties={"size": 8, "weight": "bold"},
        ncols=_columns([str(handle.get_label()) for handle in handles], size, figure),
        fontsize=size,
        columnspacing=1.0,
        handlelength=1.6,
        handletextpad=0.5,
        labelspacing=0.3,
    )


def _columns(labels: Sequence[str], size: float, figure: Figure) -> int:
    """Into how many columns a legend of these labels can be set, up to six, to fit a figure."""
    room = 72 * figure.get_figwidth() / size  # in the size of its letters
    for columns in range(min(len(labels), 6), 1, -1):
        parts = np.array_split([0.58 * len(label) for label in labels], columns)
        if sum(part.max() + 3.1 for part in parts) < room:
            rows = -(-len(labels) // columns)
            return -(-len(labels) // rows)  # no row with a single entry left over
    return 1


def value_label(axes: Axes, y: float, text: str, shift: int) -> None:
    """A value printed right of a panel.

    Args:
        axes: the panel.
        y: the row, in data coordinates.
        text: the value.
        shift: from the panel's edge to the right end of the text, in points.
    """
    axes.annotate(
        text,
        (1, y),
        (shift, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=6.5,
    )
