"""How cost grows: seconds and memory against the size of one thing after another."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from interaction_probes.analysis.table_files import read_csv, require_columns
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.style import (
    FAINT,
    INK,
    OTHER_COLOURS,
    PAGE,
    new_figure,
    style,
)

_COLUMNS = ("what", "value", "seconds", "peak_mb", "threads", "version")
#: Column → (how the legend names it, its colour and marker).
_DRAWN = {"seconds": ("seconds", INK, "o"), "peak_mb": ("MB", OTHER_COLOURS[0], "s")}


def read_growth(path: Path) -> pd.DataFrame:
    """Read the table that ``benchmarks/speed/growth.py`` writes.

    Raises:
        ValueError: no such table, columns that are missing, or values that are no numbers.
        OSError: the file cannot be read.
    """
    return read_csv(path, _COLUMNS, ("value", "seconds", "peak_mb"))


def exponent(value: np.ndarray, cost: np.ndarray) -> float:
    """k of cost ∝ value^k: the slope of a line through the upper half of the points, log-log.

    The lower half shows what is paid at every size. NaN where the upper half has fewer than two
    positive costs.

    Args:
        value: sizes, ascending and positive.
        cost: at each of them.
    """
    upper = slice(min(len(value) // 2, len(value) - 2) if len(value) > 1 else 0, None)
    value, cost = value[upper], cost[upper]
    if len(value) < 2 or (cost <= 0).any():
        return float("nan")
    return float(np.polyfit(np.log(value), np.log(cost), 1)[0])


def growth(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """A panel per curve: seconds (left axis) and memory (right axis) against a size, log-log.

    Args:
        table: one row per point; `what` names a curve as "cost by size".
        width: of the figure in inches.

    Raises:
        MissingRows: columns that are missing.
        ValueError: sizes or seconds that are not positive, or curves of several threads or
            versions.
    """
    require_columns(table, _COLUMNS)
    for name in ("value", "seconds"):
        if (table[name] <= 0).any():
            raise ValueError(f"a logarithmic axis has no {name} of 0 or less")
    for name in ("threads", "version"):
        if table[name].nunique() > 1:
            raise ValueError(
                f"the table mixes {name} {' and '.join(map(str, sorted(set(table[name]))))}: "
                f"keep one of them (--where)"
            )
    curves = list(dict.fromkeys(table["what"]))
    across = min(len(curves), 3 if width >= 5 else 1)
    down = -(-len(curves) // across)
    with style():
        figure = new_figure(width, 0.1 + down * (0.3 * width if across == 3 else 2.2))
        panels = figure.subplots(down, across, squeeze=False).ravel()
        for axes, what in zip(panels, curves, strict=False):
            _panel(axes, what, table[table["what"] == what].sort_values("value"))
        for axes in panels[len(curves) :]:
            axes.remove()
        threads, version = table["threads"].iloc[0], table["version"].iloc[0]
        caption(
            figure,
            "One measurement per point, each in a process of its own; memory is how far that "
            "process grows. Slopes are of the upper half of the points: 1 is linear. "
            "Both axes of a panel span the same ratio. "
            f"{threads} thread{'s' if str(threads) != '1' else ''}, {version}.",
        )
    return figure


def _panel(axes: Axes, what: str, rows: pd.DataFrame) -> None:
    _, _, size = what.rpartition(" by ")
    axes.set_title(what)
    axes.set_xlabel(size)
    value = rows["value"].to_numpy(dtype=float)
    right = axes.twinx()
    right.spines["right"].set_visible(True)
    right.grid(visible=False)
    costs = [rows[column].to_numpy(dtype=float) for column in _DRAWN]
    widest = max(_ratio(part[part > 0]) for part in (value, *costs))
    handles = []
    for own, column in ((axes, "seconds"), (right, "peak_mb")):
        name, colour, marker = _DRAWN[column]
        cost = rows[column].to_numpy(dtype=float)
        positive = cost > 0  # what fits beside the imports does not grow the process
        slope = exponent(value, cost)
        label = name if np.isnan(slope) else f"{name}, slope {slope:.2f}"
        lines = own.plot(
            value[positive], cost[positive], marker, ls="-", lw=1.1, ms=4, color=colour, label=label
        )
        handles += lines if positive.any() else []
        own.set_xscale("log")
        own.set_yscale("log")
        if positive.any():  # the same ratio on both axes: what hardly grows looks flat
            least = cost[positive].min()
            own.set_ylim(least / widest**0.08, least * widest**1.08)
        own.yaxis.set_major_locator(_few_ticks(own))
        own.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        own.yaxis.set_minor_formatter(NullFormatter())
        own.tick_params(axis="y", labelsize=6.5, colors=colour if own is right else INK)
    axes.set_ylabel("seconds")
    right.set_ylabel("MB", color=OTHER_COLOURS[0])
    axes.set_xticks(value, [f"{v:g}" for v in value])
    axes.minorticks_off()
    axes.tick_params(
        axis="x",
        labelsize=6,
        labelcolor=FAINT,
        rotation=40 if len(value) > 4 or value.max() >= 1000 else 0,
    )
    axes.legend(handles=handles, loc="upper left", fontsize=6, handlelength=1.2)


def _few_ticks(axes: Axes) -> LogLocator:
    """Powers of ten, or finer steps where fewer than two of them are in sight."""
    low, high = axes.get_ylim()
    for finest in ([1.0], [1.0, 2.0, 5.0], np.arange(1, 10, 1.0), np.arange(1, 10, 0.2)):
        locator = LogLocator(subs=list(finest), numticks=100)
        if sum(low <= tick <= high for tick in locator.tick_values(low, high)) > 1:
            break
    return locator


def _ratio(values: np.ndarray) -> float:
    """The greatest of positive values in terms of the least; at least a little over 1."""
    return max(1.2, float(values.max() / values.min())) if len(values) else 1.2
