"""The information profile: tasks × subsets of images, the truth beside what was captured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from interaction_probes.analysis.agreement import check_comparable
from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.names import loss_label, number
from interaction_probes.analysis.results_table import check_one_preset
from interaction_probes.analysis.subset_profiles import (
    check_one_number_of_images,
    measured_profile,
    profile_rows,
    true_profile,
)
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.design_styles import designs_note
from interaction_probes.figures.drawing.heat_map import heat_map
from interaction_probes.figures.drawing.seed_counts import number_of_seeds
from interaction_probes.figures.drawing.style import (
    PAGE,
    method_styles,
    new_figure,
    style,
)

_FEW = 6  # panels; more of them are smaller, so that twenty fit a page


@dataclass(frozen=True)
class _Size:
    """How large a panel is, in inches, and its letters, in points.

    Attributes:
        least: its width, at the least.
        row: of a task.
        head: its title and the names of its columns.
        title: letters of the title.
        value: letters in the cells.
    """

    least: float
    row: float
    head: float
    title: float
    value: float


_LARGE, _SMALL = _Size(2.6, 0.21, 0.5, 8, 6), _Size(0, 0.15, 0.37, 7.2, 5)
_COLUMN = 0.235  # inches, for a value of three digits with its sign


def profile(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """Bits captured over bits available, a heat map of tasks × subsets of images per method.

    The first panel is the truth: I(X_A; Y) of a subset A over I(X; Y) of all images. The others are
    the linear probes' bits, with the other images absent, over the same. Each task is read from the
    design that teaches it; a method that has runs of several strengths alone has no panel, and is
    named in the caption. Runs with other loss weights have a panel of their own after their
    method's.

    Args:
        table: tidy results of runs on three images or more.
        width: of the figure in inches.

    Raises:
        MissingRows: a table without such runs, or with runs of several strengths alone.
        ValueError: mixed presets, runs of several numbers of images, runs that cannot be shown
            together (:mod:`interaction_probes.analysis.agreement`), or a seed that counts twice.
    """
    check_one_preset(table)
    check_one_number_of_images(table)
    variants = _variants(table)
    shown = {name: profile_rows(rows, method) for name, method, rows in variants}
    left_out = [name for name, rows in shown.items() if rows.empty]
    if len(left_out) == len(shown):
        raise MissingRows(
            "the table has no runs on unbiased, pair-biased or triple-biased samples, nor a method "
            "of one strength: strengths of a rule are drawn by the figure strength"
        )
    drawn = pd.concat(shown.values())
    check_comparable(drawn, table=table)
    truth = true_profile(table)
    total = truth.iloc[:, -1]
    panels = {"truth": truth}
    panels |= {
        name: measured_profile(rows, method) for name, method, rows in variants if len(shown[name])
    }
    size = _LARGE if len(panels) <= _FEW else _SMALL
    panel_width = max(size.least, _COLUMN * len(truth.columns))
    across = min(len(panels), max(2, int(width / panel_width)))
    down = -(-len(panels) // across)
    with style():
        figure = new_figure(width, down * (size.head + size.row * len(truth)))
        grid = figure.subplots(down, across, squeeze=False)
        for k, (axes, (title, bits)) in enumerate(zip(grid.flat, panels.items(), strict=False)):
            _panel(axes, bits.div(total, axis=0), size.value, first=k % across == 0)
            axes.set_title(title, fontsize=size.title)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        counts = {
            (name, str(task)): int(rows["seed"].nunique())
            for name, of_method in shown.items()
            for task, rows in of_method.groupby("task", sort=False)
        }
        caption(
            figure,
            "Bits captured by the linear probe from each subset of the images, others absent, in "
            f"% of the bits that all images have; {number_of_seeds(counts)}"
            f"{', means over them' if max(counts.values()) > 1 else ''}. Columns: numbers of the "
            "images. Less than 0: the probe is "
            f"confidently wrong. –: not probed{_untaught_note(panels)}. "
            f"{designs_note(drawn, of_samples=True)} {_left_out_note(left_out)}"
            f"{footnotes(drawn[drawn['probe'] == 'linear'])}",
        )
    return figure


def _variants(table: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Name in print, method and rows: each method with its own loss weights, then with others."""
    if "weights" not in table:
        table = table.assign(weights="")
    loss = table["weights"].map(short_weights)
    found = []
    for method, look in method_styles(table["method"]).items():
        of_method = table["method"] == method
        for weights in sorted(loss[of_method].unique()):
            name = f"{look.label}, {loss_label(method, weights)}" if weights else look.label
            found.append((name, method, table[of_method & (loss == weights)]))
    return found


def _untaught_note(panels: Mapping[str, pd.DataFrame]) -> str:
    untaught = any(bits.isna().all(axis=1).any() for bits in panels.values())
    return ", or no run on the design that teaches the task" if untaught else ""


def _left_out_note(names: Sequence[str]) -> str:
    return f"Without a panel, of several strengths alone: {'; '.join(names)}. " if names else ""


def _panel(axes: Axes, share: pd.DataFrame, size: float, first: bool) -> None:
    values = share.to_numpy(dtype=float)
    texts = [
        ["–" if np.isnan(value) else number(100 * value, 0) for value in row] for row in values
    ]
    heat_map(axes, values, texts, size)
    names = ["".join(map(str, images)) for images in share.columns]
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(share)), list(share.index) if first else [""] * len(share))
