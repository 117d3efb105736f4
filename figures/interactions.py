"""Redundancy, uniqueness and synergy of every method, beside what was published."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .hover import describe
from .published import beside, notes, scale
from .seeds import OverSeeds
from .small_print import caption
from .style import (
    DESIGNS,
    HALO,
    INK,
    PAGE,
    TASKS,
    Look,
    looks,
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
    once_per_seed,
    plain_scores,
)


def interactions(
    table: pd.DataFrame, published: pd.DataFrame | None = None, width: float = PAGE
) -> Figure:
    """Accuracy of R, U1, U2 and S: a panel per task, a bar per method.

    Bars are means over seeds at the last epoch, with 95 % intervals and a dot per seed, printed at
    the right. R and U are taken from runs on unbiased pairs, S from biased ones. Bars of S start
    at chance.

    Args:
        table: tidy results; runs with other loss weights or strengths are left out.
        published: method, task and accuracy in percent, drawn as hollow diamonds where they are
            about what the table measures (:func:`.published.beside`).
        width: of the figure in inches; under 5, the panels stand in two rows.

    Raises:
        MissingRows: rows or columns that the figure needs are missing.
        ValueError: mixed presets, or a seed that counts twice.
    """
    rows = plain_scores(table, "accuracy")
    methods = looks(rows["method"])
    if published is not None:
        published = beside(published, table)
        published = published[published["method"].isin(list(methods))]
    with style():
        across = 4 if width >= 5 else 2
        down = 4 // across
        figure = Figure(
            figsize=(width, 0.1 + down * (0.55 + 0.19 * len(methods))), layout="constrained"
        )
        panels = np.atleast_2d(figure.subplots(down, across, sharey=True)).ravel()
        counts = []
        for axes, (task, meaning) in zip(panels, TASKS.items(), strict=True):
            of_task = learnt(rows, task)
            if of_task.empty:
                raise MissingRows(f"the table has no accuracy of task {task} by the linear probe")
            once_per_seed(of_task, ["method"])
            chance = 100 * exact(table, task, "chance")
            axes.set_title(f"{task}  {meaning}")
            for y, (name, look) in enumerate(methods.items()):
                values = 100 * of_task[of_task["method"] == name]["value"].to_numpy()
                if len(values):
                    counts.append(len(values))
                    _bar(axes, y, values, chance if task == "S" else 0.0, (name, look, task))
                else:
                    _readout(axes, y, "–")
            if published is not None:
                _published(axes, published[published["task"] == task], methods)
            reference(axes, chance, "chance", vertical=True)
            if task == "S":
                reference(axes, additive_limit(table), "additive\nlimit", vertical=True)
            left = min(40.0, axes.dataLim.x0 - 2) if task == "S" else 0.0
            axes.set_xlim(left, 100)
            axes.set_ylim(len(methods) - 0.45, -1.35)
            axes.set_yticks(range(len(methods)), [look.label for look in methods.values()])
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="y", visible=False)
            axes.set_xticks([50, 75, 100] if task == "S" else [0, 50, 100])
        for axes in panels[-across:]:
            axes.set_xlabel("accuracy (%)")
        marks = "Dots: seeds. " if max(counts) > 1 else ""
        if published is not None and len(published):
            spread = ", ± standard deviation" if "std" in published else ""
            marks += f"Hollow diamonds: published{spread}{scale(published)}. "
            for name, note in notes(published).items():
                marks += f"{methods[name].label}, published: {note}. "
        caption(
            figure,
            f"Linear probe, macro accuracy; {seeds_in_words(counts)} {marks}{DESIGNS} "
            f"{arithmetic(rows)}",
        )
    return figure


def _bar(
    axes: Axes, y: int, values: np.ndarray, start: float, whose: tuple[str, Look, str]
) -> None:
    name, look, task = whose
    over = OverSeeds.of(values[:, None])
    mean, low, high = (float(part[0]) for part in (over.mean, over.low, over.high))
    text = f"{look.label}, {task}: {mean:.1f} % (n = {over.n})"
    if over.n > 1:
        text = f"{look.label}, {task}: {mean:.1f} % ({low:.1f} to {high:.1f}, n = {over.n})"
    [bar] = axes.barh(y, mean - start, height=0.66, left=start, color=look.colour, lw=0)
    describe(bar, name, text)
    if over.n > 1:
        [interval] = axes.plot([low, high], [y, y], color=INK, lw=1.2, zorder=3, path_effects=HALO)
        dots = axes.scatter(
            values, np.full(over.n, y + 0.24), s=2.5, fc="white", ec=INK, lw=0.4, zorder=4
        )
        describe(interval, name)
        describe(dots, name)
    _readout(axes, y, f"{mean:.1f}")


def _readout(axes: Axes, y: int, text: str) -> None:
    """A value in a column at the right of a panel."""
    axes.annotate(
        text,
        (1, y),
        (20, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=6.5,
    )


def _published(axes: Axes, published: pd.DataFrame, methods: dict[str, Look]) -> None:
    order = list(methods)
    spreads = pd.to_numeric(
        published.get("std", pd.Series(np.nan, published.index)), errors="coerce"
    )
    for name, value, spread in zip(
        published["method"], published["accuracy"], spreads, strict=True
    ):
        y = order.index(name)
        if spread > 0:
            ends = np.clip([value - spread, value + spread], 0, 100)
            axes.plot(ends, [y, y], color=INK, lw=0.7, zorder=4, path_effects=HALO, clip_on=False)
        [mark] = axes.plot(
            value,
            y,
            "D",
            mfc="white",
            mec=INK,
            ms=4,
            mew=0.9,
            zorder=5,
            clip_on=False,
        )
        text = f"{methods[name].label}, published: {value:.1f}"
        describe(mark, name, f"{text} ± {spread:.1f} %" if spread > 0 else f"{text} %")
