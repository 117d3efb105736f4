"""The cells of a row of the table of scores, as text or as numbers."""

from collections.abc import Mapping, Sequence

import pandas as pd

from interaction_probes.analysis.footnotes import counts_of_marked_runs, seeds_with_marks

from .columns import (
    ScoreColumn,
    as_numbers,
    as_text,
    difference_as_numbers,
    difference_as_text,
    score_by_seed,
    untrained,
)
from .comparison import Key


def empty_cell(numbers: bool) -> str:
    """What stands where there is no value."""
    return "" if numbers else "–"


def settings_cells(
    key: Key, by: Sequence[str], labels: Mapping[str, str], numbers: bool
) -> dict[str, str]:
    """Whose a row is: method, loss and the values of further columns.

    Args:
        key: of the row.
        by: names of the further columns.
        labels: method → its name in print.
        numbers: whether cells are numbers.
    """
    method, weights, *others = key
    values = (str(value) if value != "" else empty_cell(numbers) for value in others)
    further = dict(zip(by, values, strict=True))
    return {"method": labels[method], "loss": weights or "whole"} | further


def count_cells(part: pd.DataFrame, linear: pd.DataFrame, numbers: bool) -> dict[str, str]:
    """How many seeds a row has, and how many runs that are half done or have collapsed.

    Args:
        part: the row's rows of results.
        linear: those of all rows of the table.
        numbers: whether cells are numbers; else marks stand beside n.
    """
    if not numbers:
        return {"n": seeds_with_marks(part)}
    marked = counts_of_marked_runs(part, linear)
    return {"n": str(part["seed"].nunique())} | {name: str(n) for name, n in marked.items()}


def score_cells(
    values: Mapping[ScoreColumn, pd.Series],
    start: pd.DataFrame | None,
    n: int,
    numbers: bool,
    intervals: bool,
) -> dict[str, str]:
    """The scores of a row.

    Args:
        values: column → its score by seed.
        start: rows of the same runs at epoch 0, whose scores follow each; None where none do.
        n: seeds of the row.
        numbers: whether a score is three columns of numbers.
        intervals: whether intervals stand in place of deviations.
    """
    cells: dict[str, str] = {}
    for column, found in values.items():
        shown = {column: found}
        if start is not None and not column.learnt_from:
            shown[untrained(column)] = score_by_seed(start, column)
        for each, by_seed in shown.items():
            cells |= (
                as_numbers(by_seed, each, intervals)
                if numbers
                else as_text(by_seed, each, n, intervals)
            )
    return cells


def difference_cells(
    part: pd.DataFrame, other: pd.DataFrame, columns: Sequence[ScoreColumn], numbers: bool
) -> dict[str, str]:
    """A row's differences from another row, over the seeds that both have: its n.

    Args:
        part: the row's rows of results.
        other: those of the row that is compared with.
        columns: scores whose differences are told.
        numbers: whether cells are numbers.
    """
    pairs = {
        column: (score_by_seed(part, column) - score_by_seed(other, column)).dropna()
        for column in columns
    }
    n = max(map(len, pairs.values()))
    line = {"n": str(n) if numbers else seeds_with_marks(part, n)}
    for column, values in pairs.items():
        line |= (
            difference_as_numbers(values, column)
            if numbers
            else difference_as_text(values, column, n)
        )
    return line
