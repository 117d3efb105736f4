"""Sentences that must stand below a figure or a table: mixed precision, unfinished runs."""

import pandas as pd

from .purity import purity_note
from .table_files import is_half_done


def precision_note(rows: pd.DataFrame) -> str:
    """A sentence where runs were trained in different precisions; empty where all agree.

    Two precisions change the scores of one seed by as much as another seed does, so the spread
    over seeds includes that difference.

    Args:
        rows: of the runs in one figure or table; without a column ``precision`` the note is empty.
    """
    if "precision" not in rows:
        return ""
    told = sorted(set(rows["precision"].dropna().astype(str)) - {""})
    return f"Some runs trained in {', others in '.join(told)}." if len(told) > 1 else ""


def unfinished_note(rows: pd.DataFrame) -> str:
    """A sentence where some runs are unfinished, with their last epochs; empty where none is.

    Args:
        rows: of the runs in one figure or table.
    """
    runs = unfinished_runs(rows)
    if not len(runs):
        return ""
    ends = f"epoch {runs.min()}" if runs.nunique() == 1 else f"epochs {runs.min()} to {runs.max()}"
    return f"{len(runs)} of {rows['run'].nunique()} runs are half done, shown to {ends}."


def unfinished_runs(rows: pd.DataFrame) -> "pd.Series[int]":
    """Unfinished run → its last epoch in these rows; empty where all runs are finished."""
    if "half_done" not in rows:
        return pd.Series(dtype=int)
    return rows[is_half_done(rows)].groupby("run")["epoch"].max()


def footnotes(rows: pd.DataFrame, table: pd.DataFrame | None = None) -> str:
    """The sentences below means over rows: :func:`precision_note`, :func:`unfinished_note`.

    Args:
        rows: of the runs in one figure or table.
        table: the results that they are from, where bits or S are shown: a task that is not pure
            is then told (:func:`~interaction_probes.analysis.purity.purity_note`).
    """
    notes = [precision_note(rows), unfinished_note(rows)]
    notes += [] if table is None else [purity_note(table)]
    return " ".join(filter(None, notes))
