"""Scores of every label of a dataset along the epochs: the test rows' above, validation below."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from interaction_probes.analysis.agreement import check_same_settings
from interaction_probes.analysis.dataset_rows import (
    CHOOSING_METRICS,
    MAIN_METRICS,
    check_one_dataset,
    chosen_epochs,
    labels_of,
    metric_of_label,
)
from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.results_table import check_one_preset, check_one_run_per_seed
from interaction_probes.analysis.row_filters import default_loss_rows
from interaction_probes.analysis.schema import METRICS
from interaction_probes.analysis.scores.chosen_scores import comparable_chosen_rows
from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.hover import describe
from interaction_probes.figures.drawing.level_lines import name_levels
from interaction_probes.figures.drawing.seed_counts import number_of_seeds, seeds_in_words
from interaction_probes.figures.drawing.style import (
    INK,
    PAGE,
    MethodStyle,
    legend,
    method_styles,
    new_figure,
    style,
)

#: Key of a series → its look and its rows.
Series = Mapping[str, tuple[MethodStyle, pd.DataFrame]]
_ACROSS = 4  # panels side by side on a page
_NARROW = 2  # in a column
_ROOM = 0.1  # above and below what is drawn, in its height: for marks and ticks at its ends
_DASHED = (0, (3, 1.5))


def label_dynamics(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """Scores of every label against epochs, a line per method.

    Args:
        table: tidy results of runs on one dataset; runs with other loss weights are left out.
        width: of the figure in inches.

    Raises:
        MissingRows: rows that the figure needs are missing.
        ValueError: several datasets or presets, runs that were probed at other epochs, or a seed
            that counts twice.
    """
    check_one_preset(table)
    rows = default_loss_rows(table)
    if rows.empty:
        raise MissingRows("the table has no runs with a method's own loss")
    looks = method_styles(rows["method"], table["method"])
    return label_curves(
        rows, {name: (look, rows[rows["method"] == name]) for name, look in looks.items()}, width
    )


def label_curves(table: pd.DataFrame, series: Series, width: float = PAGE) -> Figure:
    """A column of two panels per label, a line per series, with a band over seeds.

    Above: accuracy, macro F1 or R² of the test rows. Below: the validation score that chooses each
    run's epoch, bits or R². Of a single series the test rows' is beside it. A vertical tick on a
    line is at the chosen epoch, the median over seeds; of an even number the later of the two.

    Args:
        table: tidy results of runs on one dataset; it has chance and H(Y).
        series: key → look and rows, of one method and one loss.
        width: of the figure in inches; under 5, at most two labels are side by side.

    Raises:
        MissingRows: rows that the figure needs are missing.
        ValueError: several datasets, runs that were probed at other epochs, or a seed that counts
            twice.
    """
    every = pd.concat([rows for _, rows in series.values()])
    check_one_dataset(table)
    comparable_chosen_rows(every)  # refuses runs that cannot be shown together
    labels = labels_of(every)
    across = min(len(labels), _ACROSS if width >= 5 else _NARROW)
    down = -(-len(labels) // across)
    counts: dict[tuple[str, str], int] = {}
    levels: list[tuple[Axes, float, str]] = []
    alone = len(series) == 1
    with style():
        figure = new_figure(width, 0.35 + 2.9 * down)
        grid = figure.subplots(2 * down, across, sharex=True, squeeze=False)
        columns = [pair for k in range(0, 2 * down, 2) for pair in grid[k : k + 2].T]
        for unused in columns[len(labels) :]:
            for empty in unused:
                empty.set_axis_off()
        for label, (above, below) in zip(labels, columns, strict=False):
            exact = _exact(table, label)
            main = metric_of_label(every, label, MAIN_METRICS)
            chosen = metric_of_label(every, label, CHOOSING_METRICS)
            scale = METRICS[main].scale
            choosing = METRICS[chosen].heading
            above.set_title(label)
            above.set_ylabel(f"test {METRICS[main].heading}")
            below.set_ylabel(choosing if alone else f"validation {choosing}")
            for key, (look, rows) in series.items():
                of_label = rows[(rows["task"] == label) & (rows["probe"] == "linear")]
                if of_label.empty:
                    continue
                ticks = _tick(of_label)
                counts[look.label, label] = _line(
                    above, key, look, of_label, main, scale, ticks, alone
                )
                if alone:
                    _line(below, key, look, of_label, chosen, 1.0, None, alone)
                dashed = _validation_look(look) if alone else look
                _line(below, key, dashed, of_label, "validation", 1.0, ticks, False)
            for axes in (above, below):
                axes.margins(x=0.03, y=_ROOM)
            levels += _levels(above, below, exact, main, chosen, scale)
            below.set_xlabel("epoch")
            below.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            below.tick_params(labelbottom=True)
        if not counts:
            raise MissingRows("no series has a label by the linear probe")
        marks = [_chosen_mark()]
        if alone:
            [(look, _)] = series.values()
            marks = [
                Line2D([], [], color=look.colour, lw=1.4, label="test rows"),
                Line2D([], [], color=look.colour, lw=1.4, ls=_DASHED, label="validation rows"),
                *marks,
            ]
        shown = [look for look, _ in series.values()]
        legend(figure, [] if alone else shown, marks, title=shown[0].label if alone else None)
        caption(figure, _caption_text(every, counts, alone))
        name_levels(figure, levels)
    return figure


def _exact(table: pd.DataFrame, label: str) -> dict[str, float]:
    rows = table[(table["probe"] == "exact") & (table["task"] == label)]
    return {str(row.metric): float(row.value) for row in rows.itertuples()}


def _levels(
    above: Axes,
    below: Axes,
    exact: Mapping[str, float],
    main: str,
    chosen: str,
    scale: float,
) -> list[tuple[Axes, float, str]]:
    """Chance in each panel, and H(Y) where bits come near it."""
    found = []
    chance = {"accuracy": "chance", "r2": "r2_chance"}.get(main, "")
    if chance in exact:
        found.append((above, scale * exact[chance], "chance"))
    if f"{chosen}_chance" in exact:
        found.append((below, exact[f"{chosen}_chance"], "chance"))
    for axes, value, _ in found:
        _include(axes, value)
    if chosen == "bits" and "bits" in exact:
        low, high = below.get_ylim()
        if exact["bits"] < high + 0.6 * (high - low):
            _include(below, exact["bits"])
            # Not H(Y) of a multi-label: its bits are a sum over the columns.
            name = "sum of H(Yₖ)" if main == "macro_f1" else "H(Y)"
            found.append((below, exact["bits"], name))
    return found


def _include(axes: Axes, value: float) -> None:
    """Make a panel so high that a level line has room in it."""
    axes.update_datalim([(0, value)], updatex=False)
    axes.autoscale_view(scalex=False)


def _validation_look(look: MethodStyle) -> MethodStyle:
    return MethodStyle(look.label, look.colour, look.marker, _DASHED)


def _tick(rows: pd.DataFrame) -> float:
    """The chosen epoch, the median over seeds; NaN of what was not trained.

    Of an even number of seeds the later of the two in the middle: between them nothing was probed.
    """
    if rows["epoch"].nunique() < 2:
        return float("nan")
    return float(chosen_epochs(rows)["value"].quantile(0.5, interpolation="higher"))


def _chosen_mark() -> Line2D:
    return Line2D([], [], color=INK, marker="|", ls="", ms=8, mew=1.2, label="chosen epoch")


def _line(
    axes: Axes,
    key: str,
    look: MethodStyle,
    rows: pd.DataFrame,
    metric: str,
    scale: float,
    tick: float | None,
    test_interval: bool,
) -> int:
    """One curve with its band; the number of seeds."""
    scores = rows[rows["metric"] == metric]
    if scores.empty:
        return 0
    check_same_settings(scores, ["method"])
    check_one_run_per_seed(scores, ["method"])
    wide = scale * scores.pivot(index="seed", columns="epoch", values="value").dropna(axis=1)
    over, epochs = OverSeeds.of(wide.to_numpy()), wide.columns.to_numpy()
    zorder = 3 if look.dash == "-" else 2.8
    if len(epochs) == 1:  # not trained
        described: Any = axes.axhline(over.mean[0], color=look.colour, lw=1, ls=":")
        describe(described, key)
    else:
        [line] = axes.plot(
            epochs, over.mean, color=look.colour, lw=1.4, ls=look.dash, zorder=zorder
        )
        describe(line, key)
    low, high = over.low, over.high
    if over.n == 1 and test_interval:
        ends = [rows[rows["metric"] == f"{metric}_{end}"] for end in ("low", "high")]
        if all(len(end) == len(epochs) for end in ends):
            low, high = (scale * end.sort_values("epoch")["value"].to_numpy() for end in ends)
    if np.any(high > low):
        describe(axes.fill_between(epochs, low, high, color=look.colour, alpha=0.16, lw=0), key)
    for epoch, mean in zip(epochs, over.mean, strict=True):
        [point] = axes.plot(epoch, mean, zorder=zorder + 0.1, clip_on=False, **look.mark(3.6))
        describe(point, key, f"{look.label}, {metric}, epoch {epoch:g}: {mean:.4g} (n = {over.n})")
    if tick is not None and np.isfinite(tick):
        height = float(np.interp(tick, epochs, over.mean))
        axes.plot(tick, height, "|", color=look.colour, ms=11, mew=1.6, zorder=5, clip_on=False)
    return over.n


def _has_untrained(rows: pd.DataFrame) -> bool:
    """Whether a method was probed at one epoch only."""
    linear = rows[rows["probe"] == "linear"]
    return bool((linear.groupby("method")["epoch"].nunique() == 1).any())


def _caption_text(rows: pd.DataFrame, counts: Mapping[tuple[str, str], int], alone: bool) -> str:
    found = {key: n for key, n in counts.items() if n}
    bands = ""
    if alone and max(found.values()) == 1:
        has = rows["metric"].astype(str).str.endswith("_low").any()
        bands = "Bands: 95 % intervals over the test rows, or their units. " if has else ""
    dotted = "Dotted: not trained. " if _has_untrained(rows) else ""
    median = " per run; marked is the upper median over seeds" if max(found.values()) > 1 else ""
    seeds = f"{number_of_seeds(found)}. " if bands else f"{seeds_in_words(found)} "
    return (
        f"Test rows: linear probe refitted to the training and the validation rows. "
        f"Validation rows: fitted to the training rows. {seeds}{bands}The epoch with the highest "
        f"validation score is chosen{median}. {dotted}{footnotes(rows)}"
    )
