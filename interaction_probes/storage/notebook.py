"""A run as a notebook shows it: the last scores with the truth beside them, and the curves."""

import base64
import io
from collections.abc import Callable
from html import escape

import pandas as pd

from interaction_probes.analysis.purity import available_parts, exact_values
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
        return heading + last_scores(metrics).to_html() + _picture(metrics)
    except Exception as error:  # a cell shows the reason, whatever a damaged table raises
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        return f"{heading}<p>No scores to show: {escape(reason)}</p>"


def last_scores(metrics: pd.DataFrame) -> pd.DataFrame:
    """The linear probe at the last epoch, a row per task, with chance and the truth beside it.

    Args:
        metrics: a run's metrics.csv.

    Returns:
        Columns accuracy, chance (fractions), bits captured, bits available; where a task is not
        pure, also its redundancy, unique_1, unique_2 and synergy in bits.
    """
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


def _picture(metrics: pd.DataFrame) -> str:
    """Accuracy of the linear probe by epoch, a line per task, as an inline PNG."""
    # imported here: half a second that other readers do not pay
    from interaction_probes.common.plotting import PlainFigure, default_settings

    curves = metrics[(metrics["probe"] == "linear") & (metrics["metric"] == "accuracy")]
    with default_settings():
        figure = PlainFigure(figsize=(5, 2.6), layout="constrained")
        axes = figure.subplots()
        for task, rows in curves.groupby("task", sort=False):
            axes.plot(rows["epoch"], rows["value"], marker="o", markersize=3, label=str(task))
        axes.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.02))
        axes.legend(frameon=False)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=100)
    encoded = base64.b64encode(content.getvalue()).decode()
    return f'<img alt="accuracy by epoch" src="data:image/png;base64,{encoded}">'
