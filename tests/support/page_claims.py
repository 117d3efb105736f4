"""Sentences of pages filled with what a table of results says, for tests to look for."""

import re
from collections.abc import Iterator, Sequence

import pandas as pd


def filled(claims: Sequence[str], scores: pd.DataFrame, row: tuple[str, str]) -> Iterator[str]:
    """Sentences with the values of a method's row in their braces.

    Args:
        claims: sentences with names of columns in braces, {S.spread} for the deviation of S.
        scores: a table of scores by method and loss.
        row: method and loss.
    """
    values = {}
    for name, cell in scores.loc[row].items():
        mean, _, spread = str(cell).partition(" ± ")
        values |= {name: mean.removeprefix("0"), f"{name}.spread": spread.partition(" ")[0]}
    for claim in claims:
        yield re.sub(r"\{([\w ,.]+?)\}", lambda name: values[name[1]], claim)


def mean_accuracy(study: pd.DataFrame, where: tuple[str, str, str, int, str]) -> str:
    """The mean accuracy over seeds in percent.

    Args:
        study: rows of a table of results.
        where: method, weights, pairs, epoch, and the tasks with spaces between.
    """
    method, weights, pairs, epoch, tasks = where
    rows = study[(study["probe"] == "linear") & (study["metric"] == "accuracy")]
    rows = rows[(rows["method"] == method) & (rows["weights"] == weights)]
    rows = rows[(rows["pairs"] == pairs) & (rows["epoch"] == epoch)]
    return f"{100 * rows[rows['task'].isin(tasks.split())]['value'].mean():.1f}"
