"""How well S is ranked: its AUC per method, and how much of that was learnt from the mapping."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.names import number
from interaction_probes.analysis.results_table import check_one_run_per_seed
from interaction_probes.analysis.row_filters import final_scores
from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.hover import describe
from interaction_probes.figures.drawing.level_lines import reference_line
from interaction_probes.figures.drawing.seed_counts import seeds_in_words
from interaction_probes.figures.drawing.style import (
    INK,
    PAGE,
    MethodStyle,
    legend,
    method_styles,
    new_figure,
    style,
    value_label,
)

_CHANCE, _LIMIT = 0.5, 1.0  # of an AUC, whatever the data
_BIASED, _UNBIASED = "biased", "unbiased"  # the designs with the mapping and without it
#: How a mark is filled: by the design that a method learnt from, where it has runs on both.
_FILL = {_BIASED: "full", _UNBIASED: "none"}
_HALF = "left"
#: From the middle of a row to the lane of a design, and from a mark to the dots of its seeds.
_DESIGN_OFFSET, _SEED_OFFSET = 0.15, 0.17


def synergy(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """AUC of S (left) and what of it was learnt (right), a row per method.

    Learnt is what pretraining on pairs that show the mapping adds to pretraining on pairs that
    do by chance only: the difference of the two, seed by seed, since fused models rank S above
    chance even then. Marks are means over seeds at the last epoch, with 95 % intervals and a dot
    per seed. A method with runs on one of the two designs has that mark alone.

    Args:
        table: tidy results; runs with other loss weights or strengths are left out.
        width: of the figure in inches.

    Raises:
        MissingRows: rows or columns that the figure needs are missing.
        ValueError: mixed presets, or a seed that counts twice.
    """
    rows = final_scores(table, "auc")
    rows = rows[rows["task"] == "S"]
    if rows.empty:
        raise MissingRows("the table has no AUC of task S by the linear probe")
    check_one_run_per_seed(rows, ["method", "pairs"])
    methods = method_styles(rows["method"], table["method"])
    scores = {
        name: {
            str(pairs): part.set_index("seed")["value"]
            for pairs, part in rows[rows["method"] == name].groupby("pairs")
        }
        for name in methods
    }
    counts = {
        (methods[name].label, f"{pairs} pairs"): len(values)
        for name, found in scores.items()
        for pairs, values in found.items()
    }
    with style():
        figure = new_figure(width, 0.9 + 0.31 * len(methods))
        level, learnt = figure.subplots(1, 2, sharey=True, width_ratios=[1.6, 1])
        for y, (name, method_style) in enumerate(methods.items()):
            _level(level, y, (name, method_style), scores[name])
            _learnt(learnt, y, (name, method_style), scores[name])
        reference_line(level, _CHANCE, "chance", vertical=True)
        reference_line(level, _LIMIT, "limit", vertical=True, where="start")
        reference_line(learnt, 0, "nothing" if width >= 5 else "", vertical=True)
        _frame(level, learnt, methods, width >= 5)
        value_label(learnt, -0.95, "mean (n)", 36)
        _legend(figure, scores, max(counts.values()) > 1)
        caption(
            figure,
            f"S by the linear probe: how often it ranks a pair that obeys the mapping above one "
            f"that does not; {seeds_in_words(counts)} {_alone(scores)}Learnt: AUC after biased "
            "pairs minus AUC after unbiased ones, by seeds that have both (n). "
            f"{footnotes(rows, table)}",
        )
    return figure


def _level(
    axes: Axes, y: float, whose: tuple[str, MethodStyle], found: dict[str, pd.Series]
) -> None:
    """The marks of a method; those of two designs stand in lanes, tied by a thin line."""
    name, method_style = whose
    for pairs, values in found.items():
        side = 0 if len(found) == 1 else {_BIASED: -1, _UNBIASED: 1}[pairs]
        fill = _HALF if len(found) == 1 else _FILL[pairs]
        text = f"{method_style.label}, AUC of S after {pairs} pairs"
        _mark(
            axes,
            (y + _DESIGN_OFFSET * side, side or 1),
            (name, method_style, text),
            values.to_numpy(),
            fill,
        )
    if len(found) > 1:
        means = [found[pairs].mean() for pairs in (_BIASED, _UNBIASED)]
        [tie] = axes.plot(
            means,
            [y - _DESIGN_OFFSET, y + _DESIGN_OFFSET],
            color=method_style.colour,
            lw=0.7,
            zorder=2,
        )
        describe(tie, name)


def _learnt(
    axes: Axes, y: float, whose: tuple[str, MethodStyle], found: dict[str, pd.Series]
) -> None:
    """The difference of the two designs by seeds that have both; a dash where none has."""
    name, method_style = whose
    both = (
        (found[_BIASED] - found[_UNBIASED]).dropna() if len(found) > 1 else pd.Series(dtype=float)
    )
    if both.empty:
        value_label(axes, y, "–", 36)
        return
    _mark(
        axes, (y, 1), (name, method_style, f"{method_style.label}, learnt"), both.to_numpy(), "full"
    )
    sign = "+" if round(both.mean(), 2) > 0 else ""
    value_label(axes, y, f"{sign}{number(both.mean(), 2)} ({len(both)})", 36)


def _mark(
    axes: Axes,
    place: tuple[float, int],
    whose: tuple[str, MethodStyle, str],
    values: np.ndarray,
    fill: str,
) -> None:
    """A mean with its interval, and the seeds beside it: above (-1) or below (1)."""
    (y, side), (name, method_style, text) = place, whose
    over = OverSeeds.of(values[:, None])
    mean, low, high = (float(part[0]) for part in (over.mean, over.low, over.high))
    spread = f"{number(low, 3)} to {number(high, 3)}, " if over.n > 1 else ""
    if over.n > 1:
        [interval] = axes.plot([low, high], [y, y], color=method_style.colour, lw=1.3, zorder=2.5)
        dots = axes.scatter(
            values,
            np.full(over.n, y + _SEED_OFFSET * side),
            s=2.5,
            fc="white",
            ec=method_style.colour,  # among the dots of neighbouring rows it says whose one is
            lw=0.5,
            zorder=3.2,  # above the marks, which are larger
            clip_on=False,
        )
        describe(interval, name)
        describe(dots, name)
    [mark] = axes.plot(
        mean,
        y,
        ls="",
        zorder=3,
        clip_on=False,
        **method_style.mark(4.6) | _filled(method_style.colour, fill),
    )
    describe(mark, name, f"{text}: {number(mean, 3)} ({spread}n = {over.n})")


def _filled(colour: str, fill: str) -> dict[str, Any]:
    """The look of a mark: full in the colour, hollow, or half of each."""
    if fill == "full":
        return {"mfc": colour, "mec": "white", "mew": 0.4}
    if fill == "none":
        return {"mfc": "white", "mec": colour, "mew": 1.0}
    return {"mfc": colour, "mfcalt": "white", "fillstyle": fill, "mec": colour, "mew": 0.8}


def _frame(level: Axes, learnt: Axes, methods: dict[str, MethodStyle], wide: bool) -> None:
    level.set_title("S  ranking")
    learnt.set_title("learnt from the mapping" if wide else "learnt")
    level.set_xlabel("AUC of S")
    learnt.set_xlabel("AUC, biased − unbiased pairs" if wide else "difference")
    level.set_xlim(min(0.4, level.dataLim.x0 - 0.02), 1.01)
    low, high = learnt.dataLim.x0, learnt.dataLim.x1
    learnt.set_xlim(min(-0.1, low - 0.03), max(0.45, high + 0.03))
    level.set_ylim(len(methods) - 0.45, -1.25)
    level.set_yticks(range(len(methods)), [method_style.label for method_style in methods.values()])
    level.set_xticks([0.5, 0.75, 1])
    learnt.xaxis.set_major_locator(MaxNLocator(5 if wide else 3, steps=[1, 2, 5, 10]))
    for axes in (level, learnt):
        axes.xaxis.set_major_formatter(lambda x, _: number(x, 2).rstrip("0").rstrip("."))
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)


def _legend(figure: Figure, scores: dict[str, dict[str, pd.Series]], seeds: bool) -> None:
    """What each way of filling a mark means, of those that are drawn."""
    names = {
        "full": "from biased pairs, which show the mapping",
        "none": "from unbiased pairs, which do by chance only",
    }
    drawn = list(names) if any(len(found) > 1 for found in scores.values()) else []
    if any(len(found) == 1 for found in scores.values()):
        names[_HALF] = "runs on one of the two"
        drawn.append(_HALF)
    handles = [
        Line2D([], [], ls="", marker="o", ms=5, label=names[fill], **_filled(INK, fill))
        for fill in drawn
    ]
    if seeds:
        handles.append(
            Line2D([], [], ls="", marker="o", ms=1.6, mfc="white", mec=INK, mew=0.4, label="seed")
        )
    legend(figure, (), handles)


def _alone(scores: dict[str, dict[str, pd.Series]]) -> str:
    """A sentence on methods with runs on one of the two designs."""
    alone = sorted({next(iter(found)) for found in scores.values() if len(found) == 1})
    return (
        f"Half-filled: runs on {' or on '.join(alone)} pairs only (floors learn nothing, a ceiling "
        "learns from labels). "
        if alone
        else ""
    )
