"""What each part of a loss does: the learning dynamics of one method under other weights."""

import itertools
from dataclasses import replace
from typing import Any

import pandas as pd
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from interaction_probes.analysis.agreement import check_same_settings
from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.names import loss_label
from interaction_probes.analysis.results_table import check_one_preset
from interaction_probes.analysis.row_filters import linear_probe_rows, usual_design_rows
from interaction_probes.analysis.table_files import MissingRows, require_columns
from interaction_probes.figures.drawing.style import INK, PAGE, MethodStyle, method_styles, style
from interaction_probes.figures.drawing.trajectories import trajectories

#: The order of legends: the whole loss, then these parts, then others by their names.
_FIRST = ("", "unimodal=0", "joint=0")
#: How variants look, beside the whole loss in the method's own colour, marker and whole line:
#: shade (1 white, -1 black), dashes, marker. They differ in lightness, for readers in grey.
_VARIANTS = (
    (-0.62, (0, (4, 1.5)), "s"),
    (0.5, (0, (1.4, 0.9)), "D"),
    (-0.35, (0, (4, 1.2, 1, 1.2)), "v"),
    (0.3, (0, (7, 1.5)), "p"),
    (-0.8, (0, (1, 1.6)), "<"),
    (0.65, (0, (4, 1, 1, 1, 1, 1)), ">"),
)


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
    ablated = [method] if method else _ablated(measured)
    if not ablated:
        raise MissingRows(
            "the table has no ablation: it lacks runs of one method with different loss weights "
            "(column weights, such as unimodal=0 and joint=0)"
        )
    if len(ablated) > 1:
        raise ValueError(
            f"an ablation is of one method, and the table has {', '.join(ablated)}: "
            f"keep one (--where method={ablated[0]})"
        )
    [method] = ablated
    check_same_settings(measured[measured["method"] == method], ["method"])
    own = method_styles([method], table["method"])[method]
    found = set(measured[measured["method"] == method]["weights"])
    variants = itertools.cycle(_VARIANTS)
    series = {}
    # The whole loss first, then the parts in the order of their names.
    for weights in [w for w in _FIRST if w in found] + sorted(found - set(_FIRST)):
        name = loss_label(method, str(weights))
        method_style = (
            replace(own, label=name) if weights == "" else _variant(own, name, next(variants))
        )
        series[weights] = (
            method_style,
            rows[(rows["method"] == method) & (rows["weights"] == weights)],
        )
    figure = trajectories(rows, series, width)
    with style():
        figure.suptitle(own.label, x=0.01, ha="left", fontsize=8, fontweight="bold", color=INK)
    return figure


def ablated_methods(table: pd.DataFrame) -> list[str]:
    """The methods that a table has runs of with several loss weights, by name."""
    if not {"weights", "probe", "metric", "pairs"} <= set(table):
        return []
    rows = usual_design_rows(table)
    return _ablated(rows[(rows["probe"] == "linear") & (rows["metric"] == "accuracy")])


def _ablated(rows: pd.DataFrame) -> list[str]:
    counts = rows["weights"].map(short_weights).groupby(rows["method"]).nunique()
    return sorted(counts[counts > 1].index)


def _variant(own: MethodStyle, name: str, how: tuple[float, Any, str]) -> MethodStyle:
    shade, dash, marker = how
    towards = 1.0 if shade > 0 else 0.0
    part = abs(shade)
    red, green, blue = ((1 - part) * light + part * towards for light in to_rgb(own.colour))
    colour = to_hex((red, green, blue))
    return MethodStyle(name, colour, marker, dash)
