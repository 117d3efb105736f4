"""Parts of a panel of learning curves: the curves of one method, triangles of every kind."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from interaction_probes.analysis.conclusions.emergence import most_arrived

from .hover import describe
from .style import INK, MethodStyle


def draw_curves(
    axes: Axes, rows: pd.DataFrame, metric: str, scale: float, designs: Mapping[str, MethodStyle]
) -> None:
    """A curve per design: means over seeds, with a band.

    Args:
        axes: the panel.
        rows: of one task.
        metric: which metric is drawn.
        scale: of its values in print.
        designs: design → its style; a dashed one lies below the others.
    """
    for pairs, method_style in designs.items():
        of_pairs = rows[rows["pairs"] == pairs]
        by_epoch = of_pairs[of_pairs["metric"] == metric].groupby("epoch")["value"]
        mean = scale * by_epoch.mean()
        if mean.empty:
            continue
        quiet = method_style.dash != "-"
        axes.plot(
            mean.index,
            mean,
            color=method_style.colour,
            ls=method_style.dash,
            lw=1.1 if quiet else 1.6,
            label=f"{pairs} pairs",
            clip_on=False,
            zorder=2 if quiet else 2.5,
            **method_style.mark(3.5),
        )
        low, high = by_epoch.min(), by_epoch.max()
        if of_pairs["seed"].nunique() == 1:  # a range of one run would have no width
            low, high = (
                of_pairs[of_pairs["metric"] == f"{metric}_{end}"].groupby("epoch")["value"].first()
                for end in ("low", "high")
            )
        if len(low) == len(high) == len(mean):
            axes.fill_between(
                mean.index, scale * low, scale * high, color=method_style.colour, alpha=0.16, lw=0
            )


def mark_emergence(axes: Axes, rows: pd.DataFrame, designs: Mapping[str, MethodStyle]) -> set[str]:
    """Triangles of the designs that the task is read from, each a step above the one before.

    So is one of a design whose two stand at the same epoch. Returns which of the two kinds there
    are.
    """
    below, kinds = 0, set()
    for pairs, method_style in designs.items():
        of_pairs = rows[(rows["pairs"] == pairs) & (method_style.dash == "-")]
        marked = None
        for name, face in (("left_chance", method_style.colour), ("reached_90", "white")):
            epoch = most_arrived(of_pairs[name], of_pairs["first"])
            if not np.isfinite(epoch):
                continue
            below += epoch == marked
            marked = epoch
            kinds.add(name)
            axes.plot(
                epoch,
                0.03 + 0.06 * below,
                "^",
                transform=axes.get_xaxis_transform(),
                mec=method_style.colour,
                mfc=face,
                ms=4.5,
                mew=1,
                clip_on=False,
                zorder=4,
            )
        below += not of_pairs.empty
    return kinds


def lower_limit(axes: Axes, usual: float) -> float:
    """The lower limit of an axis: the usual one, unless a curve runs below it."""
    lowest = float(axes.dataLim.y0)  # infinite where nothing is drawn
    return usual if lowest >= usual else lowest - 0.04 * abs(usual - lowest)


def mark_leaving(
    axes: Axes,
    looks: Mapping[str, MethodStyle],
    leaving: Mapping[str, pd.DataFrame],
    tasks: Sequence[str],
) -> int:
    """Mark where the series of a panel leave chance, one above the other.

    Args:
        axes: the panel.
        looks: series → its style.
        leaving: series → per run and task the epoch of leaving chance, `left_chance`, and the
            first one, `first`.
        tasks: of the panel.

    Returns:
        How many series leave it.
    """
    marked = 0
    for key, method_style in looks.items():
        epochs = leaving[key][leaving[key]["task"].isin(tasks)]
        marked += _mark_one_leaving(axes, key, method_style, epochs, marked)
    return marked


def leaving_mark() -> Line2D:
    """The mark of :func:`mark_leaving` in a legend."""
    return Line2D(
        [], [], color=INK, marker="^", ls="", mec="white", mew=0.4, ms=5, label="leaves chance"
    )


def _mark_one_leaving(
    axes: Axes, key: str, method_style: MethodStyle, epochs: pd.DataFrame, below: int
) -> bool:
    """Mark the epoch of leaving chance, above the marks below it; whether there is one."""
    left = most_arrived(epochs["left_chance"], epochs["first"])
    if np.isfinite(left):
        [mark] = axes.plot(
            left,
            0.04 + 0.07 * below,
            "^",
            transform=axes.get_xaxis_transform(),
            color=method_style.colour,
            mec="white",
            mew=0.4,
            ms=5,
            clip_on=False,
            zorder=4,
        )
        describe(mark, key, f"{method_style.label} leaves chance at epoch {left:g}")
        return True
    return False
