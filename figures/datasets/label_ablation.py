"""What each part of a loss does for the labels of a dataset, along the epochs."""

import pandas as pd
from matplotlib.figure import Figure

from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.results_table import check_one_preset
from interaction_probes.analysis.row_filters import linear_probe_rows
from interaction_probes.analysis.table_files import require_columns
from interaction_probes.figures.drawing.loss_variants import ablation_series
from interaction_probes.figures.drawing.style import INK, PAGE, style

from .label_curves import label_curves


def label_ablation(table: pd.DataFrame, width: float = PAGE, method: str = "") -> Figure:
    """Scores of every label against epochs: a line for each weighting of a method's loss terms.

    Args:
        table: tidy results of runs on one dataset, with the column ``weights``.
        width: of the figure in inches.
        method: the method whose ablation it is; the one with several weightings if none is given.

    Raises:
        MissingRows: no method with runs of different weights, or other rows or columns missing.
        ValueError: several such methods, datasets or presets, runs that were probed at other
            epochs, or a seed that counts twice.
    """
    require_columns(table, ["weights"])
    check_one_preset(table)
    rows = table.assign(weights=table["weights"].map(short_weights))
    own, series = ablation_series(rows, linear_probe_rows(rows, "best_epoch"), table, method)
    figure = label_curves(rows, series, width)
    with style():
        figure.suptitle(own.label, x=0.01, ha="left", fontsize=8, fontweight="bold", color=INK)
    return figure
