"""Rows of a table of results that fulfil conditions, as ``--where COLUMN=VALUE`` gives them."""

import difflib
import re
from collections.abc import Sequence

import pandas as pd

from .cell_values import comparable_value, short_weights
from .names import METHOD_LABELS
from .table_files import MissingRows

#: Commas between the values of a condition.
_OUTSIDE_BRACKETS = re.compile(r",(?![^\[]*\])")
_LISTED = 8  # values of a column that a message names


def filter_rows(table: pd.DataFrame, conditions: Sequence[str]) -> pd.DataFrame:
    """Rows that fulfil every condition: COLUMN=VALUE[,VALUE…], or != for all others.

    Raises:
        MissingRows: a condition that leaves no row.
        ValueError: a malformed condition, or an unknown column.
    """
    for condition in conditions:
        name, equals, listed = condition.partition("=")
        negated, name = name.endswith("!"), name.rstrip("!")
        if not equals:
            raise ValueError(f"a condition is COLUMN=VALUE or COLUMN!=VALUE, not {condition!r}")
        if name not in table:
            close = difflib.get_close_matches(name, table.columns, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ValueError(f"the table has no column {name!r}{hint}")
        text = table[name].map(comparable_value)
        if name == "weights":  # by the short names that tables print
            text, listed = text.map(short_weights), short_weights(listed)
        # A value may have commas of its own, as a range or the weights of two terms have.
        wanted = [listed] if listed in set(text) else _OUTSIDE_BRACKETS.split(listed)
        chosen = text.isin([comparable_value(value) for value in wanted])
        if name == "method":
            _check_methods(wanted, text)
        if not (~chosen if negated else chosen).any():
            raise MissingRows(f"no row of the table has {condition}{_suggestion(listed, text)}")
        table = table[~chosen if negated else chosen]
    return table


def _check_methods(wanted: Sequence[str], present: pd.Series) -> None:
    """Refuse the misspelt name of a method, which `!=` would let pass without a word.

    Raises:
        MissingRows: a name that is neither in the table nor the project's, and is like one.
    """
    for value in set(wanted) - set(present) - set(METHOD_LABELS):
        if difflib.get_close_matches(value, set(present), n=1):
            raise MissingRows(
                f"no row of the table has method={value}{_suggestion(value, present)}"
            )


def _suggestion(value: str, present: pd.Series) -> str:
    """The end of an error: the nearest value that a column has, or a list of its values."""
    found = sorted(set(present))
    close = difflib.get_close_matches(value, found, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    few = ", ".join(name or "nothing" for name in found[:_LISTED])
    return f"; it has {few}{', …' if len(found) > _LISTED else ''}"
