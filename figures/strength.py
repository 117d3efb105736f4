"""Calibration: bits that a method exposes against bits that the design put into its pairs."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from interaction_probes.analysis.agreement import check_comparable
from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.results_table import check_one_preset, check_one_run_per_seed
from interaction_probes.analysis.row_filters import (
    additive_limit,
    default_loss_rows,
    exact_value,
    initial_rows,
    last_epoch_rows,
    linear_probe_rows,
)
from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.analysis.table_files import MissingRows, require_columns
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.hover import describe
from interaction_probes.figures.drawing.seed_counts import seeds_in_words
from interaction_probes.figures.drawing.style import (
    COLUMN,
    FAINT,
    INK,
    PAGE,
    MethodStyle,
    legend,
    method_styles,
    new_figure,
    style,
)

_CLOSEST = 0.06  # of an axis: nearer to the one before, a strength has a tick and no number
_SHARED = "bits that a pretraining pair's\nimages share, by design"
_FEWEST = 3  # strengths: two points tell no curve


def dependence(strength: np.ndarray, values: int) -> np.ndarray:
    """Bits that two uniform factors share where a fraction of the pairs obeys a bijection.

    I(A; B) = log₂ k − H(B | A), with P(b = M(a) | a) = ρ + (1 − ρ)/k and the rest spread evenly
    over the k − 1 other values: 0 at ρ = 0 and log₂ k at ρ = 1.

    Args:
        strength: ρ, in [0, 1].
        values: k, 2 or more.
    """
    hit = strength + (1 - strength) / values
    miss = 1 - hit
    logs = hit * np.log2(hit) + miss * np.log2(np.where(miss > 0, miss, 1) / (values - 1))
    return np.log2(values) + logs


def strength(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """Captured bits against true ones as ρ goes from 0 to 1: redundancy left, the mapping right.

    A panel that no method has three strengths for is left out.

    True bits are what the design makes the two images of a *pretraining* pair share: of the shared
    attribute at its strength, or across the mapping at its own. Captured bits are the linear
    probe's of R and S at the last epoch, on unbiased pairs; a dotted line is what the same models
    read before their first step. On the diagonal a method exposes as large a part of what can be
    captured as the design put in.

    Args:
        table: tidy results with the columns shared_strength and mapping_strength.
        width: of the figure in inches; under 5, one panel stands above the other.

    Raises:
        MissingRows: no method has runs of three strengths, or other rows or columns are missing.
        ValueError: mixed presets, a seed that counts twice, or a mapping between attributes of
            different numbers of values.
    """
    require_columns(table, ["shared_strength", "mapping_strength"])
    check_one_preset(table)
    if not np.isclose(additive_limit(table), 75):
        raise ValueError(
            "strengths are drawn of mappings between attributes of as many values; "
            "those of this table have different numbers"
        )
    every = default_loss_rows(linear_probe_rows(table, "bits"))
    panels, starts = _panels(last_epoch_rows(every)), _panels(initial_rows(every))
    panels = {task: part for task, part in panels.items() if _measured(*part)}
    if not panels:
        raise MissingRows(
            "the table lacks runs of different strengths: shared_strength (with mapping_strength "
            "0) or mapping_strength (with shared_strength 1) must take three values or more"
        )
    drawn = [found for found, _ in panels.values()]
    check_comparable(pd.concat(drawn), table=table)
    measured = [name for found, column in panels.values() for name in _measured(found, column)]
    methods = method_styles(measured, table["method"])
    sizes = {
        "R": round(1 / exact_value(table, "R", "chance")),
        "S": _mapped_values(exact_value(table, "S", "bits")),
    }
    titles = {"R": "R  shared attribute", "S": "S  mapping"}
    with style():
        across = 1 if width < 5 else len(panels)
        high = 1.9 * len(panels) if width < 5 else max(2.3, 0.37 * width)
        wide = width if len(panels) == 2 else max(0.55 * width, min(width, COLUMN))
        figure = new_figure(wide, high)
        counts: dict[tuple[str, str], int] = {}
        before = False
        every_axes = figure.subplots(len(panels) // across, across, squeeze=False).ravel()
        for axes, (task, (found, column)) in zip(every_axes, panels.items(), strict=True):
            size, most = sizes[task], exact_value(table, task, "bits")
            axes.set_title(titles[task], pad=16)
            of_curves = found[found["method"].isin(_measured(found, column))]
            _frame(axes, size, most, np.sort(of_curves[column].unique()))
            axes.set_ylabel("captured bits")
            for name, method_style in methods.items():
                of_method = found[found["method"] == name]
                if name in _measured(found, column):
                    check_one_run_per_seed(of_method, ["method", column])
                    counts |= _line(axes, (name, method_style, task), of_method, column, size)
                    before |= _untrained(axes, (name, method_style, task), starts[task][0])
            # A probe that is confidently wrong captures less than nothing; it stays in sight.
            axes.set_ylim(bottom=min(-0.06 * most, axes.dataLim.y0 - 0.04 * most))
        for axes in every_axes[-across:]:
            axes.set_xlabel(_SHARED)
        dotted = [Line2D([], [], color=INK, lw=1, ls=":", label="untrained (epoch 0)")]
        legend(figure, methods.values(), dotted if before else ())
        ns = counts.values()
        caption(
            figure,
            f"Linear probe on unbiased pairs, last epoch; {seeds_in_words(counts)} "
            f"{'Hollow: n = 1. ' if 1 in ns and max(ns) > 1 else ''}ρ: the fraction of "
            "the pretraining pairs that are made to share the attribute (R) or to obey the mapping "
            "(S); in the others it is independent. Dashed: a guide for the eye and no prediction, "
            f"captured in proportion to what is shared. {footnotes(pd.concat(drawn))}",
        )
    return figure


def _panels(rows: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, str]]:
    """Task → its rows, of which one strength varies, and the column of that strength."""
    return {
        "R": (rows[(rows["task"] == "R") & (rows["mapping_strength"] == 0)], "shared_strength"),
        "S": (rows[(rows["task"] == "S") & (rows["shared_strength"] == 1)], "mapping_strength"),
    }


def _mapped_values(synergy: float) -> int:
    """How many values the mapped attribute has, from the bits of S: h(1/k), which falls with k."""
    share = 1 / np.arange(2, 11)
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    return 2 + int(np.abs(entropy - synergy).argmin())


def _measured(rows: pd.DataFrame, column: str) -> list[str]:
    """The methods that have enough strengths for a curve."""
    counts = rows.groupby("method")[column].nunique()
    return list(counts[counts >= _FEWEST].index)


def _frame(axes: Axes, size: int, most: float, strengths: np.ndarray) -> None:
    """Limits, diagonal, and the strengths that were run along the top."""
    top = float(np.log2(size))
    axes.plot([0, top], [0, most], color=FAINT, lw=0.9, ls=(0, (4, 2)), zorder=1)
    axes.set_xlim(-0.03 * top, 1.03 * top)
    axes.set_ylim(-0.06 * most, 1.06 * most)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    above = axes.secondary_xaxis("top")
    places, names, last = dependence(strengths, size), [], -np.inf
    for place, value in zip(places, strengths, strict=True):
        crowded = place - last < _CLOSEST * top
        names.append("" if crowded else f"{value:g}")
        last = last if crowded else place
    above.set_xticks(places, names)
    above.tick_params(labelsize=6.5, colors=FAINT, length=2, pad=1)
    above.spines["top"].set_visible(False)
    axes.annotate(
        "ρ =",
        (0, 1),
        (-4, 3),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=6.5,
        color=FAINT,
    )


def _line(
    axes: Axes, whose: tuple[str, MethodStyle, str], rows: pd.DataFrame, column: str, size: int
) -> dict[tuple[str, str], int]:
    """A method's means and intervals; returns the number of seeds at each strength."""
    name, method_style, task = whose
    strengths = np.sort(rows[column].unique())
    parts = [
        OverSeeds.of(rows[rows[column] == value]["value"].to_numpy()[:, None])
        for value in strengths
    ]
    true = dependence(strengths, size)
    means = [float(part.mean[0]) for part in parts]
    [line] = axes.plot(true, means, color=method_style.colour, lw=1.3)
    describe(line, name)
    for x, value, part in zip(true, strengths, parts, strict=True):
        low, high = float(part.low[0]), float(part.high[0])
        if part.n > 1:
            [interval] = axes.plot([x, x], [low, high], color=method_style.colour, lw=1.1)
            describe(interval, name)
        inside, edge = (
            (method_style.colour, "white") if part.n > 1 else ("white", method_style.colour)
        )
        [point] = axes.plot(
            x, part.mean[0], method_style.marker, mfc=inside, mec=edge, ms=5, zorder=3
        )
        point.set_markeredgewidth(0.5 if part.n > 1 else 1.1)
        spread = f" ({low:.3f} to {high:.3f}, n = {part.n})" if part.n > 1 else " (n = 1)"
        describe(
            point,
            name,
            f"{method_style.label}, {task} at ρ = {value:g}: {part.mean[0]:.3f} bits{spread}, "
            f"{x:.2f} bits shared",
        )
    return {
        (method_style.label, f"{task} at ρ = {value:g}"): part.n
        for value, part in zip(strengths, parts, strict=True)
    }


def _untrained(axes: Axes, whose: tuple[str, MethodStyle, str], starts: pd.DataFrame) -> bool:
    """A method's level before training, where the table tells it; whether it does.

    A seed starts from the same model at every strength: it counts once.
    """
    name, method_style, task = whose
    by_seed = starts[starts["method"] == name].groupby("seed")["value"].mean()
    if by_seed.empty:
        return False
    line = axes.axhline(by_seed.mean(), color=method_style.colour, lw=1, ls=":", zorder=1.7)
    describe(line, name, f"{method_style.label}, {task}, untrained: {by_seed.mean():.3f} bits")
    return True
