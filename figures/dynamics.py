"""Learning dynamics of every method: R, U, S and their mean, epoch by epoch."""

import pandas as pd
from matplotlib.figure import Figure

from interaction_probes.analysis.table import linear, one_preset, plain_loss, usual_designs
from interaction_probes.figures.drawing.style import PAGE, looks
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
    one_preset(table)
    rows = usual_designs(plain_loss(table))
    methods = looks(linear(rows, "accuracy")["method"])
    series = {name: (look, rows[rows["method"] == name]) for name, look in methods.items()}
    return trajectories(rows, series, width)
