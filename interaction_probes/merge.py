"""Tables of results that were collected before, read back and joined."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from interaction_probes.figures.reading import checked, read_csv, read_parquet

from .results import METRIC_COLUMNS

_NUMBERS = ("seed", "epoch", "value")

#: Without weights and strengths, ablated runs would pass for whole ones.
_COLLECTED = ("run", *METRIC_COLUMNS, "weights", "shared_strength", "mapping_strength")


def read_collected(path: Path) -> pd.DataFrame:
    """A table that ``collect`` wrote, with the values that it wrote: numbers exact, text as it was.

    Raises:
        ValueError: no such table, one that lacks columns or rows, numbers that are none, or Parquet
            without pyarrow.
        OSError: the file cannot be read.
    """
    if path.suffix == ".parquet":
        return checked(read_parquet(path), path, _COLLECTED, _NUMBERS)
    table = read_csv(path, _COLLECTED, _NUMBERS)
    return table.apply(_typed)


def _typed(column: pd.Series) -> pd.Series:
    """A column of text as numbers, where each cell is one or empty and not all are empty."""
    if pd.api.types.is_numeric_dtype(column) or not (column != "").any():
        return column
    try:
        return pd.to_numeric(column.where(column != ""))
    except ValueError:
        return column


def merge(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Tables of runs as one: every run once, from the first table that has it.

    Columns that a table lacks stay empty for its runs.

    Args:
        tables: where each comes from → its rows.

    Returns:
        The table, and runs that were left out with the reason.
    """
    home: dict[str, str] = {}
    parts: list[pd.DataFrame] = []
    left_out: dict[str, str] = {}
    for source, table in tables.items():
        if table.empty:
            continue
        names = table["run"].unique()
        left_out |= {
            f"{name} of {source}": f"it stands in {home[name]} too"
            for name in names
            if name in home
        }
        parts.append(table[~table["run"].isin(home)])
        home |= {name: source for name in names if name not in home}
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(), left_out
