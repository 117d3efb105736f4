"""A map of representations: their first two principal components, coloured by factor."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from interaction_probes.common.error_lines import first_line
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.style import PAGE, new_figure, style
from interaction_probes.figures.drawing.wrapped_title import TITLE_LINE, wrap_title

#: Ten colours that differ in lightness as well as in hue (after Paul Tol's muted scheme).
_COLOURS = (
    "#332288",
    "#88CCEE",
    "#44AA99",
    "#117733",
    "#999933",
    "#DDCC77",
    "#CC6677",
    "#882255",
    "#AA4499",
    "#777777",
)
_TWO = ("#9db8c9", "#D55E00")
#: As many markers, since ten colours are more than every reader tells apart. After ten classes the
#: colours return, each with the marker of the next.
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", "*", ">")
#: Array of a file → its number of dimensions, kinds of its type, and both in words.
_ARRAYS = {
    "features": (2, "f", "numbers [n, d]"),
    "factors": (2, "iu", "whole numbers [n, k]"),
    "names": (1, "U", "texts [k]"),
    "values": (2, "U", "texts [k, classes]"),
    "title": (0, "U", "a text"),
}


@dataclass(frozen=True)
class Features:
    """Representations with the factors of what they represent.

    Attributes:
        features: float [n, d].
        factors: int [n, k]: the value of each factor, from 0.
        names: of the k factors.
        values: [k, most]: the name of each value; "" where a factor has fewer.
        title: what the representations are of.
    """

    features: np.ndarray
    factors: np.ndarray
    names: np.ndarray
    values: np.ndarray
    title: str


def read_features(path: Path) -> Features:
    """Read a file of features, as the embedding command writes it.

    Raises:
        ValueError: a damaged file, arrays that are missing or do not fit each other.
        OSError: the file cannot be read.
    """
    if path.is_dir():
        hint = f": python -m interaction_probes.embed {path} -o features.npz"
        run = (path / "run.json").exists()
        raise ValueError(
            f"{path} is a folder; a map is drawn from features that embed wrote" + hint * run
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in _ARRAYS if name not in file]
            if missing:
                raise ValueError(f"it lacks {', '.join(missing)}")
            for name, (dimensions, kinds, form) in _ARRAYS.items():
                array = file[name]
                if array.ndim != dimensions or array.dtype.kind not in kinds:
                    raise ValueError(f"{name} is {form}, not {array.dtype} {list(array.shape)}")
            found = Features(
                file["features"],
                file["factors"],
                file["names"],
                file["values"],
                str(file["title"]),
            )
    except Exception as error:  # zipfile, zlib and numpy each raise kinds of their own
        if isinstance(error, OSError) and error.filename is not None:
            raise
        reason = first_line(error, "it is empty")
        if "pickle" in reason:  # numpy goes on to say how to load objects all the same
            reason = "it holds no plain arrays"
        raise ValueError(f"{path} is no file of features ({reason})") from error
    rows, k = found.factors.shape
    if not k:
        raise ValueError(f"{path}: it has no factor, and a map is coloured by one")
    fits = (
        found.features.shape[0] == rows
        and rows >= 3
        and found.features.shape[1] >= 2
        and len(found.names) == len(found.values) == k
        and np.isfinite(found.features).all()
        and found.factors.min() >= 0
        and found.factors.max() < found.values.shape[1]
    )
    if not fits:
        raise ValueError(f"{path}: its arrays do not fit each other, or are not finite")
    return found


def principal_components(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first two, of standardised features: places [n, 2] and their shares of the variance [2].

    The sign of a component, which is free, makes its largest weight positive. Features that do not
    vary are left out.

    Raises:
        ValueError: fewer than two directions in which the features vary.
    """
    centred = features.astype(float) - features.mean(0)
    spread = centred.std(0)
    varying = spread > 1e-6 * max(float(spread.max()), 1e-12)
    centred = centred[:, varying] / spread[varying]
    if centred.shape[1] < 2:
        raise ValueError("the features vary in fewer than two directions")
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    first = directions[:, ::-1][:, :2]
    first = first * np.sign(first[np.abs(first).argmax(0), (0, 1)])
    return centred @ first, variances[::-1][:2] / variances.sum()


def embedding(data: Features, width: float = PAGE) -> Figure:
    """One map per factor, all with the same places; the classes are named below.

    Up to ten classes each have a colour and a marker of their own, up to a hundred a colour with a
    marker.

    Raises:
        ValueError: features that cannot be mapped, or more than a hundred classes.
    """
    most = len(_COLOURS) * len(_MARKERS)
    if data.factors.max() >= most:
        raise ValueError(f"up to {most} classes can be told apart, not {data.factors.max() + 1}")
    places, shares = principal_components(data.features)
    k = len(data.names)
    across = min(k, 4 if width >= 5 else 2)
    down = -(-k // across)
    rows = -(-data.values.shape[1] // 2)  # of the names below a panel
    reach = 1.04 * np.abs(places).max(0)
    # From a flat panel to a square one: a cloud of another form leaves room beside it.
    reach = np.maximum(reach, (reach[1], 0.4 * reach[0]))
    side = width / across - 0.083
    height = float(reach[1] / reach[0]) * side
    with style():
        titles = [wrap_title(str(name), side) for name in data.names]
        breaks = [title.count("\n") for title in titles]
        more = TITLE_LINE * sum(max(breaks[j : j + across]) for j in range(0, k, across))
        figure = new_figure(width, 0.02 + down * (0.3 + 0.115 * rows + height) + more)
        panels = np.atleast_2d(figure.subplots(down, across, sharex=True, sharey=True)).ravel()
        for axes in panels[k:]:
            axes.set_axis_off()
        for j, axes in enumerate(panels[:k]):
            axes.set_title(titles[j])
            _scatter(axes, places, data.factors[:, j], data.values[j])
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_aspect("equal")
            axes.spines[["top", "right"]].set_visible(True)
            for spine in axes.spines.values():
                spine.set_color("#c8c8c8")
        panels[0].set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))
        caption(
            figure,
            f"{data.title}, n = {len(places)}. First two principal components of standardised "
            f"features: {100 * shares[0]:.0f} % and {100 * shares[1]:.0f} % of the variance.",
        )
    return figure


def _look(value: int, colours: tuple[str, ...]) -> tuple[str, str]:
    """The colour and the marker of a class."""
    turn, colour = divmod(value, len(colours))
    return colours[colour], _MARKERS[(colour + turn) % len(_MARKERS)]


def _scatter(axes: Axes, places: np.ndarray, classes: np.ndarray, names: np.ndarray) -> None:
    present = np.unique(classes)
    colours = _TWO if present.max() < len(_TWO) else _COLOURS
    # The rarer class of two is drawn last, over the other.
    by_size = sorted(present, key=lambda c: -int((classes == c).sum()))
    for value in by_size if len(present) <= 2 else present:
        x, y = places[classes == value].T
        colour, marker = _look(value, colours)
        axes.scatter(x, y, s=5, marker=marker, color=colour, alpha=0.6, lw=0, rasterized=True)
    handles = [
        Line2D([], [], marker=marker, ls="", color=colour, ms=3.5, mew=0, label=names[value])
        for value in present
        for colour, marker in [_look(value, colours)]
    ]
    axes.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        ncols=2,
        fontsize=6,
        handletextpad=0,
        columnspacing=0.6,
        labelspacing=0.25,
        borderpad=0.2,
    )
