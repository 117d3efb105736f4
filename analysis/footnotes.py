"""Sentences that must stand below a figure or a table: mixed precision, unfinished, collapsed."""

import pandas as pd

from .conclusions.purity import purity_note
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


def collapsed_runs(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per run and epoch at which the run's representation had collapsed.

    Args:
        rows: with columns that identify runs; without a column ``collapsed`` none has.
    """
    if "collapsed" not in rows:
        return rows[:0]
    return rows[rows["collapsed"].fillna(0) == 1].drop_duplicates([*_run_keys(rows), "epoch"])


def _run_keys(rows: pd.DataFrame) -> list[str]:
    return ["run"] if "run" in rows else ["method", "pairs", "seed"]


def number_collapsed(rows: pd.DataFrame) -> int:
    """How many runs had collapsed at any epoch of these rows."""
    return len(collapsed_runs(rows).drop_duplicates(_run_keys(rows)))


def seeds_with_marks(rows: pd.DataFrame, seeds: int | None = None) -> str:
    """How many seeds a mean has, in a cell: "3", "3 (half done)", "3 (1 collapsed)".

    Args:
        rows: of the runs, of the epochs that are shown.
        seeds: how many of their seeds the mean is over; all unless told.
    """
    words = [str(rows["seed"].nunique() if seeds is None else seeds)]
    if len(unfinished_runs(rows)):
        words.append("(half done)")
    if collapsed := number_collapsed(rows):
        words.append(f"({collapsed} collapsed)")
    return " ".join(words)


def counts_of_marked_runs(rows: pd.DataFrame, table: pd.DataFrame) -> dict[str, int]:
    """The same as columns of a table of numbers: how many runs are half done and have collapsed.

    Args:
        rows: of the runs, of the epochs that are shown.
        table: of all runs that are shown; without half-done ones there is no column of them.

    Returns:
        Columns ``half_done`` and ``collapsed``; the second lacks where these runs do not know.
    """
    counts = {"half_done": len(unfinished_runs(rows))} if len(unfinished_runs(table)) else {}
    if "collapsed" in rows and rows["collapsed"].notna().any():
        counts["collapsed"] = number_collapsed(rows)
    return counts


def collapse_note(rows: pd.DataFrame) -> str:
    """A sentence where representations have collapsed, and at which epochs; empty where none has.

    Args:
        rows: of the runs in one figure or table.
    """
    found = collapsed_runs(rows)
    if found.empty:
        return ""
    first, last = found["epoch"].min(), found["epoch"].max()
    when = f"epoch {first:g}" if first == last else f"epochs {first:g} to {last:g}"
    count, of = number_collapsed(rows), len(rows.drop_duplicates(_run_keys(rows)))
    return (
        f"{count} of {of} runs had collapsed at {when}: every feature was constant, and scores "
        "are chance."
    )


def footnotes(rows: pd.DataFrame, table: pd.DataFrame | None = None) -> str:
    """The sentences below means over rows: precision, unfinished runs, collapsed ones.

    Args:
        rows: of the runs in one figure or table.
        table: the results that they are from, where bits or S are shown: a task that is not pure
            is then told (:func:`~interaction_probes.analysis.conclusions.purity.purity_note`).
    """
    notes = [precision_note(rows), unfinished_note(rows), collapse_note(rows)]
    notes += [] if table is None else [purity_note(table)]
    return " ".join(filter(None, notes))
