"""The report's tables and figures of runs on a dataset, whose labels stand in place of tasks."""

import pandas as pd

from interaction_probes.analysis.dataset_rows import (
    CHOOSING_METRICS,
    MAIN_METRICS,
    entropy_of,
    has_metric,
    labels_of,
    metric_of_label,
)
from interaction_probes.analysis.schema import METRICS
from interaction_probes.analysis.scores.chosen_scores import comparable_chosen_rows
from interaction_probes.figures.datasets.label_ablation import label_ablation
from interaction_probes.figures.datasets.label_curves import label_dynamics
from interaction_probes.figures.datasets.subset_profile import subset_profile
from interaction_probes.figures.drawing.style import method_styles

from .page_figures import Drawn, ReportFigure, ablations_of_methods
from .table_cells import (
    Cell,
    MethodCell,
    ReportColumn,
    ReportTable,
    score_cell,
    seeds_cell,
    setting_cell,
)

#: A probe's AUC that ranks by nothing.
_AUC_CHANCE = 0.5

DYNAMICS = ReportFigure(
    "dynamics",
    "Learning dynamics",
    "Each label along the epochs: the test rows above, below the validation score that chooses.",
    lambda table, _: label_dynamics(table),
)
PROFILE = ReportFigure(
    "profile",
    "The profile",
    "What a linear probe finds in each subset of the modalities, others absent.",
    lambda table, _: subset_profile(table),
)
ABLATION = ReportFigure(
    "ablation",
    "Ablation of the loss",
    "The same for one method with terms of its loss switched off.",
    lambda table, _: label_ablation(table),
)


def label_tables(table: pd.DataFrame) -> list[ReportTable]:
    """The scores of every label at the epochs that the validation rows chose, per method and loss.

    Args:
        table: tidy results of runs on one dataset.

    Raises:
        MissingRows: no finished run.
        ValueError: runs that have no common mean
            (:func:`interaction_probes.analysis.scores.chosen_scores.comparable_chosen_rows`).
    """
    chosen = comparable_chosen_rows(table)
    group = ["method", *(["weights"] if "weights" in table else [])]
    looks = method_styles(chosen["method"], table["method"])
    columns = _columns(table)
    rows: list[tuple[str, list[Cell]]] = []
    for name, look in looks.items():
        for key, part in chosen[chosen["method"] == name].groupby(group):
            seeds = part["seed"].nunique()
            cells: list[Cell] = [MethodCell(look.label, look.colour)]
            cells += [setting_cell(value or "whole") for value in key[1:]]
            cells.append(seeds_cell(part))
            for column, limits in columns.items():
                values = part[(part["task"] == column.task) & (part["metric"] == column.metric)]
                cells.append(score_cell(values, column, limits, seeds, None))
            rows.append((name, cells))
    headings = ["Method", *(["Loss weights"] if len(group) > 1 else []), "n"]
    headings += [column.heading for column in columns]
    return [ReportTable("labels", "Test scores at the chosen epochs", headings, rows)]


def _columns(table: pd.DataFrame) -> dict[ReportColumn, tuple[float, float]]:
    """Column → chance and the highest score."""
    found = {}
    for label in labels_of(table):
        exact = table[(table["probe"] == "exact") & (table["task"] == label)]
        limits = exact.groupby("metric")["value"].first()
        main = metric_of_label(table, label, MAIN_METRICS)
        chosen = metric_of_label(table, label, CHOOSING_METRICS)
        ranked = ("auc",) if has_metric(table, label, "auc") else ()
        for metric in dict.fromkeys((main, *ranked, chosen)):
            printed = METRICS[metric]
            low = float(limits.get("chance", 0.0)) if metric == "accuracy" else 0.0
            low = _AUC_CHANCE if metric == "auc" else low
            high = entropy_of(table, label) if metric == "bits" else 1.0
            column = ReportColumn(
                f"{label}: {printed.heading}", label, metric, printed.scale, printed.digits
            )
            found[column] = low, high
    return found


def draw_of_dataset(table: pd.DataFrame) -> list[Drawn]:
    """Figures of runs on a dataset, an ablation per method that has one, and what there is not."""
    ablations = ablations_of_methods(ABLATION, table, label_ablation)
    drawn = [each.draw(table, table[:0]) for each in (DYNAMICS, PROFILE, *ablations)]
    reason = (
        "interactions, synergy, information, strength: they are of Trifeature, whose redundancy, "
        "uniqueness and synergy are known; of a dataset they are not"
    )
    return [*drawn, Drawn("of-images", "Figures of generated samples", "", None, reason)]
