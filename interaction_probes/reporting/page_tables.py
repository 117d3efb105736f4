"""The report's tables: scores of every method and task, and the runs they come from.

Rows and columns follow the columns that a table of results has.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import pandas as pd

from interaction_probes.analysis.agreement import check_comparable
from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.names import WHOLE_LOSS
from interaction_probes.analysis.results_table import check_one_end, check_one_run_per_seed
from interaction_probes.analysis.row_filters import (
    default_loss_rows,
    initial_rows,
    last_epoch_rows,
    rows_by_learnt_design,
    usual_design_rows,
)
from interaction_probes.analysis.subset_profiles import is_of_samples
from interaction_probes.figures.drawing.style import TASKS, MethodStyle, method_styles

from .table_cells import (
    Cell,
    MethodCell,
    ReportColumn,
    ReportTable,
    score_cell,
    seeds_cell,
    setting_cell,
)

_HEADINGS = {
    "method": "Method",
    "preset": "Preset",
    "pairs": "Learnt from",
    "weights": "Loss weights",
}
#: The first columns of the runs, where a table has them; its other columns follow by their names.
_PROVENANCE = {
    "run": "Run",
    **_HEADINGS,
    "seed": "Seed",
    "epoch": "Epochs",
    "effective_rank": "Effective rank",
    "collapsed": "Collapsed",
    "seconds": "Seconds",
    "device": "Device",
    "processor": "Processor",
    "precision": "Precision",
    "threads": "Threads",
    "method_file": "File of the method",
}
#: Columns that describe a value, not its run.
_MEASURED = ("task", "probe", "metric", "value")


ACCURACY = (
    *(ReportColumn(task, task, "accuracy", 100.0, 1) for task in TASKS),
    ReportColumn("AUC of S", "S", "auc", 1.0, 3),
)
BITS = tuple(ReportColumn(task, task, "bits", 1.0, 3) for task in TASKS)


def accuracy_columns(table: pd.DataFrame) -> Sequence[ReportColumn]:
    """Accuracy of each task and AUC of synergy: `ACCURACY`, or those of three images and more."""
    if not is_of_samples(table):
        return ACCURACY
    exact = table[table["probe"] == "exact"]
    ranked = exact[exact["metric"] == "auc"]["task"].unique()
    return (
        *(ReportColumn(task, task, "accuracy", 100.0, 1) for task in exact["task"].unique()),
        *(ReportColumn(f"AUC of {task}", task, "auc", 1.0, 3) for task in ranked),
    )


def bits_columns(table: pd.DataFrame) -> Sequence[ReportColumn]:
    """Bits captured of each task: `BITS`, or those of the tasks of three images and more."""
    if not is_of_samples(table):
        return BITS
    tasks = table[table["probe"] == "exact"]["task"].unique()
    return tuple(ReportColumn(task, task, "bits", 1.0, 3) for task in tasks)


def scores_by_method(
    name: str,
    title: str,
    table: pd.DataFrame,
    columns: Sequence[ReportColumn],
    published: pd.DataFrame | None = None,
    probe: str = "linear",
) -> ReportTable:
    """A row per method, a column per score: mean over seeds, 95 % interval, n.

    After each score is the same runs' score before training, where a run has one.

    As in the figures, R and U are of runs on unbiased pairs and S of runs on biased ones, with the
    method's own loss.

    Args:
        name: the id of the table.
        title: its caption.
        table: tidy results.
        columns: the scores.
        published: method, task and accuracy in percent, shown beside accuracies.
        probe: whose scores.

    Raises:
        ValueError: there are no such runs, a seed counts twice, or half-done runs end at different
            epochs.
    """
    rows = usual_design_rows(default_loss_rows(table[table["probe"] == probe]))
    if rows.empty:
        raise ValueError("the table has no runs on unbiased or biased pairs with a plain loss")
    references = {} if published is None else published_accuracy(published)
    scores = _with_untrained(
        rows,
        columns,
        lambda part, column: rows_by_learnt_design(
            part[part["metric"] == column.metric], column.task
        ),
    )
    return _score_table((name, title), table, ["method", "preset"], scores, references)


def scores_by_setting(table: pd.DataFrame) -> ReportTable:
    """A row per method and setting: design of the pairs, loss weights, preset.

    Raises:
        ValueError: a seed counts twice, or half-done runs end at different epochs.
    """
    rows = table[table["probe"] == "linear"]
    if "weights" in rows:  # as tables and filters name them
        rows = rows.assign(weights=rows["weights"].map(short_weights).replace("", WHOLE_LOSS))
    group = [column for column in _HEADINGS if column in rows]
    scores = _with_untrained(
        rows,
        accuracy_columns(table),
        lambda part, column: part[
            (part["metric"] == column.metric) & (part["task"] == column.task)
        ],
    )
    return _score_table(("settings", "Accuracy (%) of every setting"), table, group, scores, {})


def _by_released_protocol(table: pd.DataFrame, published: pd.DataFrame) -> ReportTable | None:
    if not (usual_design_rows(default_loss_rows(table))["probe"] == "public").any():
        return None
    title = "Accuracy (%) by the public code's protocol"
    columns = accuracy_columns(table)
    return scores_by_method("public", title, table, columns, published, "public")


#: Tables of methods, in the order of the page: (results, published values) → the table; None where
#: no run has such scores.
SCORE_TABLES: tuple[Callable[[pd.DataFrame, pd.DataFrame], ReportTable | None], ...] = (
    lambda table, published: scores_by_method(
        "accuracy", "Accuracy (%)", table, accuracy_columns(table), published
    ),
    _by_released_protocol,
    lambda table, _: scores_by_method("bits", "Captured bits", table, bits_columns(table)),
)


def run_table(table: pd.DataFrame) -> ReportTable:
    """A row per run: its settings, where and with what it was made, every column of the results."""
    names = [str(column) for column in table if column not in _MEASURED]
    columns = [c for c in _PROVENANCE if c in names] + [c for c in names if c not in _PROVENANCE]
    one = ["run"] if "run" in table else [c for c in (*_HEADINGS, "seed") if c in table]
    # In the order of the epochs, so that a run's last row has its last epoch.
    runs = table.sort_values("epoch", kind="stable").drop_duplicates(one, keep="last")
    labels = method_styles(table["method"])
    rows = [
        (str(run["method"]), _cells(run, columns, labels))
        for _, part in _by_method(runs, ["method", "pairs", "seed"])
        for run in part.to_dict("records")
    ]
    title = f"{len(rows)} run{'s' if len(rows) > 1 else ''}, with settings and provenance"
    return ReportTable("runs", title, [_PROVENANCE.get(c) or c for c in columns], rows)


def published_accuracy(published: pd.DataFrame) -> dict[tuple[str, str], float]:
    """(method, task) → published accuracy in percent."""
    keys = zip(published["method"], published["task"], strict=True)
    return dict(zip(keys, published["accuracy"], strict=True))


def _with_untrained(
    rows: pd.DataFrame,
    columns: Sequence[ReportColumn],
    select: Callable[[pd.DataFrame, ReportColumn], pd.DataFrame],
) -> dict[ReportColumn, pd.DataFrame]:
    """Column → its rows at the last epoch, each followed by that before training if a run has it.

    Args:
        rows: of one probe, of all epochs.
        columns: of scores after training.
        select: the rows of a column among those of an epoch.
    """
    trained, before = last_epoch_rows(rows), initial_rows(rows)
    found = {}
    for column in columns:
        found[column] = select(trained, column)
        if not before.empty:
            found[column.before_training] = select(before, column)
    return found


def _score_table(
    named: tuple[str, str],
    table: pd.DataFrame,
    group: Sequence[str],
    scores: Mapping[ReportColumn, pd.DataFrame],
    published: Mapping[tuple[str, str], float],
) -> ReportTable:
    every = pd.concat([rows for column, rows in scores.items() if not column.untrained])
    runs = every.drop(columns="weights", errors="ignore")  # which may be short ones
    check_comparable(runs, ["preset"], table)
    shown = [c for c in group if c == "method" or every[c].nunique() > 1]
    by_preset = table.groupby("preset")
    ranges = {name: {column: _range(rows, column) for column in scores} for name, rows in by_preset}
    labels = method_styles(every["method"], table["method"])
    for values in scores.values():
        check_one_run_per_seed(values, group)
        check_one_end(values, [*group, "pairs"])
    parts = {column: dict(list(rows.groupby(list(group)))) for column, rows in scores.items()}
    rows = []
    for key, part in _by_method(every, group):
        settings = dict(zip(group, key, strict=True))
        method, seeds = str(settings["method"]), part["seed"].nunique()
        cells = [*_cells(settings, shown, labels), seeds_cell(part)]
        for column in scores:
            values = parts[column].get(key, every[:0])
            comparable = column.metric == "accuracy" and not column.untrained
            reference = published.get((method, column.task)) if comparable else None
            limits = ranges[settings["preset"]][column]
            cells.append(score_cell(values, column, limits, seeds, reference))
        rows.append((method, cells))
    headings = [_HEADINGS[c] for c in shown] + ["n"] + [column.heading for column in scores]
    return ReportTable(*named, headings, rows)


def _by_method(
    rows: pd.DataFrame, group: Sequence[str]
) -> Iterable[tuple[tuple[object, ...], pd.DataFrame]]:
    """Groups of rows: methods in the order of every legend, then settings in theirs."""
    order = {name: k for k, name in enumerate(method_styles(rows["method"]))}
    at = list(group).index("method")
    return sorted(
        ((tuple(key), part) for key, part in rows.groupby(list(group), dropna=False)),
        key=lambda item: order[str(item[0][at])],
    )


def _range(table: pd.DataFrame, column: ReportColumn) -> tuple[float, float]:
    """Chance and limit of a score, from the exact rows."""
    names = {"accuracy": ("chance", "accuracy"), "auc": ("auc_chance", "auc")}
    low, high = names.get(column.metric, ("bits_chance", "bits"))
    exact = table[(table["probe"] == "exact") & (table["task"] == column.task)]
    values = exact.groupby("metric")["value"].first()
    return float(values.get(low, 0.0)), float(values.get(high, 1.0))


def _cells(
    values: Mapping[str, object], columns: Iterable[str], labels: Mapping[str, MethodStyle]
) -> list[Cell]:
    """A cell per column of a row of settings."""
    method_style = labels[str(values["method"])]
    return [
        MethodCell(method_style.label, method_style.colour)
        if c == "method"
        else setting_cell(values[c])
        for c in columns
    ]
