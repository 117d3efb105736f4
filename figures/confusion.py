"""Which classes are mistaken for which: confusion matrices of every task and method."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from interaction_probes.analysis.confusion import MeanConfusion, mean_confusion
from interaction_probes.analysis.dataset_rows import is_of_datasets
from interaction_probes.analysis.footnotes import precision_note
from interaction_probes.analysis.names import number
from interaction_probes.analysis.row_filters import (
    LEARNT_FROM,
    default_loss_rows,
    usual_design_rows,
)
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.design_styles import designs_note
from interaction_probes.figures.drawing.seed_counts import number_of_seeds
from interaction_probes.figures.drawing.style import (
    PAGE,
    TASKS,
    method_styles,
    new_figure,
    style,
)

#: Perceptually uniform, of one hue and monotone in lightness: safe for colour-blind readers.
_COLOURS = "Blues"
_SMALL = 5.6  # points, of class names and recalls


def confusion(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """A heat map per method and task: rows are true classes, columns predicted ones.

    Each row sums to 100 %, a mean over seeds at the last epoch. At its right stands the recall of
    the class, which is the value on the diagonal.

    Args:
        table: rows of confusion.csv, of one run or of many.
        width: of the figure in inches; under 5, the tasks of a method stand in two rows.

    Raises:
        MissingRows: rows or columns that the figure needs are missing.
        ValueError: mixed presets or settings, runs of three images or more, or a seed that counts
            twice.
    """
    # Imported here: it takes a second, which the other figures need not wait.
    import seaborn as sns

    found = mean_confusion(table)
    methods = method_styles((method for method, _ in found), table["method"])
    of_dataset = is_of_datasets(table)
    tasks = list(dict.fromkeys(task for _, task in found)) if of_dataset else list(LEARNT_FROM)
    across = min(4 if width >= 5 else 2, max(2, len(tasks)))
    lines = [
        (method, tasks[k : k + across]) for method in methods for k in range(0, len(tasks), across)
    ]
    noun = "rows" if of_dataset else "pairs"
    with style():
        high = width / across * (1.0 if across > 2 else 0.98)
        figure = new_figure(width, 0.25 + high * len(lines))
        panels = np.atleast_2d(figure.subplots(len(lines), across))
        for row, (method, tasks_of_row) in zip(panels, lines, strict=True):
            for unused in row[len(tasks_of_row) :]:
                unused.set_axis_off()
            for axes, task in zip(row, tasks_of_row, strict=False):
                matrix = found.get((method, task))
                if matrix is None:
                    axes.set_axis_off()
                    continue
                _heat_map(sns, axes, matrix)
                title = f"{methods[method].label}: {task} {TASKS.get(task, '')}".strip()
                axes.set_title(title, fontsize=6.6)
        bar = figure.colorbar(
            ScalarMappable(Normalize(0, 100), _COLOURS),
            ax=panels,
            location="bottom",
            shrink=0.4,
            aspect=40,
            pad=0.015,
        )
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=6.5, length=2)
        bar.set_label(f"{noun} of the true class (%)", fontsize=7)
        shown = table if of_dataset else usual_design_rows(table)
        designs = "" if of_dataset else f"{designs_note(shown)} "
        counts = {(methods[name].label, task): matrix.n for (name, task), matrix in found.items()}
        caption(
            figure,
            f"Confusion matrices of the linear probe on the test {noun} after the last epoch. "
            "Rows: true classes, columns: predicted ones; each row sums to 100 %. "
            "Numbers at the right: "
            f"recall (%), the value on the diagonal. {number_of_seeds(counts)}"
            f"{'; mean over seeds' if max(counts.values()) > 1 else ''}. {designs}"
            f"{precision_note(default_loss_rows(shown))}",
        )
    return figure


def _heat_map(sns, axes: Axes, matrix: MeanConfusion) -> None:  # type: ignore[no-untyped-def]
    few = len(matrix.classes) <= 4
    sns.heatmap(
        100 * matrix.fractions,
        vmin=0,
        vmax=100,
        cmap=_COLOURS,
        square=True,
        cbar=False,
        annot=few,
        fmt=".0f",
        annot_kws={"size": 6.5},
        linewidths=0.4,
        linecolor="#e6e6e6",
        xticklabels=matrix.classes,
        yticklabels=matrix.classes,
        ax=axes,
    )
    axes.tick_params(length=0, pad=1, labelsize=_SMALL)
    axes.tick_params(axis="x", rotation=90)
    axes.tick_params(axis="y", rotation=0)
    axes.set_facecolor("#e6e6e6")  # of a class that no test pair has
    for y, recall in enumerate(matrix.recall):
        axes.annotate(
            "–" if np.isnan(recall) else number(100 * recall, 0),
            (1, y + 0.5),
            (14, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="center_baseline",
            fontsize=_SMALL,
        )
