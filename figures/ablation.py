"""What each part of a loss does: the learning dynamics of one method under other weights."""

import pandas as pd
from matplotlib.figure import Figure

from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.dataset_rows import is_of_datasets
from interaction_probes.analysis.results_table import check_one_preset
from interaction_probes.analysis.row_filters import linear_probe_rows, usual_design_rows
from interaction_probes.analysis.table_files import require_columns
from interaction_probes.figures.drawing.loss_variants import ablation_series, several_losses
from interaction_probes.figures.drawing.style import INK, PAGE, style
from interaction_probes.figures.drawing.trajectories import trajectories


def ablation(table: pd.DataFrame, width: float = PAGE, method: str = "") -> Figure:
    """Accuracy against epochs: a line for each weighting of a method's loss terms.

    The method is the one with runs of several weightings. Its own weighting keeps its look, and
    the others have shades of its colour, dashed lines and hollow marks.

    Args:
        table: tidy results with the column ``weights``: terms that differ from the method's own,
            such as "unimodal=0", or nothing.
        width: of the figure in inches.
        method: the method whose ablation it is; the one with several weightings if none is given.

    Raises:
        MissingRows: no method with runs of different weights, or other rows or columns missing.
        ValueError: several such methods, mixed presets, or a seed that counts twice.
    """
    require_columns(table, ["weights"])
    check_one_preset(table)
    rows = usual_design_rows(table)
    rows = rows.assign(weights=rows["weights"].map(short_weights))
    measured = linear_probe_rows(rows, "accuracy")
    own, series = ablation_series(rows, measured, table, method)
    figure = trajectories(rows, series, width)
    with style():
        figure.suptitle(own.label, x=0.01, ha="left", fontsize=8, fontweight="bold", color=INK)
    return figure


def ablated_methods(table: pd.DataFrame) -> list[str]:
    """The methods that a table has runs of with several loss weights, by name."""
    if not {"weights", "probe", "metric", "pairs"} <= set(table):
        return []
    of_datasets = is_of_datasets(table)
    rows = table if of_datasets else usual_design_rows(table)
    metric = "best_epoch" if of_datasets else "accuracy"
    return several_losses(rows[(rows["probe"] == "linear") & (rows["metric"] == metric)])
