"""Learning curves of one method: what it exposes of R, U1, U2 and S, epoch by epoch."""

import itertools
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from interaction_probes.analysis.conclusions.emergence import most_arrived
from interaction_probes.analysis.footnotes import collapse_note
from interaction_probes.analysis.row_filters import (
    LEARNT_FROM,
    USUAL_DESIGNS,
    additive_limit,
    mapping_of,
    teaching_design,
)
from interaction_probes.analysis.subset_profiles import is_of_samples
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.style import (
    INK,
    OTHER_COLOURS,
    MethodStyle,
    legend,
    method_styles,
    name_levels,
    new_figure,
    reference_line,
    style,
)

_ACROSS = 5  # panels side by side, of more tasks than pairs have
_PANELS = {
    "R": "R  redundancy",
    "U1": "U1  unique to image 1",
    "U2": "U2  unique to image 2",
    "S": "S  synergy",
}
_COLUMNS = {"pairs", "seed", "epoch", "task", "probe", "metric", "value"}
#: Of a match bit of three images and more: what scores of single images or of two images reach.
_LIMITS = ("additive", "pairwise")
_QUIET = "#8a8a8a"
#: Of designs that a task is not read from.
_DASHES = ((0, (3, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
_PUBLISHED: dict[str, Any] = {
    "marker": "o",
    "ls": "",
    "mfc": "white",
    "mec": INK,
    "ms": 4.5,
    "mew": 1,
}


def curves(
    table: pd.DataFrame,
    published: Mapping[str, float] | None = None,
    emergence: pd.DataFrame | None = None,
) -> Figure:
    """Accuracy (above) and bits (below) against epochs, one column per task.

    The tasks of three images and more are in rows of five.

    The design that a task is read from has the method's colour, others are grey and dashed: in
    biased pairs what is unique elsewhere can be shared, and unbiased ones teach no synergy. Bands
    are 95 % intervals over test images of one run, or the range over several seeds.

    Args:
        table: tidy metrics of one or more runs of one method; lines are means over seeds.
        published: task → published accuracy in percent, drawn as hollow marks beyond the right
            edge, since they are of other epochs.
        emergence: per run and task the epoch at which it ``left_chance`` for good and that at
            which it ``reached_90`` % of its last value, drawn as triangles at the foot of the
            panel: the probed epoch by which more than half of the seeds had, none where half of
            them never did or had from the start, of the design that the task is read from.

    Returns:
        A figure that belongs to no window: save it with ``figure.savefig``.

    Raises:
        MissingRows: a table without rows or columns that the figure needs.
    """
    missing = _COLUMNS - set(table.columns)
    if missing:
        raise MissingRows(f"the table lacks the columns {', '.join(sorted(missing))}")
    linear = table[table["probe"] == "linear"]
    if linear.empty:
        raise MissingRows("the table has no rows of the linear probe")
    exact = table[table["probe"] == "exact"]
    with style():
        of_samples = is_of_samples(table)
        panels = (
            {str(task): str(task) for task in exact["task"].unique()} if of_samples else _PANELS
        )
        noun = "samples" if of_samples else "pairs"
        across = len(panels) if len(panels) < _ACROSS else _ACROSS
        rows = -(-len(panels) // across)
        figure = new_figure(7.2, 3.8 * rows)
        axes = figure.subplots(2 * rows, across, sharex=True)
        # Each accuracy with the bits below it, row by row.
        pairs = [column for row in range(0, 2 * rows, 2) for column in axes[row : row + 2].T]
        for unused in pairs[len(panels) :]:
            for empty in unused:
                empty.set_axis_off()
        last = int(linear["epoch"].max())
        drawn: dict[str, MethodStyle] = {}
        marked: set[str] = set()
        levels: list[tuple[Axes, float, str]] = []
        if published is not None:
            published = {task: value for task, value in published.items() if task in panels}
        for (task, title), (above, below) in zip(panels.items(), pairs, strict=False):
            of_task = linear[linear["task"] == task]
            truth = exact[exact["task"] == task].groupby("metric")["value"].first()
            designs = _design_styles(linear, task, noun)
            drawn |= {method_style.label: method_style for method_style in designs.values()}
            above.set_title(title, pad=13)
            _name_design(above, task, designs, "" if of_samples else " pairs")
            _curves(above, of_task, "accuracy", 100.0, designs)
            _curves(below, of_task, "bits", 1.0, designs)
            above.set_xlim(0, max(last, 1))
            two_classes = task == "S" or (of_samples and truth.get("chance") == 0.5)
            above.set_ylim(_floor(above, 46 if two_classes else 0), 104)
            if "chance" in truth:
                levels.append((above, 100 * float(truth["chance"]), "chance"))
            if task == "S":
                limit = additive_limit(table)
                name = f"additive limit,\n{limit:.0f} %"
                levels.append((above, limit, name))
            for metric in _LIMITS if of_samples else ():
                if truth.get(metric, 1) < 1:
                    limit = 100 * float(truth[metric])
                    levels.append((above, limit, f"{metric} limit,\n{limit:.0f} %"))
            if emergence is not None:
                keys = ["pairs", "seed"]
                first = of_task.groupby(keys)["epoch"].min().rename("first")
                epochs = emergence[emergence["task"] == task].merge(first, how="left", on=keys)
                marked |= _emergence(above, epochs, designs)
            if published and task in published:
                beyond = above.get_yaxis_transform()  # the axes end at 1
                above.plot(
                    1.06, published[task], transform=beyond, clip_on=False, zorder=5, **_PUBLISHED
                )
            if "bits" in truth:
                reference_line(below, truth["bits"], "exact truth")
                below.set_ylim(_floor(below, -0.06 * truth["bits"]), 1.13 * truth["bits"])
            below.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            below.tick_params(labelbottom=True)
            below.set_xlabel("epoch")
        for row in range(0, 2 * rows, 2):
            axes[row, 0].set_ylabel("accuracy (%)")
            axes[row + 1, 0].set_ylabel("captured bits")
        whole_first = sorted(drawn.values(), key=lambda method_style: method_style.dash != "-")
        marks = _handles(bool(published), marked)
        legend(figure, whole_first, marks, title=_title(linear))
        caption(figure, _caption_text(linear, bool(published), bool(marked), noun))
        name_levels(figure, levels)
    return figure


def _read_from(task: str, designs: list[str]) -> list[str]:
    """The designs that a task is read from: the usual one, else what is most like it, else all."""
    usual = teaching_design(task)
    for fits in (
        [name for name in designs if mapping_of(name) == usual],
        [name for name in designs if mapping_of(name) not in USUAL_DESIGNS],
    ):
        if fits:
            return fits
    return designs


def _design_styles(linear: pd.DataFrame, task: str, noun: str) -> dict[str, MethodStyle]:
    """Design → how a task's curve from it looks; the label says what the look stands for."""
    designs = sorted(set(linear["pairs"]))
    known = method_styles(linear["method"]).values() if "method" in linear else ()
    own = next(iter(known), MethodStyle("", INK, "o"))
    read = _read_from(task, designs)
    colours = itertools.cycle(OTHER_COLOURS)
    found = {}
    # Of two, the other one is another in each panel and looks the same; of more, each has a name.
    dashes = _DASHES if len(designs) > 2 else _DASHES[:1]
    for name, dash in zip(designs, itertools.cycle(dashes), strict=False):
        if name not in read:
            other = name if len(designs) > 2 else "the other"
            found[name] = MethodStyle(f"learnt from {other} {noun}", _QUIET, "", dash)
        elif len(read) == 1:
            found[name] = replace(own, label=f"learnt from the {noun} named over the panel")
        else:
            found[name] = MethodStyle(f"{name} {noun}", next(colours), "o")
    return found


def _name_design(axes: Axes, task: str, designs: Mapping[str, MethodStyle], noun: str) -> None:
    """From which pairs a task is read, between the title and the panel."""
    read = _read_from(task, list(designs))
    axes.annotate(
        f"from {read[0]}{noun}" if len(read) == 1 else f"from {len(read)} designs",
        (0, 1),
        (0, 3),
        xycoords="axes fraction",
        textcoords="offset points",
        va="bottom",
        fontsize=7,
        color=designs[read[0]].colour if len(read) == 1 else INK,
    )


def _curves(
    axes: Axes, rows: pd.DataFrame, metric: str, scale: float, designs: Mapping[str, MethodStyle]
) -> None:
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
            ms=3.5,
            label=f"{pairs} pairs",
            clip_on=False,
            zorder=2 if quiet else 2.5,
            **method_style.mark,
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


def _emergence(axes: Axes, rows: pd.DataFrame, designs: Mapping[str, MethodStyle]) -> set[str]:
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


def _floor(axes: Axes, usual: float) -> float:
    """The lower limit of an axis: the usual one, unless a curve runs below it."""
    lowest = float(axes.dataLim.y0)  # infinite where nothing is drawn
    return usual if lowest >= usual else lowest - 0.04 * abs(usual - lowest)


def _handles(published: bool, triangles: Collection[str]) -> list[Line2D]:
    """What the marks beside the curves are, of those that are drawn."""
    found = []
    if published:
        found.append(Line2D([], [], label="published", **_PUBLISHED))
    kinds = {
        "left_chance": (INK, "leaves chance"),
        "reached_90": ("white", "90 % of the way from chance"),
    }
    return found + [
        Line2D([], [], ls="", marker="^", mec=INK, mfc=face, ms=4.5, mew=1, label=label)
        for kind, (face, label) in kinds.items()
        if kind in triangles
    ]


def _title(rows: pd.DataFrame) -> str:
    """Whose curves these are, and of how many runs."""
    names = ", ".join(
        method_style.label for method_style in method_styles(rows.get("method", ())).values()
    )
    seeds = rows.groupby("pairs")["seed"].nunique()
    if seeds.nunique() > 1:
        n = ", ".join(f"n = {n} ({pairs})" for pairs, n in seeds.items())
    else:
        n = f"n = {seeds.iloc[0]}"
    one = "one run" if len(seeds) == 1 else f"{len(seeds)} runs, one per design"
    return f"{names}   {n}, {'mean and range' if seeds.max() > 1 else one}".strip()


def _rank_note(rows: pd.DataFrame) -> str:
    """The effective rank at the last epoch, of each design; empty where none was measured."""
    if "effective_rank" not in rows:
        return ""
    last = rows[rows["epoch"] == rows["epoch"].max()].dropna(subset=["effective_rank"])
    means = last.drop_duplicates(["pairs", "seed"]).groupby("pairs")["effective_rank"].mean()
    told = ", ".join(f"{mean:.1f} ({pairs})" for pairs, mean in means.items())
    return f"Effective rank at the last epoch: {told}." if told else ""


def _caption_text(rows: pd.DataFrame, published: bool, triangles: bool, noun: str) -> str:
    """What a reader must know of curves, bands and marks."""
    parts = [f"Linear probe on unbiased {noun}."]
    seeds = rows.groupby("pairs")["seed"].nunique()
    of_one_run = rows[rows["pairs"].map(seeds) == 1]["metric"].isin(["accuracy_low", "bits_low"])
    bands = ["range over seeds"] if seeds.max() > 1 else []
    if of_one_run.any():
        bands.append(
            "of one run the 95 % interval over test images"
            if bands
            else "95 % intervals over test images"
        )
    if bands:
        parts.append(f"Bands: {'; '.join(bands)}.")
    if set(LEARNT_FROM.values()) <= {mapping_of(name) for name in rows["pairs"]}:
        parts.append(
            "In biased pairs the mapping lets one image tell of the other, so that not all that is "
            "unique in unbiased pairs is so there."
        )
    if published:
        parts.append("Published values (224 pixels, 100 epochs) stand beyond the last epoch.")
    if triangles:
        parts.append("What is above chance from the start leaves it nowhere.")
    parts += filter(None, [_rank_note(rows), collapse_note(rows)])
    return " ".join(parts)
