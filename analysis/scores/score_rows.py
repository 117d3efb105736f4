"""Which rows of the results each row of the table of scores is made from."""

from collections.abc import Sequence

import pandas as pd

from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.names import in_print_order
from interaction_probes.analysis.row_filters import USUAL_DESIGNS, initial_rows, mapping_of
from interaction_probes.analysis.table_files import require_columns

from .comparison import Key

#: Columns of --by that give every mapping a row of its own.
SEPARATE_MAPPINGS = {"pairs", "mapping_strength", "pair_rule_strength", "triple_rule_strength"}
#: Column of --by → the designs of three images and more that differ in this strength alone.
_STRENGTHS_OF_RULES = {
    "pair_rule_strength": r"unbiased|pair-biased|pair[\d.e-]*\d",
    "triple_rule_strength": r"unbiased|triple-biased|triple[\d.e-]*\d",
}


def shown_designs(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The rows of the designs that teach the tasks, and of further designs that `by` separates."""
    if "pairs" in by:
        return rows
    mapping = rows["pairs"].map(mapping_of)
    of_mapping = mapping.isin(USUAL_DESIGNS) | ("mapping_strength" in by)
    rules = [pattern for name, pattern in _STRENGTHS_OF_RULES.items() if name in by]
    if len(rules) == len(_STRENGTHS_OF_RULES):
        return rows
    if rules:
        of_mapping = mapping.str.fullmatch(rules[0])
    of_sharing = (rows["pairs"] == mapping) | ("shared_strength" in by)
    return rows[of_mapping & of_sharing]


def with_settings(rows: pd.DataFrame, every: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The rows with short weights, and what their design says of the mapping.

    A method with runs on one design has all scores from it, and so has a row per design.

    Args:
        rows: of one epoch of each run.
        every: rows of all epochs, whose designs count.
        by: further columns of the table of scores.
    """
    of_rows, of_every = (
        part["weights"].map(short_weights) if "weights" in part else "" for part in (rows, every)
    )
    rows = rows.assign(weights=of_rows, mapping=rows["pairs"].map(mapping_of))
    every = every.assign(weights=of_every, mapping=every["pairs"].map(mapping_of))
    key = ["method", "weights"]
    designs = every.groupby(key)["mapping"].nunique()
    one = pd.MultiIndex.from_frame(rows[key]).isin(designs.index[designs == 1])
    apart = not SEPARATE_MAPPINGS.isdisjoint(by)
    return rows.assign(any_task=one | apart)


def with_empty_cells(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The table with an empty text for each value that some columns lack, as a file has it.

    So that runs without a value are one group, in every check and in the table.

    Args:
        table: tidy results, from a file or not.
        by: the columns.

    Raises:
        MissingRows: it lacks one of them.
    """
    require_columns(table, by)
    missing = [name for name in by if table[name].isna().any()]
    return table.assign(**{name: table[name].astype(object).fillna("") for name in missing})


def parts_of(rows: pd.DataFrame, group: Sequence[str]) -> dict[Key, pd.DataFrame]:
    """Method, loss weights and values of further columns → the rows, in the order of the table.

    Numbers come before texts: threads are 1, 2, then "1, then 2" of a run that was resumed.

    Args:
        rows: without missing cells in the columns of `group` (:func:`with_empty_cells`).
        group: method, weights, further columns.
    """
    order = {name: k for k, name in enumerate(in_print_order(rows["method"]))}
    return {
        key: part
        for key, part in sorted(
            rows.groupby(list(group), sort=False),
            key=lambda item: (
                order[item[0][0]],
                *((isinstance(cell, str), cell) for cell in item[0][1:]),
            ),
        )
    }


def initial_parts(every: pd.DataFrame, by: Sequence[str]) -> dict[Key, pd.DataFrame]:
    """The rows before training of each row of the table, by the keys of :func:`parts_of`.

    Args:
        every: rows of all epochs, of one probe.
        by: further columns of the table of scores.

    Raises:
        ValueError: no run that was trained was probed at epoch 0.
    """
    at_start = initial_rows(every)
    if at_start.empty:
        raise ValueError(
            "the table has no scores before training: no run that was trained was probed at epoch 0"
        )
    return parts_of(with_settings(at_start, every, by), ["method", "weights", *by])
