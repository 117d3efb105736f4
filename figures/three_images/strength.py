"""Calibration of three images and more: what is captured as the pair and triple rules grow."""

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from interaction_probes.analysis.agreement import check_comparable
from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.names import loss_label
from interaction_probes.analysis.results_table import check_one_preset
from interaction_probes.analysis.row_filters import (
    exact_value,
    initial_rows,
    last_epoch_rows,
    limits_of,
    linear_probe_rows,
    teaching_design,
)
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.level_lines import name_levels
from interaction_probes.figures.drawing.seed_counts import seeds_in_words
from interaction_probes.figures.drawing.strength_panel import (
    FEWEST_STRENGTHS,
    StrengthRows,
    draw_bits_axis,
    draw_methods,
    draw_strength_axis,
    mapped_values,
    untrained_mark,
)
from interaction_probes.figures.drawing.style import (
    PAGE,
    MethodStyle,
    legend,
    method_styles,
    new_figure,
    style,
)

#: Design that teaches a task → the strength that varies, and the one that is 0.
_STRENGTHS = {
    "pair-biased": ("pair_rule_strength", "triple_rule_strength"),
    "triple-biased": ("triple_rule_strength", "pair_rule_strength"),
}
_RULES = {"pair_rule_strength": "pair rule", "triple_rule_strength": "triple rule"}
#: Metric → (scale in print, unit, digits, name of the axis).
_METRICS = {
    "bits": (1.0, "bits", 3, "captured bits"),
    "accuracy": (100.0, "%", 1, "accuracy (%)"),
}
_SHARED = "bits shared in\npretraining, by design"


