"""Tables of results that were collected before, read back and joined."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from .cell_values import is_text_column
from .results_table import check_fractions
from .schema import METRIC_COLUMNS
from .table_files import (
    check_table,
    check_table_format,
    is_half_done,
    read_csv,
    read_parquet,
)

_NUMBERS = ("seed", "epoch", "value")

#: Without weights and strengths, ablated runs would pass for whole ones.
_COLLECTED = ("run", *METRIC_COLUMNS, "weights", "shared_strength", "mapping_strength")


def read_collected(path: Path) -> pd.DataFrame:
    """A table that ``collect`` wrote, with the values that it wrote: numbers exact, text as it was.

    Raises:
        ValueError: no such table, one that lacks columns or rows, numbers that are none, Parquet
            without pyarrow, or a table of a later version
            (:class:`interaction_probes.analysis.schema.NewerFormat`).
        OSError: the file cannot be read.
    """
    if path.suffix == ".parquet":
        table = check_table(read_parquet(path), path, _COLLECTED, _NUMBERS)
    else:
        table = read_csv(path, _COLLECTED, _NUMBERS).apply(_typed)
    check_table_format(table, path)
    check_fractions(table, path)
    for name in ("format", "collapsed"):  # whole numbers, also beside empty cells
        if name in table:
            table[name] = pd.to_numeric(table[name], errors="coerce").astype("Int64")
    return table


def finished(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a collected table whose runs are finished."""
    return table[~is_half_done(table)] if "half_done" in table else table


def _typed(column: pd.Series) -> pd.Series:
    """A column of text as numbers if all its filled cells are numbers; an empty one stays text."""
    filled = column != ""
    if (
        pd.api.types.is_numeric_dtype(column)
        or not filled.any()
        or is_text_column(str(column.name))
    ):
        return column
    try:
        numbers = pd.to_numeric(column.where(filled))
    except ValueError:
        return column
    return column if numbers[filled].isna().any() else numbers  # nan may be a name


def merge_tables(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Tables of runs as one: every run once, from the first table that has it finished.

    Columns that a table lacks stay empty for its runs.

    Args:
        tables: where each comes from → its rows.

    Returns:
        The table, and runs that were left out with the reason.
    """
    whole = {source: table for source, table in tables.items() if not table.empty}
    home: dict[str, str] = {}
    for taken in (finished, lambda table: table):  # an unfinished run where none is finished
        for source, table in whole.items():
            home = {name: source for name in taken(table)["run"].unique()} | home
    parts: list[pd.DataFrame] = []
    left_out: dict[str, str] = {}
    for source, table in whole.items():
        here = table["run"].map(home) == source
        parts.append(table[here])
        left_out |= {
            f"{name} of {source}": f"it stands in {home[name]} too"
            for name in table.loc[~here, "run"].unique()
        }
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(), left_out
