"""One method's runs under several loss weights: which there are, and how each looks."""

import itertools
from dataclasses import replace
from typing import Any

import pandas as pd
from matplotlib.colors import to_hex, to_rgb

from interaction_probes.analysis.agreement import check_same_settings
from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.names import loss_label
from interaction_probes.analysis.table_files import MissingRows

from .style import MethodStyle, method_styles

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


def ablation_series(
    rows: pd.DataFrame, measured: pd.DataFrame, table: pd.DataFrame, method: str = ""
) -> tuple[MethodStyle, dict[str, tuple[MethodStyle, pd.DataFrame]]]:
    """A method's look, and its runs by loss weights, the whole loss first.

    Args:
        rows: of all runs, with short weights.
        measured: those of one score of the linear probe.
        table: that the rows are from.
        method: the method; the one with several weightings if none is given.

    Returns:
        The method's own look; loss weights → their look and their rows.

    Raises:
        MissingRows: no method with runs of different weights.
        ValueError: several such methods, or runs of other settings.
    """
    ablated = [method] if method else several_losses(measured)
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
        look = replace(own, label=name) if weights == "" else _variant(own, name, next(variants))
        of_weights = (rows["method"] == method) & (rows["weights"] == weights)
        series[weights] = look, rows[of_weights]
    return own, series


def several_losses(rows: pd.DataFrame) -> list[str]:
    """The methods that have runs of several loss weights, by name."""
    counts = rows["weights"].map(short_weights).groupby(rows["method"]).nunique()
    return sorted(counts[counts > 1].index)


def _variant(own: MethodStyle, name: str, how: tuple[float, Any, str]) -> MethodStyle:
    shade, dash, marker = how
    towards = 1.0 if shade > 0 else 0.0
    part = abs(shade)
    red, green, blue = ((1 - part) * light + part * towards for light in to_rgb(own.colour))
    colour = to_hex((red, green, blue))
    return MethodStyle(name, colour, marker, dash)
