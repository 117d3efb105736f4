"""Learning dynamics of every method: R, U, S and their mean, epoch by epoch."""

import pandas as pd
from matplotlib.figure import Figure

from interaction_probes.analysis.results_table import check_one_preset
from interaction_probes.analysis.row_filters import (
    default_loss_rows,
    linear_probe_rows,
    usual_design_rows,
)
from interaction_probes.figures.drawing.style import PAGE, method_styles
from interaction_probes.figures.drawing.trajectories import trajectories


def dynamics(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """Accuracy against epochs: a panel per task and one for the mean, a line per method.

    Args:
        table: tidy results; runs with other loss weights or strengths are left out.
        width: of the figure in inches.

    Raises:
        MissingRows: rows or columns that the figure needs are missing.
        ValueError: mixed presets, or a seed that counts twice.
    """
    check_one_preset(table)
    rows = usual_design_rows(default_loss_rows(table))
    methods = method_styles(linear_probe_rows(rows, "accuracy")["method"], table["method"])
    series = {
        name: (method_style, rows[rows["method"] == name]) for name, method_style in methods.items()
    }
    return trajectories(rows, series, width)
