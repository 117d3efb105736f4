"""Accuracy against epochs for several series: the drawing that methods and ablations share."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from .emergence import emergence
from .hover import describe
from .seeds import OverSeeds
from .small_print import caption
from .style import (
    DESIGNS,
    INK,
    Look,
    legend,
    reference,
    seeds_in_words,
    style,
)
from .table import (
    MissingRows,
    additive_limit,
    arithmetic,
    exact,
    learnt,
    linear,
    once_per_seed,
    one_setting,
)

#: Panel → the tasks whose mean it shows.
_PANELS = {
    "R": ("R",),
    "U": ("U1", "U2"),
    "S": ("S",),
    "mean": ("R", "U1", "U2", "S"),
}
_TITLES = {
    "R": "R  redundancy",
    "U": "U  uniqueness",
    "S": "S  synergy",
    "mean": "mean of R, U and S",
}
#: U counts once in the mean of R, U and S, as in published tables.
_WEIGHTS = {"R": 1.0, "U1": 0.5, "U2": 0.5, "S": 1.0}


def trajectories(
    table: pd.DataFrame, series: Mapping[str, tuple[Look, pd.DataFrame]], width: float
) -> Figure:
    """A panel for each of R, U, S and their mean: a line per series, with a band over seeds.

    Triangles at the foot mark where a series leaves chance for good, the median over the seeds;
    one that did not in half of the seeds has none, nor one that was above chance from the start,
    as random features can be. They are as coarse as the probed epochs.

    Args:
        table: the table that the series are part of; it says what chance is.
        series: key → its look and its rows, of one method and one loss.
        width: of the figure in inches; under 5, the panels stand in two rows.

    Raises:
        MissingRows: rows that the figure needs are missing.
        ValueError: a seed counts twice.
    """
    curves = {key: _curves(rows, look.label) for key, (look, rows) in series.items()}
    chances = {task: 100 * exact(table, task, "chance") for task in _WEIGHTS}
    with style():
        across = 4 if width >= 5 else 2
        down = 4 // across
        figure = Figure(figsize=(width, 0.35 + 1.6 * down), layout="constrained")
        panels = np.atleast_2d(figure.subplots(down, across, sharex=True)).ravel()
        counts: list[int] = []
        for axes, (panel, tasks) in zip(panels, _PANELS.items(), strict=True):
            axes.set_title(_TITLES[panel])
            marked = 0
            for k, (key, (look, rows)) in enumerate(series.items()):
                values = _panel(curves[key], tasks)
                if len(values.columns):
                    counts.append(len(values))
                    # Earlier ones of the legend lie above later ones where they coincide.
                    _series(axes, key, look, panel, values, 3 - 0.01 * k)
                    if panel != "mean":
                        of_panel = rows[rows["task"].isin(tasks)]
                        marked += _leaving(axes, key, look, of_panel, marked)
            weights = np.array([_WEIGHTS[task] for task in tasks])
            chance = float(weights @ [chances[task] for task in tasks] / weights.sum())
            reference(axes, chance, "chance", below=True)
            if panel == "S":
                reference(axes, additive_limit(table), "additive limit")
            bottom = 40.0 if panel == "S" else 0.0
            axes.set_ylim(min(bottom, axes.dataLim.y0 - 2), 103)
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.margins(x=0.03)
        for axes in panels[-across:]:
            axes.set_xlabel("epoch")
        for axes in panels[::across]:
            axes.set_ylabel("accuracy (%)")
        if not counts:
            raise MissingRows("no series has R, U1, U2 or S by the linear probe")
        mark = Line2D(
            [], [], color=INK, marker="^", ls="", mec="white", mew=0.4, ms=5, label="leaves chance"
        )
        still = [look for key, (look, _) in series.items() if _is_still(curves[key])]
        legend(figure, [look for look, _ in series.values()], [mark], dotted=still)
        caption(
            figure,
            f"Linear probe, macro accuracy; {seeds_in_words(counts)} U: mean of U1 and U2. "
            "Triangles: where a curve that starts at chance leaves it for good (median over "
            f"seeds). {DESIGNS} {arithmetic(pd.concat([rows for _, rows in series.values()]))}",
        )
    return figure


def _curves(rows: pd.DataFrame, label: str) -> dict[str, pd.DataFrame]:
    """Task → accuracy in percent: a row per seed, a column per epoch that all seeds have."""
    one_setting(rows, ["method"])
    found = {}
    for task in _WEIGHTS:
        of_task = learnt(linear(rows, "accuracy"), task)
        if len(of_task):
            once_per_seed(of_task, ["method"])
            grid = of_task.pivot(index="seed", columns="epoch", values="value")
            found[task] = 100 * grid.dropna(axis=1)
            if found[task].empty:
                raise MissingRows(f"the seeds of {label} share no probed epoch of task {task}")
    return found


def _is_still(curves: dict[str, pd.DataFrame]) -> bool:
    """Whether a series was probed at one epoch only: a floor, which does not learn."""
    return all(len(values.columns) == 1 for values in curves.values())


def _panel(curves: dict[str, pd.DataFrame], tasks: tuple[str, ...]) -> pd.DataFrame:
    """The weighted mean of some tasks where seed and epoch have them all; empty where none do."""
    if not set(tasks) <= set(curves):
        return pd.DataFrame()
    total = sum(
        (_WEIGHTS[task] * curves[task] for task in tasks[1:]), _WEIGHTS[tasks[0]] * curves[tasks[0]]
    )
    mean = total / sum(_WEIGHTS[task] for task in tasks)
    return mean.dropna(how="all").dropna(axis=1)


def _series(
    axes: Axes, key: str, look: Look, panel: str, values: pd.DataFrame, above: float
) -> None:
    over = OverSeeds.of(values.to_numpy())
    epochs = values.columns.to_numpy()
    [line] = axes.plot(
        epochs, over.mean, color=look.colour, lw=1.4, label=look.label, zorder=above - 0.5
    )
    describe(line, key)
    if over.n > 1:
        band = axes.fill_between(epochs, over.low, over.high, color=look.colour, alpha=0.18, lw=0)
        describe(band, key)
    if len(epochs) == 1:
        describe(axes.axhline(over.mean[0], color=look.colour, lw=1, ls=":"), key)
    for epoch, mean, low, high in zip(epochs, over.mean, over.low, over.high, strict=True):
        [point] = axes.plot(
            epoch, mean, look.marker, color=look.colour, mec="white", mew=0.4, ms=4, zorder=above
        )
        spread = f" ({low:.1f} to {high:.1f}, n = {over.n})" if over.n > 1 else " (n = 1)"
        describe(point, key, f"{look.label}, {panel}, epoch {epoch:g}: {mean:.1f} %{spread}")


def _leaving(axes: Axes, key: str, look: Look, rows: pd.DataFrame, below: int) -> bool:
    """Mark the median epoch of leaving chance, above the marks below it; whether there is one."""
    first = rows.loc[rows["probe"] == "linear", "epoch"].min()
    chosen = pd.concat([learnt(rows, task) for task in rows["task"].unique()])
    left = emergence(chosen)["left_chance"].fillna(np.inf).median()
    if np.isfinite(left) and left > first:
        [mark] = axes.plot(
            left,
            0.04 + 0.07 * below,
            "^",
            transform=axes.get_xaxis_transform(),
            color=look.colour,
            mec="white",
            mew=0.4,
            ms=5,
            clip_on=False,
            zorder=4,
        )
        describe(mark, key, f"{look.label} leaves chance at epoch {left:g}")
        return True
    return False
