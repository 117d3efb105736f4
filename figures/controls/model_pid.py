"""Which information predictions use: their decomposition per task beside that of the labels."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.results_table import check_one_run_per_seed
from interaction_probes.analysis.row_filters import rows_by_learnt_design
from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.common.information_parts import PARTS
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.design_styles import designs_note
from interaction_probes.figures.drawing.hover import describe
from interaction_probes.figures.drawing.seed_counts import (
    SeedCounts,
    number_of_seeds,
    seeds_in_words,
)
from interaction_probes.figures.drawing.style import (
    HALO,
    INK,
    PAGE,
    TASKS,
    MethodStyle,
    method_styles,
    new_figure,
    style,
)

from .control_rows import control_rows

#: Part → its name beside its bar.
_NAMES = {part: part.replace("_", " ") for part in PARTS}
_SLOT = "#dcdcdc"
#: Of a method's row of height 1: from the middle of a bar to that of the next, its height, and
#: where the middle of the first bar and the method's name are.
_STEP, _HEIGHT, _FIRST, _NAME = 0.18, 0.14, -0.16, -0.37


@dataclass(frozen=True)
class _Part:
    """Bits of one part of a method's predictions of one task."""

    bits: float
    low: float
    high: float
    truth: float
    n: int


def model_pid(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """The PID of the linear probe's predictions: a panel per task, four bars per method.

    A grey slot behind each bar is as long as what the true labels of the same pairs have of the
    part. Bars are means over seeds, less the floor of chance, so they can be below 0. An interval
    is over seeds, and of one seed over the test images.

    Args:
        table: tidy results of runs with ``--controls pid``; runs with other loss weights or
            strengths are left out.
        width: of the figure in inches; under 5, the panels are in two rows.

    Raises:
        MissingRows: no run has the control's rows, or some are missing.
        ValueError: mixed presets or settings, or a seed that counts twice.
    """
    rows = control_rows(table, "pid", ["pid"])
    methods = method_styles(rows["method"], table["method"])
    found = _parts(rows)
    counts = {(methods[name].label, task): part.n for (name, task, _), part in found.items()}
    wide = width >= 5
    across = 4 if wide else 2
    down = len(TASKS) // across
    with style():
        figure = new_figure(width, down * (0.65 + 0.62 * len(methods)))
        panels = figure.subplots(down, across, squeeze=False)
        for k, (axes, task) in enumerate(zip(panels.flat, TASKS, strict=True)):
            _panel(axes, task, methods, found, named=k % across == 0)
            axes.set_title(f"{task} {TASKS[task]}" if wide else task, fontsize=7.4)
            if k // across == down - 1:
                axes.set_xlabel("bits")
        caption(
            figure,
            "Partial information decomposition (BROJA) of what the linear probe predicts of test "
            "pairs, by the factors of image 1 and image 2 that a task is about, less what chance "
            "gives; grey: that of the true labels. "
            f"{_seeds_and_intervals(counts)} {designs_note(rows)} "
            f"{footnotes(rows, table)}",
        )
    return figure


def _seeds_and_intervals(counts: SeedCounts) -> str:
    """The numbers of seeds, and what the intervals are, which one seed has over its images."""
    if max(counts.values()) == 1:
        return f"{number_of_seeds(counts)}; 95 % intervals by bootstrap of the test images."
    of_one = " One seed: 95 % by bootstrap of the test images." if 1 in counts.values() else ""
    return seeds_in_words(counts) + of_one


def _parts(rows: pd.DataFrame) -> dict[tuple[str, str, str], _Part]:
    """(method, task, part) → its bits, where the table has them.

    Raises:
        MissingRows: a part without the ends of its interval or its truth.
        ValueError: a seed that counts twice.
    """
    found = {}
    for task in TASKS:
        of_task = rows_by_learnt_design(rows, task)
        for (method, part), values in of_task[of_task["metric"].isin(list(PARTS))].groupby(
            ["method", "metric"], sort=False
        ):
            check_one_run_per_seed(values, ["method"])
            of_method = of_task[of_task["method"] == method]
            low, high, truth = (
                _mean(of_method, f"{part}_{end}") for end in ("low", "high", "truth")
            )
            over = OverSeeds.of(values["value"].to_numpy()[:, None])
            if over.n > 1:
                low, high = float(over.low[0]), float(over.high[0])
            found[str(method), task, str(part)] = _Part(
                float(over.mean[0]), low, high, truth, over.n
            )
    return found


def _mean(rows: pd.DataFrame, metric: str) -> float:
    values = rows[rows["metric"] == metric]["value"]
    if values.empty:
        raise MissingRows(f"the table lacks the rows {metric} of the control pid")
    return float(values.mean())


def _panel(
    axes: Axes,
    task: str,
    methods: dict[str, MethodStyle],
    found: dict[tuple[str, str, str], _Part],
    named: bool,
) -> None:
    ticks = []
    for row, (name, look) in enumerate(methods.items()):
        for k, part in enumerate(PARTS):
            y = row + _FIRST + k * _STEP
            ticks.append(y)
            if (name, task, part) in found:
                _bar(axes, y, found[name, task, part], look, f"{task}, {_NAMES[part]}", name)
    axes.axvline(0, color=INK, lw=0.7, zorder=2.5)
    axes.set_ylim(len(methods) - 0.47, -0.53)
    axes.set_yticks(ticks, [*_NAMES.values()] * len(methods) if named else [""] * len(ticks))
    axes.tick_params(axis="y", length=0, labelsize=5.5, pad=2)
    axes.set_yticks(
        np.arange(len(methods)) + _NAME,
        [look.label if named else "" for look in methods.values()],
        minor=True,
        fontsize=7,
    )
    axes.tick_params(axis="y", which="minor", length=0, pad=2)
    axes.grid(visible=False, axis="y")
    axes.locator_params(axis="x", nbins=4)
    axes.spines["left"].set_visible(False)


def _bar(axes: Axes, y: float, part: _Part, look: MethodStyle, what: str, method: str) -> None:
    axes.barh(y, part.truth, height=_STEP, color=_SLOT, lw=0, zorder=1)
    [bar] = axes.barh(y, part.bits, height=_HEIGHT, color=look.colour, lw=0, zorder=2)
    describe(
        bar,
        method,
        f"{look.label}, {what}: {part.bits:.3f} bits ({part.low:.3f} to {part.high:.3f}, "
        f"n = {part.n}), true labels {part.truth:.3f}",
    )
    [interval] = axes.plot(
        [part.low, part.high], [y, y], color=INK, lw=0.9, zorder=3, path_effects=HALO
    )
    describe(interval, method)
