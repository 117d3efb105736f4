"""The table of runs on datasets: every label by every method, as mean ± deviation over seeds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from interaction_probes.analysis.dataset_rows import SHOWN_METRICS
from interaction_probes.analysis.footnotes import (
    collapse_note,
    counts_of_marked_runs,
    precision_note,
    seeds_with_marks,
    unfinished_runs,
)
from interaction_probes.analysis.names import method_labels
from interaction_probes.analysis.schema import METRICS

from .chosen_scores import comparable_chosen_rows
from .score_rows import with_empty_cells


def dataset_table(
    table: pd.DataFrame, by: Sequence[str] = (), numbers: bool = False
) -> pd.DataFrame:
    """Test scores of runs on one dataset, each at the epoch that its validation rows chose.

    Args:
        table: tidy results of runs on one dataset.
        by: further columns; runs that differ in one of them get separate rows.
        numbers: whether a score is three columns of numbers, NAME, NAME_sd and NAME_n, and the
            number of collapsed runs a column, where it is known.

    Returns:
        A row per method, loss weights and values of `by`: method, loss where it differs, `by`, n
        (seeds), and a column per label and metric. Notes to stand below are in ``attrs["notes"]``.

    Raises:
        ValueError: unfinished runs alone, or runs that have no common mean
            (:func:`.chosen_scores.comparable_chosen_rows`).
    """
    table = with_empty_cells(table, by)
    chosen = comparable_chosen_rows(table, by)
    loss = ["weights"] if "weights" in table and table["weights"].nunique(dropna=False) > 1 else []
    keys = ["method", *loss, *by]
    labels, lines = method_labels(table["method"]), []
    for key, rows in chosen.groupby(keys, sort=False, dropna=False):
        given = dict(zip(keys, key, strict=True))
        line: dict[str, object] = {"method": labels[str(given["method"])]}
        line |= {"loss": given["weights"] or "whole"} if loss else {}
        line |= {name: given[name] for name in by}
        line["n"] = int(rows["seed"].nunique()) if numbers else seeds_with_marks(rows)
        if numbers:
            line |= counts_of_marked_runs(rows, chosen)
        for name in dict.fromkeys(table["task"]):
            for metric in SHOWN_METRICS:
                values = rows[(rows["task"] == name) & (rows["metric"] == metric)]["value"]
                if len(values):
                    line |= _cells(name, metric, values, numbers)
        lines.append(line)
    found = pd.DataFrame(lines)
    if not numbers:
        found = found.astype(object).where(found.notna() & (found != ""), "–").astype(str)
    notes = ["scores at the epoch that the validation rows chose"]
    notes += [precision_note(chosen), collapse_note(chosen)]
    if len(unfinished := unfinished_runs(table)):
        notes.append(f"left out, since they are half done: {', '.join(map(str, unfinished.index))}")
    found.attrs["notes"] = [*filter(None, notes)]
    return found


def _cells(label: str, metric: str, values: pd.Series, numbers: bool) -> dict[str, object]:
    mean, n = float(values.mean()), len(values)
    deviation = float(values.std()) if n > 1 else np.nan
    if numbers:
        name = f"{label}_{metric}"
        return {name: mean, f"{name}_sd": deviation, f"{name}_n": n}
    printed = METRICS[metric]
    text = printed.text(mean)
    if n > 1:
        text += f" ± {printed.text(deviation)}"
    return {f"{label}: {printed.heading}": text}
