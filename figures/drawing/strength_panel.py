"""A panel of what methods captured against what the design makes the images share."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from interaction_probes.analysis.results_table import check_one_end, check_one_run_per_seed
from interaction_probes.analysis.seeds import OverSeeds

from .hover import describe
from .style import FAINT, INK, MethodStyle

_CLOSEST = 0.06  # of an axis: nearer to the one before, a strength has a tick and no number
FEWEST_STRENGTHS = 3  # two points tell no curve


@dataclass(frozen=True)
class StrengthRows:
    """What a panel shows.

    Attributes:
        task: its name.
        column: of the strength that varies.
        values: k, how many values the tied attributes have.
        rows: of the last epoch, one metric of the task.
        starts: the same before training.
        scale: of the values in print.
        unit: of the values in print.
        digits: behind the point in print.
    """

    task: str
    column: str
    values: int
    rows: pd.DataFrame
    starts: pd.DataFrame
    scale: float = 1.0
    unit: str = "bits"
    digits: int = 3

    @property
    def methods(self) -> list[str]:
        """The methods that have enough strengths for a curve."""
        return methods_with_curves(self.rows, self.column)


def methods_with_curves(rows: pd.DataFrame, column: str) -> list[str]:
    """The methods that have three strengths or more.

    Args:
        rows: of one metric and task.
        column: of the strength that varies.
    """
    counts = rows.groupby("method")[column].nunique()
    return list(counts[counts >= FEWEST_STRENGTHS].index)


def dependence(strength: np.ndarray, values: int) -> np.ndarray:
    """Bits that images share across a rule that a fraction of the samples obeys.

    I(A; B) = log₂ k − H(B | A), with P(b = M(a) | a) = ρ + (1 − ρ)/k and the rest spread evenly
    over the k − 1 other values: 0 at ρ = 0 and log₂ k at ρ = 1. It is that of two uniform factors
    and a bijection M. Of three factors and a Latin cube it is I(A, B; C): A and B together
    determine C as A determines B there, and H(C | A, B) is the same.

    Args:
        strength: ρ, in [0, 1].
        values: k, 2 or more.
    """
    hit = strength + (1 - strength) / values
    miss = 1 - hit
    logs = hit * np.log2(hit) + miss * np.log2(np.where(miss > 0, miss, 1) / (values - 1))
    return np.log2(values) + logs


def mapped_values(synergy: float) -> int:
    """How many values tied attributes have, from the bits of the match bit: h(1/k) falls with k."""
    share = 1 / np.arange(2, 11)
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    return 2 + int(np.abs(entropy - synergy).argmin())


def draw_strength_axis(axes: Axes, found: StrengthRows, narrow: bool = False) -> None:
    """Bits along the bottom, and the strengths that were run along the top.

    Args:
        axes: the panel.
        found: what it shows.
        narrow: whether the panel is half a column wide, so that fewer numbers have room.
    """
    margin, closest = (0.06, 2.5 * _CLOSEST) if narrow else (0.03, _CLOSEST)
    rows = found.rows[found.rows["method"].isin(found.methods)]
    strengths, top = np.sort(rows[found.column].unique()), float(np.log2(found.values))
    axes.set_xlim(-margin * top, (1 + margin) * top)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    above = axes.secondary_xaxis("top")
    places, names, last = dependence(strengths, found.values), [], -np.inf
    for place, value in zip(places, strengths, strict=True):
        crowded = place - last < closest * top
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


def draw_bits_axis(axes: Axes, values: int, most: float) -> None:
    """The diagonal, and limits of an axis of captured bits.

    Args:
        axes: the panel.
        values: k, how many values the tied attributes have.
        most: the bits that can be captured.
    """
    top = float(np.log2(values))
    axes.plot([0, top], [0, most], color=FAINT, lw=0.9, ls=(0, (4, 2)), zorder=1)
    axes.set_ylim(-0.06 * most, 1.06 * most)


def draw_methods(
    axes: Axes, found: StrengthRows, methods: Collection[tuple[str, MethodStyle]]
) -> tuple[dict[tuple[str, str], int], bool]:
    """A curve for each method, and its level before training.

    Args:
        axes: the panel.
        found: what it shows.
        methods: those of the figure, with their styles.

    Returns:
        The number of seeds at each strength of each method, and whether a level is drawn.
    """
    counts: dict[tuple[str, str], int] = {}
    before = False
    for name, method_style in methods:
        if name in found.methods:
            of_method = found.rows[found.rows["method"] == name]
            check_one_run_per_seed(of_method, ["method", found.column])
            check_one_end(of_method, ["method", found.column])
            counts |= _line(axes, (name, method_style), of_method, found)
            before |= _untrained(axes, (name, method_style), found)
    return counts, before


def untrained_mark() -> Line2D:
    """The mark of levels before training, for a legend."""
    return Line2D([], [], color=INK, lw=1, ls=":", label="untrained (epoch 0)")


def _line(
    axes: Axes, whose: tuple[str, MethodStyle], rows: pd.DataFrame, found: StrengthRows
) -> dict[tuple[str, str], int]:
    """A method's means and intervals; returns the number of seeds at each strength."""
    name, method_style = whose
    task, column, digits, unit = found.task, found.column, found.digits, found.unit
    strengths = np.sort(rows[column].unique())
    parts = [
        OverSeeds.of(found.scale * rows[rows[column] == value]["value"].to_numpy()[:, None])
        for value in strengths
    ]
    true = dependence(strengths, found.values)
    means = [float(part.mean[0]) for part in parts]
    [line] = axes.plot(true, means, color=method_style.colour, lw=1.3)
    describe(line, name)
    for x, value, part in zip(true, strengths, parts, strict=True):
        low, high = float(part.low[0]), float(part.high[0])
        if part.n > 1:
            [interval] = axes.plot([x, x], [low, high], color=method_style.colour, lw=1.1)
            describe(interval, name)
        [point] = axes.plot(x, part.mean[0], ls="", zorder=3, **method_style.mark(5))
        if part.n == 1:
            point.set(mfc="white", mec=method_style.colour, mew=1.1)
        spread = (
            f" ({low:.{digits}f} to {high:.{digits}f}, n = {part.n})" if part.n > 1 else " (n = 1)"
        )
        describe(
            point,
            name,
            f"{method_style.label}, {task} at ρ = {value:g}: "
            f"{part.mean[0]:.{digits}f} {unit}{spread}, {x:.2f} bits shared",
        )
    return {
        (method_style.label, f"{task} at ρ = {value:g}"): part.n
        for value, part in zip(strengths, parts, strict=True)
    }


def _untrained(axes: Axes, whose: tuple[str, MethodStyle], found: StrengthRows) -> bool:
    """A method's level before training, where the table has it; whether it does.

    A seed starts from the same model at every strength: it counts once.
    """
    name, method_style = whose
    starts = found.starts
    by_seed = found.scale * starts[starts["method"] == name].groupby("seed")["value"].mean()
    if by_seed.empty:
        return False
    level = by_seed.mean()
    line = axes.axhline(level, color=method_style.colour, lw=1, ls=":", zorder=1.7)
    shown = f"{level:.{found.digits}f} {found.unit}"
    describe(line, name, f"{method_style.label}, {found.task}, untrained: {shown}")
    return True
