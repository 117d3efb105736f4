"""Accuracy against epochs for several series: the drawing that methods and ablations share."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from interaction_probes.analysis.agreement import check_comparable, check_same_settings
from interaction_probes.analysis.conclusions.emergence import emergence
from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.results_table import check_one_run_per_seed
from interaction_probes.analysis.row_filters import (
    exact_value,
    linear_probe_rows,
    rows_by_learnt_design,
)
from interaction_probes.analysis.schema import RUN_COLUMNS
from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.analysis.table_files import MissingRows

from .caption import caption
from .curve_panel import leaving_mark, mark_leaving
from .design_styles import designs_note
from .hover import describe
from .level_lines import name_levels
from .seed_counts import seeds_in_words
from .style import (
    MethodStyle,
    legend,
    new_figure,
    style,
)
from .task_panels import TaskPanels, task_panels

#: Percent: curves of a panel that are nowhere further apart lie on one another, and take turns.
_COINCIDING = 1.0
_DASH_LENGTH = 2.2  # the length of a turn, in widths of the line
_TURNS_NOTE = "Curves that coincide take turns, dash by dash and mark by mark. "
_TRIANGLES_NOTE = (
    "Triangles: where a curve that starts at chance leaves it for good, in most seeds. "
)
#: What is read of the linear probe, and what chance is.
_METRICS = ("accuracy", "accuracy_low", "chance")


def trajectories(
    table: pd.DataFrame, series: Mapping[str, tuple[MethodStyle, pd.DataFrame]], width: float
) -> Figure:
    """A panel for each of R, U, S and their mean: a line per series, with a band over seeds.

    Of three images and more a panel for each task of R and S, and for U.

    Triangles at the foot mark where a series leaves chance for good: the probed epoch by which more
    than half of the seeds have. One that did not in half of the seeds has none, nor one that was
    above chance from the start in half of them, as random features can be.

    Args:
        table: the table that the series are part of; it says what chance is.
        series: key → its look and its rows, of one method and one loss.
        width: of the figure in inches; under 5, the panels stand in two rows.

    Raises:
        MissingRows: rows that the figure needs are missing.
        ValueError: a seed counts twice.
    """
    series = {
        key: (method_style, rows[rows["metric"].isin(_METRICS)])
        for key, (method_style, rows) in series.items()
    }
    shape = task_panels(table)
    curves = {
        key: _curves(rows, method_style.label, shape)
        for key, (method_style, rows) in series.items()
    }
    every_row = pd.concat([rows for _, rows in series.values()])
    check_comparable(linear_probe_rows(every_row, "accuracy"), table=table)
    leaving = {key: _leaving(rows, curves[key]) for key, (_, rows) in series.items()}
    chances = {task: 100 * exact_value(table, task, "chance") for task in shape.weights}
    with style():
        figure, panels = _new_panels(shape, width)
        counts: dict[tuple[str, str], int] = {}
        levels: list[tuple[Axes, float, str]] = []
        together = False
        shown: set[str] = set()
        triangles = 0
        for axes, (panel, tasks) in zip(panels, shape.tasks.items(), strict=True):
            axes.set_title(shape.titles[panel])
            found = {key: _panel(curves[key], tasks, shape.weights) for key in series}
            drawn = {key: values for key, values in found.items() if len(values.columns)}
            turns = _turns(drawn, {key for key in series if series[key][0].dash != "-"})
            counts |= {(series[key][0].label, panel): len(v) for key, v in drawn.items()}
            shown |= set(drawn)
            together = together or any(len(group) > 1 for group in turns.values())
            _draw(axes, panel, series, drawn, turns)
            bottom = 40.0 if panel in shape.limits and chances[tasks[0]] >= 50 else 0.0
            axes.set_ylim(min(bottom, axes.dataLim.y0 - 2), 103)
            if panel != "mean":
                looks = {key: series[key][0] for key in drawn}
                triangles += mark_leaving(axes, looks, leaving, tasks)
            weights = np.array([shape.weights[task] for task in tasks])
            chance = float(weights @ [chances[task] for task in tasks] / weights.sum())
            lines = {"chance": chance, **shape.limits.get(panel, {})}
            levels += [(axes, value, name) for name, value in lines.items()]
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.margins(x=0.03)
        if not counts:
            *others, last = shape.weights
            raise MissingRows(f"no series has {', '.join(others)} or {last} by the linear probe")
        named = {key: method_style for key, (method_style, _) in series.items() if key in shown}
        still = [method_style for key, method_style in named.items() if _is_still(curves[key])]
        legend(figure, named.values(), [leaving_mark()] if triangles else (), dotted=still)
        caption(
            figure,
            f"Linear probe, macro accuracy; {seeds_in_words(counts)} "
            f"U: mean of {shape.unique}. "
            f"{_TURNS_NOTE if together else ''}{_TRIANGLES_NOTE if triangles else ''}"
            f"{designs_note(every_row, shape.of_samples)} "
            f"{footnotes(every_row)}",
        )
        name_levels(figure, levels)
    return figure


def _new_panels(shape: TaskPanels, width: float) -> tuple[Figure, np.ndarray]:
    """An empty figure, and its axes: as many as there are panels."""
    across = shape.across if width >= 5 else 2
    down = -(-len(shape.tasks) // across)
    figure = new_figure(width, 0.35 + 1.6 * down)
    every = np.atleast_2d(figure.subplots(down, across, sharex=True)).ravel()
    for unused in every[len(shape.tasks) :]:
        unused.set_axis_off()
    panels = every[: len(shape.tasks)]
    for axes in panels[-across:]:
        axes.set_xlabel("epoch")
    for axes in panels[::across]:
        axes.set_ylabel("accuracy (%)")
    return figure, panels


def _curves(rows: pd.DataFrame, label: str, shape: TaskPanels) -> dict[str, pd.DataFrame]:
    """Task → accuracy in percent: a row per seed, a column per epoch that all seeds have."""
    check_same_settings(rows, ["method"])
    scores = linear_probe_rows(rows, "accuracy")
    found = {}
    for task in shape.weights:
        of_task = rows_by_learnt_design(scores, task)
        if len(of_task):
            check_one_run_per_seed(of_task, ["method"])
            grid = of_task.pivot(index="seed", columns="epoch", values="value")
            found[task] = 100 * grid.dropna(axis=1)
            if found[task].empty:
                raise MissingRows(f"the seeds of {label} share no probed epoch of task {task}")
    return found


def _is_still(curves: dict[str, pd.DataFrame]) -> bool:
    """Whether a series was probed at one epoch only: a floor, which does not learn."""
    return all(len(values.columns) == 1 for values in curves.values())


def _panel(
    curves: Mapping[str, pd.DataFrame], tasks: Sequence[str], weights: Mapping[str, float]
) -> pd.DataFrame:
    """The weighted mean of some tasks where seed and epoch have them all; empty where none do."""
    if not set(tasks) <= set(curves):
        return pd.DataFrame()
    total = sum(
        (weights[task] * curves[task] for task in tasks[1:]), weights[tasks[0]] * curves[tasks[0]]
    )
    mean = total / sum(weights[task] for task in tasks)
    return mean.dropna(how="all").dropna(axis=1)


def _draw(
    axes: Axes,
    panel: str,
    series: Mapping[str, tuple[MethodStyle, pd.DataFrame]],
    drawn: Mapping[str, pd.DataFrame],
    turns: Mapping[str, list[str]],
) -> None:
    """The curves of a panel."""
    for key, values in drawn.items():
        whose = (key, series[key][0], panel)
        _series(axes, whose, values, turns.get(key, [key]), list(series))


def _turns(drawn: Mapping[str, pd.DataFrame], dashed: Collection[str]) -> dict[str, list[str]]:
    """Which curves take turns, since they lie on one another: key → those there, itself included.

    A dashed one on a whole one needs no turns: the whole one shows in its gaps.
    """
    groups: list[list[str]] = []
    for key, values in drawn.items():
        if len(values.columns) > 1:
            for group in groups:
                apart = (values.mean() - drawn[group[0]].mean()).abs()
                if apart.notna().all() and apart.max() < _COINCIDING:
                    group.append(key)
                    break
            else:
                groups.append([key])
    both_seen = [
        len(group) == 2 and (group[0] in dashed) != (group[1] in dashed) for group in groups
    ]
    return {
        key: [key] if seen else group
        for group, seen in zip(groups, both_seen, strict=True)
        for key in group
    }


def _series(
    axes: Axes,
    whose: tuple[str, MethodStyle, str],
    values: pd.DataFrame,
    together: list[str],
    order: list[str],
) -> None:
    """A curve with its band and marks; those of several at the same place take turns.

    Their dashes follow one another, and at each epoch another one's mark is on top.
    """
    key, method_style, panel = whose
    place = together.index(key)
    # Earlier ones of the legend lie above later ones where they meet.
    above, highest = (3 - 0.01 * order.index(name) for name in (key, together[0]))
    highest += 0.005 if len(together) > 1 else 0
    over = OverSeeds.of(values.to_numpy())
    epochs = values.columns.to_numpy()
    shared = (
        _DASH_LENGTH * (len(together) - place),
        (_DASH_LENGTH, _DASH_LENGTH * (len(together) - 1)),
    )
    [line] = axes.plot(
        epochs,
        over.mean,
        color=method_style.colour,
        lw=1.4,
        ls=shared if len(together) > 1 else method_style.dash,
        label=method_style.label,
        # Through the gaps of a dashed line a whole one below it can be seen.
        zorder=above - (0.5 if method_style.dash == "-" else 0.3),
    )
    describe(line, key)
    if over.n > 1:
        band = axes.fill_between(
            epochs, over.low, over.high, color=method_style.colour, alpha=0.18, lw=0
        )
        describe(band, key)
    if len(epochs) == 1:
        describe(axes.axhline(over.mean[0], color=method_style.colour, lw=1, ls=":"), key)
    size = 4 if method_style.dash == "-" else 4.8  # a hollow mark is seen around a full one on it
    for k, (epoch, mean, low, high) in enumerate(
        zip(epochs, over.mean, over.low, over.high, strict=True)
    ):
        on_top = (k + place) % len(together) == 0
        [point] = axes.plot(
            epoch,
            mean,
            clip_on=False,
            zorder=highest if on_top else above,
            **method_style.mark(size),
        )
        spread = f" ({low:.1f} to {high:.1f}, n = {over.n})" if over.n > 1 else " (n = 1)"
        describe(
            point, key, f"{method_style.label}, {panel}, epoch {epoch:g}: {mean:.1f} %{spread}"
        )


def _leaving(rows: pd.DataFrame, tasks: Iterable[str]) -> pd.DataFrame:
    """Per run and task the epoch of leaving chance, NaN where it never does, and the first one.

    Raises:
        MissingRows: rows that tell it are missing.
    """
    chosen = pd.concat([rows[:0], *(rows_by_learnt_design(rows, task) for task in tasks)])
    keys = [*RUN_COLUMNS, "task"]
    first = chosen[chosen["probe"] == "linear"].groupby(keys)["epoch"].min().rename("first")
    return emergence(chosen)[[*keys, "left_chance"]].merge(first, on=keys)
