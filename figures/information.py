"""Bits captured against bits available: the four tasks of every method, stacked."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.markers import CARETLEFT
from matplotlib.patheffects import withStroke

from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.names import number
from interaction_probes.analysis.results_table import check_one_run_per_seed
from interaction_probes.analysis.row_filters import (
    LEARNT_FROM,
    exact_value,
    final_scores,
    rows_by_learnt_design,
)
from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.design_styles import designs_note
from interaction_probes.figures.drawing.hover import describe
from interaction_probes.figures.drawing.seed_counts import seeds_in_words
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

_GAP = 0.12  # bits of white between the slots of two tasks
_SLOT = "#ececec"
#: The tasks that one model learns, whose bits can be summed.
_SUMMED = [task for task, pairs in LEARNT_FROM.items() if pairs == "unbiased"]


def information(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """Usable information per task: a slot as long as what is available, filled by what is captured.

    The slots of R, U1, U2 and S are stacked in one bar per method, so that each starts at the same
    place in all of them; S, a small fraction of the whole, is drawn again in a panel of its own.
    Bars are means over seeds at the last epoch with 95 % intervals. Less than 0 bits, a probe that
    is confidently wrong, is drawn as an empty slot and printed.

    Args:
        table: tidy results; runs with other loss weights or strengths are left out.
        width: of the figure in inches.

    Raises:
        MissingRows: rows or columns that the figure needs are missing.
        ValueError: mixed presets, or a seed that counts twice.
    """
    rows = final_scores(table, "bits")
    methods = method_styles(rows["method"], table["method"])
    available = {task: exact_value(table, task, "bits") for task in TASKS}
    captured = _captured(rows, list(methods))
    counts = {(methods[name].label, task): over.n for (name, task), over in captured.items()}
    with style():
        wide = width >= 5
        high = 0.8 + 0.19 * len(methods)
        figure = new_figure(width, high if wide else 2 * high)
        all_tasks, synergy = (
            figure.subplots(1, 2, sharey=True, width_ratios=[3.4, 1])
            if wide
            else figure.subplots(2, 1)
        )
        start = 0.0
        for task, bits in available.items():
            _slots(all_tasks, (task, start, bits), methods, captured)
            # Over a slot as narrow as that of S there is room for its letter only.
            _above(all_tasks, start + bits / 2, f"{task}\n{bits:.2f}" if wide or bits > 1 else task)
            start += bits + _GAP
        for y, text in enumerate(_sums(captured, list(methods))):
            _beside(all_tasks, y, text)
        # Of one model: S is another's, which learnt from biased pairs.
        _above(all_tasks, 1, f"R + U\n{sum(available[task] for task in _SUMMED):.2f}", 7)
        all_tasks.set_xlim(0, start - _GAP)
        all_tasks.set_xticks([])
        all_tasks.set_xlabel("captured bits" if wide else "")
        _slots(synergy, ("S", 0.0, available["S"]), methods, captured)
        _above(synergy, available["S"] / 2, "S alone")
        synergy.set_xlim(0, available["S"])
        synergy.set_xticks([0, available["S"]], ["0", f"{available['S']:.3g}"])
        synergy.set_xlabel("bits" if wide else "captured bits")
        for axes in (all_tasks, synergy):
            axes.set_ylim(len(methods) - 0.45, -0.55)
            axes.set_yticks(
                range(len(methods)), [method_style.label for method_style in methods.values()]
            )
            axes.tick_params(axis="y", length=0, labelleft=axes is all_tasks or not wide)
            axes.grid(visible=False)
            axes.spines[["left", "bottom"]].set_visible(False)
        caption(
            figure,
            f"Usable information of the linear probe (colour) in what is available (grey); "
            f"{seeds_in_words(counts)} Less than 0 is an empty slot; an interval that goes "
            f"on below 0 ends in an arrowhead. R + U: the sum of R, U1 and U2 (–: one of "
            f"them is less than 0). {designs_note(rows)} "
            f"{footnotes(rows, table)}",
        )
    return figure


def _captured(rows: pd.DataFrame, methods: list[str]) -> dict[tuple[str, str], OverSeeds]:
    """(method, task) → bits over seeds, where the table has them.

    Raises:
        MissingRows: a task that no method has.
        ValueError: a seed that counts twice.
    """
    found = {}
    for task in TASKS:
        of_task = rows_by_learnt_design(rows, task)
        if of_task.empty:
            raise MissingRows(f"the table has no bits of task {task} by the linear probe")
        check_one_run_per_seed(of_task, ["method"])
        for name in methods:
            values = of_task[of_task["method"] == name]["value"].to_numpy()
            if len(values):
                found[name, task] = OverSeeds.of(values[:, None])
    return found


def _sums(captured: dict[tuple[str, str], OverSeeds], methods: list[str]) -> list[str]:
    """R + U of each method in print; a dash where a part is less than 0, which adds to none."""
    texts = []
    for name in methods:
        parts = [captured[name, task].mean[0] for task in _SUMMED if (name, task) in captured]
        whole = len(parts) == len(_SUMMED) and min(parts) >= 0
        texts.append(number(sum(parts), 2) if whole else "–" if parts else "")
    return texts


def _above(axes: Axes, x: float, text: str, beyond: float = 0) -> None:
    """A heading above a panel, or `beyond` points past its right end."""
    axes.annotate(
        text,
        (x, 1),
        (beyond, 2),
        xycoords=("axes fraction" if beyond else "data", "axes fraction"),
        textcoords="offset points",
        ha="left" if beyond else "center",
        va="bottom",
        fontsize=7,
    )


def _beside(axes: Axes, y: int, text: str) -> None:
    axes.annotate(
        text,
        (1, y),
        (7, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center_baseline",
        fontsize=6.5,
    )


def _slots(
    axes: Axes,
    slot: tuple[str, float, float],
    methods: dict[str, MethodStyle],
    captured: dict[tuple[str, str], OverSeeds],
) -> None:
    task, start, available = slot
    for y, (name, method_style) in enumerate(methods.items()):
        axes.barh(y, available, left=start, height=0.7, color=_SLOT, lw=0, zorder=1)
        over = captured.get((name, task))
        if over is None:
            continue
        mean, low, high = (float(part[0]) for part in (over.mean, over.low, over.high))
        spread = f" ({low:.3f} to {high:.3f}, n = {over.n})" if over.n > 1 else " (n = 1)"
        text = f"{method_style.label}, {task}: {mean:.3f} of {available:.3f} bits{spread}"
        [bar] = axes.barh(
            y, max(mean, 0), left=start, height=0.7, color=method_style.colour, lw=0, zorder=2
        )
        describe(bar, name, text)
        if over.n > 1 and high > 0:
            ends = start + np.clip([low, high], 0, available)
            [interval] = axes.plot(ends, [y, y], color=INK, lw=1.1, zorder=3, path_effects=HALO)
            describe(interval, name)
            if low < 0:
                # Its tip is at the end of the slot, and all of it inside.
                axes.plot(start, y, marker=CARETLEFT, color=INK, ms=3.5, mew=0, zorder=4)
        if start == 0 or available > 1:  # too little room for S in the stack
            inside = np.clip([min(low, mean), max(high, mean)], 0, available)
            _print(axes, (start, y), (mean, available), inside, method_style)


def _print(
    axes: Axes,
    place: tuple[float, float],
    value: tuple[float, float],
    interval: np.ndarray,
    method_style: MethodStyle,
) -> None:
    """The value, on the side of its interval that has more room, the filled or the empty one."""
    (start, y), (mean, available) = place, value
    filled = interval[0] > available - interval[1]
    red, green, blue = (int(method_style.colour[k : k + 2], 16) for k in (1, 3, 5))
    dark = 0.299 * red + 0.587 * green + 0.114 * blue < 140
    axes.annotate(
        number(mean, 2 if available > 1 else 3),
        (start if filled else start + available, y),
        (2.5 if filled else -2.5, 0),
        textcoords="offset points",
        ha="left" if filled else "right",
        va="center_baseline",
        fontsize=6.5,
        color="white" if filled and dark else INK,
        path_effects=(
            withStroke(linewidth=1.5, foreground=method_style.colour if filled else _SLOT),
        ),
        zorder=4,
    )
