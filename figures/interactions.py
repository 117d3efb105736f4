"""Redundancy, uniqueness and synergy of every method, beside what was published."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.published import (
    comparable_published,
    published_notes,
    published_scale,
    why_none_published,
)
from interaction_probes.analysis.results_table import check_one_run_per_seed
from interaction_probes.analysis.row_filters import (
    additive_limit,
    default_loss_rows,
    exact_value,
    final_scores,
    initial_rows,
    linear_probe_rows,
    rows_by_learnt_design,
    usual_design_rows,
)
from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.design_styles import designs_note
from interaction_probes.figures.drawing.hover import describe
from interaction_probes.figures.drawing.level_lines import reference_line
from interaction_probes.figures.drawing.seed_counts import seeds_in_words
from interaction_probes.figures.drawing.style import (
    HALO,
    INK,
    PAGE,
    TASKS,
    MethodStyle,
    legend,
    method_styles,
    new_figure,
    style,
    value_label,
)

#: Of a row, from its middle downwards: where bars and published values are, how high a bar is.
_BAR, _BELOW, _HEIGHT = -0.12, 0.33, 0.54
_GREY = "#8a8a8a"
_DOT: dict[str, Any] = {"marker": "o", "ms": 1.7, "mfc": "white", "mec": INK, "mew": 0.4}
_TICK: dict[str, Any] = {"mec": INK, "mew": 0.8}
_DIAMOND: dict[str, Any] = {"marker": "D", "ms": 3, "mfc": "white", "mec": INK, "mew": 0.7}


def interactions(
    table: pd.DataFrame, published: pd.DataFrame | None = None, width: float = PAGE
) -> Figure:
    """Accuracy of R, U1, U2 and S: a panel per task, a row per method.

    Bars are means over seeds at the last epoch, with 95 % intervals and a dot per seed, printed at
    the right. A tick across a bar is what the same runs read before their first step. R and U are
    taken from runs on unbiased pairs, S from biased ones. Bars of S start at chance.

    Args:
        table: tidy results; runs with other loss weights or strengths are left out.
        published: method, task and accuracy in percent, drawn as hollow diamonds below the bars
            where they are about what the table measures as
            :func:`interaction_probes.analysis.published.comparable_published` finds them.
        width: of the figure in inches; under 5, the panels stand in two rows.

    Raises:
        MissingRows: rows or columns that the figure needs are missing.
        ValueError: mixed presets, or a seed that counts twice.
    """
    rows = final_scores(table, "accuracy")
    before = initial_rows(
        usual_design_rows(default_loss_rows(linear_probe_rows(table, "accuracy")))
    )
    methods = method_styles(rows["method"], table["method"])
    none_shown = ""
    if published is not None:
        if why := why_none_published(published, table):
            none_shown = f"No published values are shown: {why}. "
        published = comparable_published(published, table)
        shown = published["method"].isin(list(methods)) & published["task"].isin(list(TASKS))
        published = published[shown & published["accuracy"].notna()]
    with style():
        across = 4 if width >= 5 else 2
        down = 4 // across
        figure = new_figure(width, 0.25 + down * (0.95 + 0.185 * len(methods)))
        panels = np.atleast_2d(figure.subplots(down, across, sharey=True)).ravel()
        counts: dict[tuple[str, str], int] = {}
        untrained = False
        for axes, (task, meaning) in zip(panels, TASKS.items(), strict=True):
            of_task = rows_by_learnt_design(rows, task)
            if of_task.empty:
                raise MissingRows(f"the table has no accuracy of task {task} by the linear probe")
            check_one_run_per_seed(of_task, ["method"])
            chance = 100 * exact_value(table, task, "chance")
            start = rows_by_learnt_design(before, task).groupby("method")["value"].mean()
            axes.set_title(f"{task}  {meaning}")
            for y, (name, method_style) in enumerate(methods.items()):
                values = 100 * of_task[of_task["method"] == name]["value"].to_numpy()
                if len(values):
                    counts[method_style.label, task] = len(values)
                    _bar(
                        axes, y, values, chance if task == "S" else 0.0, (name, method_style, task)
                    )
                else:
                    value_label(axes, y + _BAR, "–", 20)
                if len(values) and name in start:
                    _untrained(axes, y, 100 * float(start[name]), (name, method_style, task))
                    untrained = True
            if published is not None:
                _published(axes, published[published["task"] == task], methods)
            reference_line(axes, chance, "chance", vertical=True)
            if task == "S":
                reference_line(axes, additive_limit(table), "additive\nlimit", vertical=True)
            _set_axes(axes, task, methods)
        for axes in panels[-across:]:
            axes.set_xlabel("accuracy (%)")
        theirs = published is not None and len(published) > 0
        legend(figure, (), _handles(max(counts.values()), untrained, theirs))
        caption(
            figure,
            f"Linear probe, macro accuracy; {seeds_in_words(counts)} Bars of S start at chance. "
            f"{_of_others(published, methods) if published is not None and theirs else none_shown}"
            f"{designs_note(rows)} {footnotes(rows, table)}",
        )
    return figure


def _set_axes(axes: Axes, task: str, methods: dict[str, MethodStyle]) -> None:
    """A row per method, and percent below; those of S begin near chance."""
    axes.set_xlim(min(40.0, axes.dataLim.x0 - 2) if task == "S" else 0.0, 100)
    axes.set_xticks([50, 75, 100] if task == "S" else [0, 50, 100])
    axes.set_ylim(len(methods) - 0.4, -1.6)
    rows_at = np.arange(len(methods)) + _BAR
    axes.set_yticks(rows_at, [method_style.label for method_style in methods.values()])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)


def _handles(most: int, before: bool, published: bool) -> list[Line2D]:
    """What the marks on and below the bars are, of those that are drawn."""
    found = []
    if most > 1:
        found = [
            Line2D([], [], color=INK, lw=1.2, label="interval over seeds"),
            Line2D([], [], ls="", label="seed", **_DOT),
        ]
    if before:
        found.append(Line2D([], [], ls="", marker="|", ms=6, label="untrained (epoch 0)", **_TICK))
    if published:
        found.append(Line2D([], [], color=_GREY, lw=0.8, label="published", **_DIAMOND))
    return found


def _of_others(published: pd.DataFrame, methods: dict[str, MethodStyle]) -> str:
    """What a reader must know of the published values."""
    spread = ", ± standard deviation" if "std" in published else ""
    told = [f"Diamonds: published{spread}{published_scale(published)}. "]
    told += [
        f"{methods[name].label}, published: {note}. "
        for name, note in published_notes(published).items()
    ]
    return "".join(told)


def _bar(
    axes: Axes, y: float, values: np.ndarray, start: float, whose: tuple[str, MethodStyle, str]
) -> None:
    name, method_style, task = whose
    over = OverSeeds.of(values[:, None])
    mean, low, high = (float(part[0]) for part in (over.mean, over.low, over.high))
    text = f"{method_style.label}, {task}: {mean:.1f} % (n = {over.n})"
    if over.n > 1:
        text = f"{method_style.label}, {task}: {mean:.1f} % ({low:.1f} to {high:.1f}, n = {over.n})"
    y = y + _BAR
    [bar] = axes.barh(y, mean - start, height=_HEIGHT, left=start, color=method_style.colour, lw=0)
    describe(bar, name, text)
    if over.n > 1:
        at = y - 0.2 * _HEIGHT
        [interval] = axes.plot(
            [low, high], [at, at], color=INK, lw=1.2, zorder=3, path_effects=HALO
        )
        [dots] = axes.plot(values, np.full(over.n, y + 0.27 * _HEIGHT), ls="", zorder=4, **_DOT)
        describe(interval, name)
        describe(dots, name)
    value_label(axes, y, f"{mean:.1f}", 20)


def _untrained(axes: Axes, y: int, value: float, whose: tuple[str, MethodStyle, str]) -> None:
    """A thin tick across a bar, beyond its edges."""
    name, method_style, task = whose
    ends = y + _BAR + 0.62 * _HEIGHT * np.array([-1, 1])
    [tick] = axes.plot(
        [value, value], ends, color=INK, lw=0.8, zorder=2.8, path_effects=HALO, clip_on=False
    )
    describe(tick, name, f"{method_style.label}, {task}, untrained: {value:.1f} %")


def _published(axes: Axes, published: pd.DataFrame, methods: dict[str, MethodStyle]) -> None:
    """Diamonds in the lower part of each row, below the bar."""
    order = list(methods)
    spreads = pd.to_numeric(
        published.get("std", pd.Series(np.nan, published.index)), errors="coerce"
    )
    for name, value, spread in zip(
        published["method"], published["accuracy"], spreads, strict=True
    ):
        y = order.index(name) + _BELOW
        if spread > 0:
            ends = np.clip([value - spread, value + spread], 0, 100)
            [whisker] = axes.plot(ends, [y, y], color=_GREY, lw=0.8, zorder=4, clip_on=False)
            describe(whisker, name)
        [mark] = axes.plot(value, y, ls="", zorder=5, clip_on=False, **_DIAMOND)
        text = f"{methods[name].label}, published: {value:.1f}"
        describe(mark, name, f"{text} ± {spread:.1f} %" if spread > 0 else f"{text} %")
