"""Calibration: bits that a method exposes against bits that the design put into its pairs."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .hover import describe
from .seeds import OverSeeds
from .small_print import caption
from .style import COLUMN, FAINT, PAGE, Look, legend, looks, seeds_in_words, style
from .table import (
    MissingRows,
    additive_limit,
    arithmetic,
    exact,
    last_epoch,
    linear,
    once_per_seed,
    one_preset,
    plain_loss,
    require,
)

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
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
    probe's of R and S at the last epoch, on unbiased pairs. On the diagonal a method exposes as
    large a part of what can be captured as the design put in.

    Args:
        table: tidy results with the columns shared_strength and mapping_strength.
        width: of the figure in inches.

    Raises:
        MissingRows: no method has runs of three strengths, or other rows or columns are missing.
        ValueError: mixed presets, a seed that counts twice, or a mapping between attributes of
            different numbers of values.
    """
    require(table, ["shared_strength", "mapping_strength"])
    one_preset(table)
    if not np.isclose(additive_limit(table), 75):
        raise ValueError(
            "strengths are drawn of mappings between attributes of as many values; "
            "those of this table have different numbers"
        )
    rows = last_epoch(plain_loss(linear(table, "bits")))
    panels = {
        "R": (rows[(rows["task"] == "R") & (rows["mapping_strength"] == 0)], "shared_strength"),
        "S": (rows[(rows["task"] == "S") & (rows["shared_strength"] == 1)], "mapping_strength"),
    }
    panels = {task: part for task, part in panels.items() if _measured(*part)}
    if not panels:
        raise MissingRows(
            "the table lacks runs of different strengths: shared_strength (with mapping_strength "
            "0) or mapping_strength (with shared_strength 1) must take three values or more"
        )
    drawn = [found for found, _ in panels.values()]
    methods = looks(name for found, column in panels.values() for name in _measured(found, column))
    sizes = {
        "R": round(1 / exact(table, "R", "chance")),
        "S": _mapped_values(exact(table, "S", "bits")),
    }
    titles = {"R": "R  shared attribute", "S": "S  mapping"}
    with style():
        high = 2.2 if width < 5 else 0.37 * width
        wide = width if len(panels) == 2 else max(0.55 * width, min(width, COLUMN))
        figure = Figure(figsize=(wide, high), layout="constrained")
        counts: list[int] = []
        for axes, (task, (found, column)) in zip(
            figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
        ):
            size, most = sizes[task], exact(table, task, "bits")
            axes.set_title(titles[task], pad=16)
            _frame(axes, size, most, _TICKS if width >= 5 else _TICKS[::2])
            axes.set_ylabel("captured bits")
            for name, look in methods.items():
                of_method = found[found["method"] == name]
                if name in _measured(found, column):
                    once_per_seed(of_method, ["method", column])
                    counts += _line(axes, (name, look, task), of_method, column, size)
            # A probe that is confidently wrong captures less than nothing; it stays in sight.
            axes.set_ylim(bottom=min(-0.06 * most, axes.dataLim.y0 - 0.04 * most))
        legend(figure, methods.values())
        caption(
            figure,
            f"Linear probe on unbiased pairs, last epoch; {seeds_in_words(counts)} "
            f"{'Hollow: n = 1. ' if 1 in counts and max(counts) > 1 else ''}True bits: what the "
            "images of a pretraining pair share by design at strength ρ. Dashed, for the eye: "
            f"captured in proportion. {arithmetic(pd.concat(drawn))}",
        )
    return figure


def _mapped_values(synergy: float) -> int:
    """How many values the mapped attribute has, from the bits of S: h(1/k), which falls with k."""
    share = 1 / np.arange(2, 11)
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    return 2 + int(np.abs(entropy - synergy).argmin())


def _measured(rows: pd.DataFrame, column: str) -> list[str]:
    """The methods that have enough strengths for a curve."""
    counts = rows.groupby("method")[column].nunique()
    return list(counts[counts >= _FEWEST].index)


def _frame(axes: Axes, size: int, most: float, ticks: tuple[float, ...]) -> None:
    """Limits, diagonal, and the strengths along the top."""
    top = float(np.log2(size))
    axes.plot([0, top], [0, most], color=FAINT, lw=0.9, ls=(0, (4, 2)), zorder=1)
    axes.set_xlim(-0.03 * top, 1.03 * top)
    axes.set_ylim(-0.06 * most, 1.06 * most)
    axes.set_xlabel("true bits, by design")
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    above = axes.secondary_xaxis("top")
    above.set_xticks(dependence(np.array(ticks), size), [f"{tick:g}" for tick in ticks])
    above.tick_params(labelsize=6.5, colors=FAINT, length=2, pad=1)
    above.spines["top"].set_visible(False)
    axes.annotate(
        "ρ",
        (0, 1),
        (-6, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=7,
        color=FAINT,
    )


def _line(
    axes: Axes, whose: tuple[str, Look, str], rows: pd.DataFrame, column: str, size: int
) -> list[int]:
    """A method's means and intervals; returns the number of seeds at each strength."""
    name, look, task = whose
    strengths = np.sort(rows[column].unique())
    parts = [
        OverSeeds.of(rows[rows[column] == value]["value"].to_numpy()[:, None])
        for value in strengths
    ]
    true = dependence(strengths, size)
    means = [float(part.mean[0]) for part in parts]
    [line] = axes.plot(true, means, color=look.colour, lw=1.3)
    describe(line, name)
    for x, value, part in zip(true, strengths, parts, strict=True):
        low, high = float(part.low[0]), float(part.high[0])
        if part.n > 1:
            [interval] = axes.plot([x, x], [low, high], color=look.colour, lw=1.1)
            describe(interval, name)
        inside, edge = (look.colour, "white") if part.n > 1 else ("white", look.colour)
        [point] = axes.plot(x, part.mean[0], look.marker, mfc=inside, mec=edge, ms=5, zorder=3)
        point.set_markeredgewidth(0.5 if part.n > 1 else 1.1)
        spread = f" ({low:.3f} to {high:.3f}, n = {part.n})" if part.n > 1 else " (n = 1)"
        describe(
            point,
            name,
            f"{look.label}, {task} at ρ = {value:g}: {part.mean[0]:.3f} bits{spread}, "
            f"{x:.2f} true bits",
        )
    return [part.n for part in parts]
