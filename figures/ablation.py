"""What each part of a loss does: the learning dynamics of one method under other weights."""

import pandas as pd
from matplotlib.figure import Figure

from .style import INK, PAGE, Look, looks
from .table import (
    MissingRows,
    linear,
    one_preset,
    one_setting,
    require,
    short_weights,
    usual_designs,
)
from .trajectories import trajectories

#: CoMM's ablation: a term of weight 0 leaves the other alone. Methods of more terms keep the rest.
_NAMES = {"": "both, L + ΣLᵢ", "unimodal=0": "L alone", "joint=0": "ΣLᵢ alone"}
_NAMED = "comm"
_LOOKS = {"unimodal=0": ("#E69F00", "s"), "joint=0": ("#009E73", "p")}
_OTHERS = (("#CC79A7", "D"), ("#56B4E9", "v"), ("#882255", "P"), ("#999933", "X"))


def ablation(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """Accuracy against epochs: a line for each weighting of a method's loss terms.

    The method is the one with runs of several weightings; its own weighting keeps its colour.

    Args:
        table: tidy results with the column ``weights``: terms that differ from the method's own,
            such as "unimodal=0", or nothing.
        width: of the figure in inches.

    Raises:
        MissingRows: no method with runs of different weights, or other rows or columns missing.
        ValueError: several such methods, mixed presets, or a seed that counts twice.
    """
    require(table, ["weights"])
    one_preset(table)
    rows = usual_designs(table)
    rows = rows.assign(weights=rows["weights"].map(short_weights))
    measured = linear(rows, "accuracy")
    counts = measured.groupby("method")["weights"].nunique()
    ablated = sorted(counts[counts > 1].index)
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
    one_setting(measured[measured["method"] == method], ["method"])
    own = looks([method])[method]
    found = set(measured[measured["method"] == method]["weights"])
    others = iter(_OTHERS)
    names = _NAMES if method == _NAMED and found <= set(_NAMES) else {"": "all terms"}
    series = {}
    # The whole loss first, then the parts in the order of their names.
    for weights in [w for w in _NAMES if w in found] + sorted(found - set(_NAMES)):
        if weights == "":
            colour, marker = own.colour, own.marker
        else:
            colour, marker = _LOOKS.get(weights) or next(others, ("#7a7a7a", "X"))
        look = Look(names.get(str(weights), str(weights)), colour, marker)
        series[weights] = (look, rows[(rows["method"] == method) & (rows["weights"] == weights)])
    figure = trajectories(rows, series, width)
    figure.suptitle(own.label, x=0.01, ha="left", fontsize=8, fontweight="bold", color=INK)
    return figure