def sample_strength(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """Captured bits (above) and accuracy (below) against what a rule makes the images share.

    A panel of a task that no method has three strengths for is left out. A method has one curve: of
    its own loss weights where they have three strengths, else of the others that have. S13 is read
    from runs of which the pair rule's strength varies and the triple rule's is 0, S123 and S12to3
    from the opposite. The horizontal axis has the bits that the rule puts into a *pretraining*
    sample: I(X1; X3) of the pair rule, I(X1, X2; X3) of the triple rule; both by
    :func:`interaction_probes.figures.drawing.strength_panel.dependence`. Limits of scores without
    the interaction are limits of accuracy, and so have lines there and none among the bits.

    Args:
        table: tidy results of runs on three images or more, with the column pair_rule_strength or
            triple_rule_strength; one that lacks is 0 in all runs.
        width: of the figure in inches; under 5, the two panels of a task stand side by side.

    Raises:
        MissingRows: no method has runs of three strengths, or other rows or columns are missing.
        ValueError: mixed presets, or a seed that counts twice.
    """
    check_one_preset(table)
    losses = _losses_with_curves(table)
    panels = _panels(table, losses)
    if not panels:
        raise MissingRows(
            "the table lacks runs of different strengths: triple_rule_strength (with "
            "pair_rule_strength 0) or pair_rule_strength (with triple_rule_strength 0) must take "
            "three values or more"
        )
    drawn = pd.concat([found["bits"].rows for found in panels.values()])
    check_comparable(drawn, table=table)
    measured = [name for found in panels.values() for name in found["bits"].methods]
    methods = {
        name: _with_loss(look, name, losses.get(name, ""))
        for name, look in method_styles(measured, table["method"]).items()
    }
    narrow, last_task = width < 5, list(panels)[-1]
    with style():
        figure, grid = _new_panels(len(panels), width)
        counts: dict[tuple[str, str], int] = {}
        before = False
        levels: list[tuple[Axes, float, str]] = []
        for (task, found), row in zip(panels.items(), grid, strict=True):
            for axes, (metric, part) in zip(row, found.items(), strict=True):
                first_of_task = metric == "bits"
                if first_of_task:
                    most = exact_value(table, task, "bits")
                    axes.set_title(f"{task}  {_RULES[part.column]}", pad=16)
                    draw_bits_axis(axes, part.values, most)
                if first_of_task or narrow:
                    draw_strength_axis(axes, part, narrow)
                of_panel, started = draw_methods(axes, part, methods.items())
                before |= started
                if first_of_task:
                    counts |= of_panel
                    axes.set_ylim(bottom=min(-0.06 * most, axes.dataLim.y0 - 0.04 * most))
                else:
                    levels += _levels(axes, table, task)
                if task == last_task if narrow else not first_of_task:
                    axes.set_xlabel("bits shared" if narrow else _SHARED)
                if narrow or part.task == next(iter(panels)):
                    axes.set_ylabel(_METRICS[metric][-1])
        legend(figure, methods.values(), [untrained_mark()] if before else ())
        caption(figure, _caption_text(counts, drawn))
        name_levels(figure, levels)
    return figure


def _new_panels(tasks: int, width: float) -> tuple[Figure, np.ndarray]:
    """An empty figure, and its axes: a row per task, of bits and accuracy."""
    if width < 5:
        figure = new_figure(width, 1.9 * tasks)
        return figure, figure.subplots(tasks, 2, squeeze=False)
    # A single task is as wide as one of two.
    figure = new_figure(width * min(1.0, 0.28 + 0.3 * tasks), 3.9)
    return figure, figure.subplots(2, tasks, squeeze=False, sharex="col").T


def _caption_text(counts: Mapping[tuple[str, str], int], drawn: pd.DataFrame) -> str:
    """What a reader must know of the curves, and of the runs that they are of."""
    ns = counts.values()
    return (
        f"Linear probe on unbiased samples, last epoch; {seeds_in_words(counts)} "
        f"{'Hollow: n = 1. ' if 1 in ns and max(ns) > 1 else ''}ρ: the fraction of the "
        "pretraining samples drawn under the rule; the other rule is absent. Bits shared: "
        "I(X1; X3) of the pair rule, I(X1, X2; X3) of the triple rule, under which no two "
        "images share any. Diagonal: a guide for the eye and no prediction, captured in "
        "proportion to what is shared. Additive and pairwise limits: the best accuracy that "
        "is known of scores of single images and of two images at once. "
        f"{footnotes(drawn)}"
    )


def _levels(axes: Axes, table: pd.DataFrame, task: str) -> list[tuple[Axes, float, str]]:
    """Chance and the limits that a task has, in percent; the axis gets room for all of them."""
    chance = 100 * exact_value(table, task, "chance")
    found = [(axes, chance, "chance")]
    found += [
        (axes, limit, f"{name} limit,\n{limit:.1f} %")
        for name, limit in limits_of(table, task).items()
    ]
    bottom = chance - 0.08 * (100 - chance)
    axes.set_ylim(min(bottom, axes.dataLim.y0 - 2), 103)
    return found


def _losses_with_curves(table: pd.DataFrame) -> dict[str, str]:
    """Method → the loss weights whose runs have three strengths; its own where they do."""
    rows = linear_probe_rows(table, "bits")
    if "weights" not in rows:
        return {}
    found: dict[str, str] = {}
    for (method, weights), part in rows.groupby(["method", "weights"]):  # "" comes first
        strengths = [_strength(part, name).nunique() for name in _RULES]
        if max(strengths) >= FEWEST_STRENGTHS:
            found.setdefault(method, weights)
    return found


def _of_losses(rows: pd.DataFrame, losses: dict[str, str]) -> pd.DataFrame:
    """The rows of each method's loss weights, those of its own where none are named."""
    if "weights" not in rows:
        return rows
    return rows[rows["weights"] == [losses.get(name, "") for name in rows["method"]]]


def _with_loss(look: MethodStyle, method: str, weights: str) -> MethodStyle:
    if not weights:
        return look
    return replace(look, label=f"{look.label}, {loss_label(method, short_weights(weights))}")


def _panels(table: pd.DataFrame, losses: dict[str, str]) -> dict[str, dict[str, StrengthRows]]:
    """Task → metric → its rows, of tasks that have a curve."""
    rows = {}
    for metric in _METRICS:
        every = _of_losses(linear_probe_rows(table, metric), losses)
        every = every.assign(**{name: _strength(every, name) for name in _RULES})
        rows[metric] = last_epoch_rows(every), initial_rows(every)
    found: dict[str, dict[str, StrengthRows]] = {}
    for task in map(str, table.loc[table["probe"] == "exact", "task"].unique()):
        # The match bit and the asked-for value; of a Latin symbol a rule teaches the match bit.
        if not re.fullmatch(r"S\d+(to\d)?", task):
            continue
        column, other = _STRENGTHS[teaching_design(task)]
        values = _values(table, task)
        parts = {}
        for metric, (last, first) in rows.items():
            scale, unit, digits, _ = _METRICS[metric]
            own, start = (
                part[(part["task"] == task) & (part[other] == 0)] for part in (last, first)
            )
            parts[metric] = StrengthRows(task, column, values, own, start, scale, unit, digits)
        if parts["bits"].methods:
            found[task] = parts
    return found


def _strength(rows: pd.DataFrame, column: str) -> pd.Series:
    """A strength of each run; a table lacks the column where it is 0 in all."""
    if column not in rows:
        return pd.Series(0.0, index=rows.index)
    return pd.to_numeric(rows[column]).fillna(0.0)


def _values(table: pd.DataFrame, task: str) -> int:
    """How many values the attributes of a task's rule have."""
    bits = exact_value(table, task, "bits")
    return round(2**bits) if "to" in task else mapped_values(bits)
