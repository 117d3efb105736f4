"""Calibration: bits that a method exposes against bits that the design put into its pairs."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from interaction_probes.analysis.agreement import check_comparable
from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.results_table import check_one_preset
from interaction_probes.analysis.row_filters import (
    additive_limit,
    default_loss_rows,
    exact_value,
    initial_rows,
    last_epoch_rows,
    linear_probe_rows,
)
from interaction_probes.analysis.subset_profiles import (
    check_one_number_of_images,
    is_of_samples,
)
from interaction_probes.analysis.table_files import MissingRows, require_columns
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.seed_counts import seeds_in_words
from interaction_probes.figures.drawing.strength_panel import (
    StrengthRows,
    dependence,
    draw_bits_axis,
    draw_methods,
    draw_strength_axis,
    mapped_values,
    untrained_mark,
)
from interaction_probes.figures.drawing.style import (
    COLUMN,
    PAGE,
    legend,
    method_styles,
    new_figure,
    style,
)

from .three_images.strength import sample_strength

__all__ = ["dependence", "strength"]

_SHARED = "bits that a pretraining pair's\nimages share, by design"


def strength(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """Captured bits against true ones as ρ goes from 0 to 1: redundancy left, the mapping right.

    A panel that no method has three strengths for is left out. Of three images and more it is
    :func:`.three_images.strength.sample_strength`.

    True bits are what the design makes the two images of a *pretraining* pair share: of the shared
    attribute at its strength, or across the mapping at its own. Captured bits are the linear
    probe's of R and S at the last epoch, on unbiased pairs; a dotted line is what the same models
    read before their first step. On the diagonal a method exposes as large a part of what can be
    captured as the design put in.

    Args:
        table: tidy results with the columns shared_strength and mapping_strength.
        width: of the figure in inches; under 5, one panel stands above the other.

    Raises:
        MissingRows: no method has runs of three strengths, or other rows or columns are missing.
        ValueError: mixed presets, runs of two and of three images, a seed that counts twice, or a
            mapping between attributes of different numbers of values.
    """
    require_columns(table, ["probe", "metric"])
    check_one_number_of_images(table)
    if is_of_samples(table):
        return sample_strength(table, width)
    require_columns(table, ["shared_strength", "mapping_strength"])
    check_one_preset(table)
    if not np.isclose(additive_limit(table), 75):
        raise ValueError(
            "strengths are drawn of mappings between attributes of as many values; "
            "those of this table have different numbers"
        )
    panels = [found for found in _panels(table) if found.methods]
    if not panels:
        raise MissingRows(
            "the table lacks runs of different strengths: shared_strength (with mapping_strength "
            "0) or mapping_strength (with shared_strength 1) must take three values or more"
        )
    drawn = pd.concat([found.rows for found in panels])
    check_comparable(drawn, table=table)
    measured = [name for found in panels for name in found.methods]
    methods = method_styles(measured, table["method"])
    titles = {"R": "R  shared attribute", "S": "S  mapping"}
    with style():
        across = 1 if width < 5 else len(panels)
        high = 1.9 * len(panels) if width < 5 else max(2.3, 0.37 * width)
        wide = width if len(panels) == 2 else max(0.55 * width, min(width, COLUMN))
        figure = new_figure(wide, high)
        counts: dict[tuple[str, str], int] = {}
        before = False
        every_axes = figure.subplots(len(panels) // across, across, squeeze=False).ravel()
        for axes, found in zip(every_axes, panels, strict=True):
            most = exact_value(table, found.task, "bits")
            axes.set_title(titles[found.task], pad=16)
            draw_bits_axis(axes, found.values, most)
            draw_strength_axis(axes, found)
            axes.set_ylabel("captured bits")
            of_panel, started = draw_methods(axes, found, methods.items())
            counts |= of_panel
            before |= started
            # A probe that is confidently wrong captures less than nothing; it stays in sight.
            axes.set_ylim(bottom=min(-0.06 * most, axes.dataLim.y0 - 0.04 * most))
        for axes in every_axes[-across:]:
            axes.set_xlabel(_SHARED)
        legend(figure, methods.values(), [untrained_mark()] if before else ())
        ns = counts.values()
        caption(
            figure,
            f"Linear probe on unbiased pairs, last epoch; {seeds_in_words(counts)} "
            f"{'Hollow: n = 1. ' if 1 in ns and max(ns) > 1 else ''}ρ: the fraction of "
            "the pretraining pairs that are made to share the attribute (R) or to obey the mapping "
            "(S); in the others it is independent. Dashed: a guide for the eye and no prediction, "
            f"captured in proportion to what is shared. {footnotes(drawn)}",
        )
    return figure


def _panels(table: pd.DataFrame) -> list[StrengthRows]:
    """The rows of R and of S of which one strength varies."""
    every = default_loss_rows(linear_probe_rows(table, "bits"))
    last, first = last_epoch_rows(every), initial_rows(every)
    found = []
    for task, column, fixed, at in (
        ("R", "shared_strength", "mapping_strength", 0),
        ("S", "mapping_strength", "shared_strength", 1),
    ):
        rows, starts = (
            part[(part["task"] == task) & (part[fixed] == at)] for part in (last, first)
        )
        found.append(StrengthRows(task, column, _values(table, task), rows, starts))
    return found


def _values(table: pd.DataFrame, task: str) -> int:
    """How many values the attribute that is shared or mapped has."""
    if task == "R":
        return round(2 ** exact_value(table, task, "bits"))
    return mapped_values(exact_value(table, task, "bits"))
