"""A run as a notebook shows it: the last scores with the truth beside them, and the curves."""

import base64
import io
from collections.abc import Callable
from html import escape

import pandas as pd

from interaction_probes.analysis.conclusions.purity import available_parts, exact_values
from interaction_probes.analysis.dataset_rows import (
    MAIN_METRICS,
    SHOWN_METRICS,
    chosen_epochs,
    chosen_rows,
    is_of_datasets,
    labels_of,
    metric_of_label,
)
from interaction_probes.analysis.schema import METRICS
from interaction_probes.common.error_lines import first_line
from interaction_probes.common.information_parts import PARTS


def run_as_html(title: str, state: str, read: Callable[[], pd.DataFrame]) -> str:
    """A run's last scores as a table, and its curves; in words, what is missing or damaged.

    Args:
        title: the run's name.
        state: how far it is, in words.
        read: reads its metrics.csv; may raise ValueError or OSError.

    Returns:
        HTML, for Jupyter's ``_repr_html_``; nothing is raised.
    """
    heading = f"<p><b>{escape(title)}</b>: {escape(state)}</p>"
    try:
        metrics = read()
        return heading + last_scores(metrics).to_html(na_rep="–") + _picture(metrics)
    except Exception as error:  # a cell shows the reason, whatever a damaged table raises
        reason = first_line(error)
        return f"{heading}<p>No scores to show: {escape(reason)}</p>"


def last_scores(metrics: pd.DataFrame) -> pd.DataFrame:
    """The linear probe at the last epoch, a row per task, with chance and the truth beside it.

    A label of a dataset is shown at the epoch that its validation rows chose, until the run is
    finished at the last one.

    Args:
        metrics: a run's metrics.csv.

    Returns:
        Columns accuracy, chance (fractions), bits captured, bits available; where a task is not
        pure, also its redundancy, unique_1, unique_2 and synergy in bits. Of a dataset: chosen
        epoch (epoch, of an unfinished run), and the metrics that its labels have, with chance after
        the accuracy and H(Y), an upper bound, after the bits (of a multi-label both are sums over
        its columns).
    """
    return _of_labels(metrics) if is_of_datasets(metrics) else _of_tasks(metrics)


def _of_labels(metrics: pd.DataFrame) -> pd.DataFrame:
    labels = labels_of(metrics)
    chosen = chosen_epochs(metrics)
    if chosen.empty:
        linear = metrics[metrics["probe"] == "linear"]
        last = int(linear["epoch"].max())
        shown = linear[linear["epoch"] == last]
        columns = {"epoch": pd.Series(last, index=labels)}
    else:
        shown = chosen_rows(metrics)
        columns = {"chosen epoch": chosen.set_index("task")["value"].astype(int)}
    exact = _by_metric(metrics[metrics["probe"] == "exact"])
    scores = _by_metric(shown)
    for metric in (name for name in SHOWN_METRICS if name in scores):
        columns[METRICS[metric].label] = scores[metric]
        if metric == "accuracy":
            columns["chance"] = exact["chance"]
        if metric == "bits":
            columns["H(Y)"] = exact["bits"]
    return pd.DataFrame(columns).reindex(labels).rename_axis("label").round(3)


def _by_metric(rows: pd.DataFrame) -> pd.DataFrame:
    """A row per label, a column per metric."""
    return rows.set_index(["task", "metric"])["value"].unstack()


def _of_tasks(metrics: pd.DataFrame) -> pd.DataFrame:
    probed = metrics[metrics["probe"] == "linear"]
    last = probed[probed["epoch"] == probed["epoch"].max()].set_index(["task", "metric"])["value"]
    exact = metrics[metrics["probe"] == "exact"]
    exact = exact.drop_duplicates(["task", "metric"]).set_index(["task", "metric"])["value"]
    columns = {
        "accuracy": last.xs("accuracy", level="metric"),
        "chance": exact.xs("chance", level="metric"),
        "bits captured": last.xs("bits", level="metric"),
        "bits available": exact.xs("bits", level="metric"),
    }
    values = exact_values(metrics)
    split = {task: available_parts(values, str(task)) for task in probed["task"].unique()}
    if any(split.values()):
        columns |= {
            part: pd.Series({task: parts.get(part) for task, parts in split.items()}, dtype=float)
            for part in PARTS
        }
    tasks = list(dict.fromkeys(probed["task"]))
    return pd.DataFrame(columns).reindex(tasks).rename_axis("task").round(3)


def _curves(metrics: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Name of a line → its rows: accuracy of each task, the main score of each label."""
    linear = metrics[metrics["probe"] == "linear"]
    if not is_of_datasets(metrics):
        rows = linear[linear["metric"] == "accuracy"]
        return {str(task): part for task, part in rows.groupby("task", sort=False)}
    main = {label: metric_of_label(metrics, label, MAIN_METRICS) for label in labels_of(metrics)}
    return {
        f"{label}: {METRICS[metric].label}": linear[
            (linear["task"] == label) & (linear["metric"] == metric)
        ]
        for label, metric in main.items()
    }


def _picture(metrics: pd.DataFrame) -> str:
    """Scores of the linear probe by epoch, a line per task or label, as an inline PNG."""
    # imported here: half a second that other readers do not pay
    from interaction_probes.common.plotting import PlainFigure, default_settings

    curves = _curves(metrics)
    lowest = min((rows["value"].min() for rows in curves.values()), default=0.0)  # R² can be below
    what = "test score" if is_of_datasets(metrics) else "accuracy"
    with default_settings():
        figure = PlainFigure(figsize=(5, 2.6), layout="constrained")
        axes = figure.subplots()
        for name, rows in curves.items():
            axes.plot(rows["epoch"], rows["value"], marker="o", markersize=3, label=name)
        axes.set(xlabel="epoch", ylabel=what, ylim=(min(0.0, lowest), 1.02))
        axes.legend(frameon=False)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=100)
    encoded = base64.b64encode(content.getvalue()).decode()
    return f'<img alt="{what} by epoch" src="data:image/png;base64,{encoded}">'
