"""Rows of a table of results that fulfil conditions, as ``--where COLUMN=VALUE`` gives them."""

import re
import shlex
from collections.abc import Sequence

import pandas as pd

from interaction_probes.common.spelling import nearest

from .cell_values import comparable_value, is_text_column, short_weights
from .names import METHOD_LABELS, WHOLE_LOSS, method_of, names_of_loss
from .table_files import MissingRows

#: Commas between the values of a condition.
_OUTSIDE_BRACKETS = re.compile(r",(?![^\[]*\])")
_LISTED = 8  # values of a column that a message names
#: Headings of printed tables → the column that they show.
_PRINTED = {"loss": "weights"}


def filter_rows(table: pd.DataFrame, conditions: Sequence[str]) -> pd.DataFrame:
    """Rows that fulfil every condition: COLUMN=VALUE[,VALUE…], or != for all others.

    A value is written as in the table, or as tables, figures and reports print it: ``comm`` or
    ``CoMM``, ``unimodal=0`` or ``L alone``, nothing or ``whole``.

    Raises:
        MissingRows: a condition that leaves no row.
        ValueError: a malformed condition, an unknown column, or a printed name of two methods.
    """
    for condition in conditions:
        name, equals, listed = condition.partition("=")
        negated, name = name.endswith("!"), name.rstrip("!")
        if not equals:
            raise ValueError(f"a condition is COLUMN=VALUE or COLUMN!=VALUE, not {condition!r}")
        if name not in table:
            name = _PRINTED.get(name, name)
        if name not in table:
            close = nearest(name, map(str, table))
            hint = f"; did you mean {close}?" if close else ""
            raise ValueError(f"the table has no column {name!r}{hint}")
        names = _names(table, name)
        known = {each for found in names.unique() for each in found}
        if name == "weights":
            listed = short_weights(listed)
        # A value may have commas of its own, as a range or the weights of two terms have.
        wanted = [listed] if listed in known else _OUTSIDE_BRACKETS.split(listed)
        values = {_comparable(value, name) for value in wanted}
        if name == "method":
            values = {method_of(value, set(table["method"])) for value in values}
            _check_methods(values, table["method"])
        chosen = names.map(lambda found, values=values: not values.isdisjoint(found))
        if not (~chosen if negated else chosen).any():
            raise MissingRows(f"no row of the table has {condition}{_suggestion(listed, known)}")
        table = table[~chosen if negated else chosen]
    return table


def where_option(column: str, values: str, negated: bool = False) -> str:
    """The option that a hint names: in quotes where a shell would split or read the condition.

    Args:
        column: of the table.
        values: with commas between several.
        negated: for the rows of all other values.
    """
    condition = f"{column}{'!' * negated}={values}"
    kept = f"{column}={values}"  # shlex puts every `!` in quotes, and `!=` needs none
    return f"--where {condition if shlex.quote(kept) == kept else shlex.quote(condition)}"


def _names(table: pd.DataFrame, column: str) -> "pd.Series[frozenset[str]]":
    """The texts that each cell of a column is found by."""
    cells = table[column].map(lambda cell: _comparable(cell, column))
    if column == "weights":
        weights = cells.map(short_weights)
        return pd.Series(
            [
                frozenset(names_of_loss(method, text))
                for method, text in zip(table["method"], weights, strict=True)
            ]
            if "method" in table
            else [frozenset({text, WHOLE_LOSS} if text == "" else {text}) for text in weights],
            index=table.index,
        )
    return cells.map(lambda text: frozenset({text}))


def _comparable(cell: object, column: str) -> str:
    return str(cell) if is_text_column(column) else comparable_value(cell)


def _check_methods(wanted: set[str], methods: pd.Series) -> None:
    """Refuse the misspelt name of a method, which `!=` would let pass without a word.

    Raises:
        MissingRows: a name that is neither in the table nor the project's, and is like one.
    """
    present = set(methods)
    for value in wanted - present - set(METHOD_LABELS):
        if nearest(value, present):
            raise MissingRows(
                f"no row of the table has method={value}{_suggestion(value, present)}"
            )


def _suggestion(value: str, present: set[str]) -> str:
    """The end of an error: the nearest value that a column has, or a list of its values."""
    found = sorted(present)
    close = nearest(value, found)
    if close:
        return f"; did you mean {close}?"
    few = ", ".join(name or "nothing" for name in found[:_LISTED])
    return f"; it has {few}{', …' if len(found) > _LISTED else ''}"
