"""Learning curves of one method: what it exposes of R, U1, U2 and S, epoch by epoch."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, MultipleLocator

from interaction_probes.analysis.footnotes import collapse_note
from interaction_probes.analysis.row_filters import (
    LEARNT_FROM,
    mapping_of,
)
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.curve_panel import (
    draw_curves,
    lower_limit,
    mark_emergence,
)
from interaction_probes.figures.drawing.design_styles import design_styles, name_design
from interaction_probes.figures.drawing.level_lines import name_levels, reference_line
from interaction_probes.figures.drawing.style import (
    INK,
    MethodStyle,
    legend,
    method_styles,
    new_figure,
    style,
)
from interaction_probes.figures.drawing.task_panels import curve_tasks

_COLUMNS = {"pairs", "seed", "epoch", "task", "probe", "metric", "value"}
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
        tasks = curve_tasks(table)
        panels, noun = tasks.titles, tasks.noun
        figure, pairs = _new_panels(len(panels), tasks.across)
        last = int(linear["epoch"].max())
        drawn: dict[str, MethodStyle] = {}
        marked: set[str] = set()
        levels: list[tuple[Axes, float, str]] = []
        if published is not None:
            published = {task: value for task, value in published.items() if task in panels}
        for (task, title), (above, below) in zip(panels.items(), pairs, strict=True):
            of_task = linear[linear["task"] == task]
            truth = exact[exact["task"] == task].groupby("metric")["value"].first()
            designs = design_styles(linear, task, noun)
            drawn |= {method_style.label: method_style for method_style in designs.values()}
            above.set_title(title, pad=13)
            name_design(above, task, designs, tasks.suffix)
            draw_curves(above, of_task, "accuracy", 100.0, designs)
            draw_curves(below, of_task, "bits", 1.0, designs)
            above.set_xlim(0, max(last, 1))
            usual = 46 if tasks.has_two_classes(task, truth) else 0
            above.set_ylim(lower_limit(above, usual), 104)
            # So that 50 and 75, chance and the limit of two classes, are among them.
            above.yaxis.set_major_locator(MultipleLocator(25))
            levels += [(above, *level) for level in tasks.levels(task, truth)]
            if emergence is not None:
                epochs = _with_first(emergence[emergence["task"] == task], of_task)
                marked |= mark_emergence(above, epochs, designs)
            if published and task in published:
                beyond = above.get_yaxis_transform()  # the axes end at 1
                above.plot(
                    1.06, published[task], transform=beyond, clip_on=False, zorder=5, **_PUBLISHED
                )
            if "bits" in truth:
                reference_line(below, truth["bits"], "exact truth")
                below.set_ylim(lower_limit(below, -0.06 * truth["bits"]), 1.13 * truth["bits"])
            below.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            below.tick_params(labelbottom=True)
            below.set_xlabel("epoch")
        whole_first = sorted(drawn.values(), key=lambda method_style: method_style.dash != "-")
        marks = _handles(bool(published), marked)
        legend(figure, whole_first, marks, title=_title(linear))
        caption(figure, _caption_text(linear, bool(published), bool(marked), noun))
        name_levels(figure, levels)
    return figure


def _new_panels(tasks: int, across: int) -> tuple[Figure, list[np.ndarray]]:
    """An empty figure, and the axes of each task: accuracy, and bits below it."""
    rows = -(-tasks // across)
    figure = new_figure(7.2, 3.8 * rows)
    axes = figure.subplots(2 * rows, across, sharex=True)
    for row in range(0, 2 * rows, 2):
        axes[row, 0].set_ylabel("accuracy (%)")
        axes[row + 1, 0].set_ylabel("captured bits")
    pairs = [column for row in range(0, 2 * rows, 2) for column in axes[row : row + 2].T]
    for unused in pairs[tasks:]:
        for empty in unused:
            empty.set_axis_off()
    return figure, pairs[:tasks]


def _with_first(emergence: pd.DataFrame, of_task: pd.DataFrame) -> pd.DataFrame:
    """Epochs of emergence, with the first epoch at which each run was probed."""
    keys = ["pairs", "seed"]
    first = of_task.groupby(keys)["epoch"].min().rename("first")
    return emergence.merge(first, how="left", on=keys)


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
        n = f"n = {seeds.iloc[0]} seed{'s' if seeds.iloc[0] > 1 else ''}"
    one = "one run" if len(seeds) == 1 else f"{len(seeds)} runs, one per design"
    return f"{names}   {n}; {'mean and range' if seeds.max() > 1 else one}".strip()


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
        parts.append("A score that is above chance from the start has no triangle for leaving it.")
    parts += filter(None, [_rank_note(rows), collapse_note(rows)])
    return " ".join(parts)
