"""Learning curves of one method: what it exposes of R, U1, U2 and S, epoch by epoch."""

import itertools
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import FAINT, INK, OTHER_COLOURS, PAIRS_COLOURS, style
from .table import MissingRows, additive_limit

_PANELS = {
    "R": "R  redundancy",
    "U1": "U1  unique to image 1",
    "U2": "U2  unique to image 2",
    "S": "S  synergy",
}
_COLUMNS = {"pairs", "seed", "epoch", "task", "probe", "metric", "value"}

_LEGEND_COLUMNS = 3  # more would reach beyond the figure


def curves(
    table: pd.DataFrame,
    published: Mapping[str, float] | None = None,
    emergence: pd.DataFrame | None = None,
) -> Figure:
    """Accuracy (above) and bits (below) against epochs, one column per task.

    Args:
        table: tidy metrics of one or more runs of one method; lines are means over seeds.
        published: task → published accuracy in percent, drawn as hollow marks at the right.
        emergence: per run and task the epoch at which it ``left_chance`` for good and that at
            which it ``reached_90`` % of its last value, drawn as triangles at the foot of the
            panel: medians over the seeds in which it did.

    Returns:
        A figure that belongs to no window: save it with ``figure.savefig``.

    Raises:
        MissingRows: a table without rows or columns that the figure needs.
    """
    missing = _COLUMNS - set(table.columns)
    if missing:
        raise MissingRows(f"the table lacks the columns {', '.join(sorted(missing))}")
    linear = table[table["probe"] == "linear"]
    if linear.empty:
        raise MissingRows("the table has no rows of the linear probe")
    exact = table[table["probe"] == "exact"]
    with style():
        figure = Figure(figsize=(7.2, 3.9), layout="constrained")
        axes = figure.subplots(2, len(_PANELS), sharex=True)
        others = itertools.cycle(OTHER_COLOURS)
        colours = {p: PAIRS_COLOURS.get(p) or next(others) for p in sorted(set(linear["pairs"]))}
        last = int(linear["epoch"].max())
        for (task, title), (above, below) in zip(_PANELS.items(), axes.T, strict=True):
            above.set_title(title)
            of_task = linear[linear["task"] == task]
            truth = exact[exact["task"] == task].groupby("metric")["value"].first()
            _curves(above, of_task, "accuracy", 100.0, colours)
            _curves(below, of_task, "bits", 1.0, colours)
            above.set_ylim(_floor(above, 46 if task == "S" else 0), 104)
            if "chance" in truth:
                _reference(above, 100 * truth["chance"], "chance", last)
            if task == "S":
                limit = additive_limit(table)
                _reference(above, limit, f"additive limit, {limit:.0f} %", last)
            if emergence is not None:
                _emergence(above, emergence[emergence["task"] == task], colours)
            if published and task in published:
                above.plot(
                    last,
                    published[task],
                    "o",
                    mfc="white",
                    mec=INK,
                    ms=5,
                    mew=1.1,
                    clip_on=False,
                    zorder=5,
                )
            if "bits" in truth:
                _reference(below, truth["bits"], "exact truth", last)
                below.set_ylim(_floor(below, -0.06 * truth["bits"]), 1.13 * truth["bits"])
            below.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            below.set_xlabel("epoch")
            below.set_xlim(0, max(last, 1))
        axes[0, 0].set_ylabel("linear probe, accuracy (%)")
        axes[1, 0].set_ylabel("usable information (bits)")
        _legend(figure, axes[0, 0], linear, bool(published), emergence is not None)
    return figure


def _curves(
    axes: Axes, rows: pd.DataFrame, metric: str, scale: float, colours: Mapping[str, str]
) -> None:
    for pairs, colour in colours.items():
        chosen = rows[(rows["metric"] == metric) & (rows["pairs"] == pairs)]
        if chosen.empty:
            continue
        by_epoch = chosen.groupby("epoch")["value"]
        mean = scale * by_epoch.mean()
        axes.plot(
            mean.index, mean, color=colour, label=f"{pairs} pairs", marker=".", ms=4, clip_on=False
        )
        if chosen["seed"].nunique() > 1:
            axes.fill_between(
                mean.index,
                scale * by_epoch.min(),
                scale * by_epoch.max(),
                color=colour,
                alpha=0.18,
                lw=0,
            )


def _emergence(axes: Axes, rows: pd.DataFrame, colours: Mapping[str, str]) -> None:
    for pairs, colour in colours.items():
        of_pairs = rows[rows["pairs"] == pairs]
        for name, face in (("left_chance", colour), ("reached_90", "white")):
            epochs = of_pairs[name].dropna()
            if not epochs.empty:
                axes.plot(
                    epochs.median(),
                    0.03,
                    "^",
                    transform=axes.get_xaxis_transform(),
                    mec=colour,
                    mfc=face,
                    ms=4.5,
                    mew=1,
                    clip_on=False,
                    zorder=4,
                )


def _floor(axes: Axes, usual: float) -> float:
    """The lower limit of an axis: the usual one, unless a curve runs below it."""
    lowest = float(axes.dataLim.y0)  # infinite where nothing is drawn
    return usual if lowest >= usual else lowest - 0.04 * abs(usual - lowest)


def _reference(axes: Axes, value: float, name: str, last: int) -> None:
    axes.axhline(value, color=FAINT, lw=0.9, ls=(0, (4, 2)), zorder=1)
    axes.annotate(
        name,
        (last, value),
        xytext=(-2, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=6.5,
        color=FAINT,
    )


def _legend(
    figure: Figure, axes: Axes, rows: pd.DataFrame, published: bool, emergence: bool
) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if published:
        handles += axes.plot([], [], "o", mfc="white", mec=INK, ms=5, mew=1.1)
        labels += ["published (224 px, 100 epochs)"]
    if emergence:
        for face, label in ((INK, "leaves chance"), ("white", "90 % of its rise")):
            handles += axes.plot([], [], "^", mec=INK, mfc=face, ms=4.5, mew=1)
            labels += [label]
    seeds = rows["seed"].nunique()
    spread = "mean and range" if seeds > 1 else "one run"
    title = f"{', '.join(sorted(set(rows.get('method', []))))}   n = {seeds}, {spread}"
    figure.legend(
        handles,
        labels,
        loc="outside upper center",
        ncols=min(len(labels), _LEGEND_COLUMNS),
        title=title,
        title_fontsize=8,
    )
