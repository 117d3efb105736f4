"""Tables in files: CSV, compressed or not, and Parquet; whole, or refused in a line."""

import contextlib
import csv
import io
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype, is_integer_dtype

from interaction_probes.common.error_lines import first_line

from .schema import check_format

#: Forms of the tables that are read and written.
TABLE_SUFFIXES = (".csv", ".parquet")
_LONGEST_LINE = 1 << 16  # bytes


class MissingRows(ValueError):
    """A sound table that lacks rows which a figure needs; other figures may be drawn from it."""


def read_csv(path: Path, needed: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """Read a CSV file, or a Parquet file like it, whose columns are text, but for `numbers`.

    Raises:
        ValueError: a damaged or empty file, missing columns, or numbers that are none.
        OSError: the file cannot be read.
    """
    # As text again, so that both forms are checked alike.
    parquet = path.suffix == ".parquet"
    source = io.StringIO(read_parquet(path).to_csv(index=False)) if parquet else path
    with _refused(path):
        table = pd.read_csv(source, dtype=str, keep_default_na=False)
        if path.suffix == ".csv" and _is_cut(path, len(table.columns)):
            raise ValueError("its last line ends before the last cell")
    return check_table(with_python_strings(table), path, needed, numbers)


def _is_cut(path: Path, columns: int) -> bool:
    """Whether a file ends within a line and lacks cells of it, which pandas takes for empty."""
    with path.open("rb") as file:
        file.seek(0, io.SEEK_END)
        file.seek(max(0, file.tell() - _LONGEST_LINE))
        last = file.read().rpartition(b"\n")[2].decode(errors="replace")
    return bool(last) and len(next(csv.reader([last]))) < columns


def with_python_strings(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts are Python's own.

    Where pyarrow is installed, pandas keeps them in its arrays, from which the many small cuts that
    figures and reports make of a table take half as long again.
    """
    texts = [name for name in table if isinstance(table[name].dtype, pd.StringDtype)]
    if not texts:  # as before pandas 3, where texts are objects anyway
        return table
    return table.astype(dict.fromkeys(texts, pd.StringDtype("python", na_value=np.nan)))


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a Parquet file with the types that it has.

    Raises:
        ValueError: a damaged file, or pyarrow is not installed.
        OSError: the file cannot be read.
    """
    if find_spec("pyarrow") is None:  # pandas reads through it
        raise ValueError(f"reading {path} needs pyarrow: pip install pyarrow")
    # Opened here, since pyarrow does not name a file that is not there.
    with path.open("rb") as file, _refused(path):
        return pd.read_parquet(file)


@contextlib.contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Say in a line that a file is no table, whatever reading it fails of."""
    try:
        yield
    except Exception as error:  # pandas, pyarrow and each compression raise kinds of their own
        if isinstance(error, OSError) and error.errno:  # of the system, not of the content
            raise
        reason = first_line(error)
        raise ValueError(f"{path} is no table that can be read ({reason})") from error


def check_table(
    table: pd.DataFrame, path: Path, needed: Sequence[str], numbers: Sequence[str]
) -> pd.DataFrame:
    """A table that was read from a file, with columns of numbers as numbers.

    Raises:
        MissingRows: it lacks columns that are needed.
        ValueError: numbers that are none, or no rows.
    """
    require_columns(table, needed, f"{path} ")
    table = table.assign(**{name: _converted(table[name], path) for name in numbers})
    if table.empty:
        raise ValueError(f"{path} has no rows")
    return table


def _converted(column: pd.Series, path: Path) -> pd.Series:
    """A column as finite numbers; what is neither a number nor the text of one is none, as true.

    Raises:
        ValueError: a cell that is none.
    """
    typed = is_integer_dtype(column) or is_float_dtype(column)
    numbers = column if typed else pd.to_numeric(column.astype(str), errors="coerce")
    wrong = ~np.isfinite(numbers.to_numpy(dtype=float))
    if wrong.any():
        at = int(wrong.argmax())
        place = f"row {at + 1}" if path.suffix == ".parquet" else f"line {at + 2}"
        cell = str(column.iloc[at])
        raise ValueError(f"{path}, {place}: {column.name} is a number, not {cell!r}")
    return numbers


def require_columns(table: pd.DataFrame, columns: Sequence[str], where: str = "the table ") -> None:
    """Raise MissingRows if the table lacks columns; the line names them."""
    missing = [name for name in columns if name not in table]
    if missing:
        raise MissingRows(
            f"{where}lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
        )


def is_half_done(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows are of a half-done run, where the table has a column of them."""
    # A file's empty cells are empty texts, those of a table that was never written are not numbers.
    return rows["half_done"].notna() & (rows["half_done"].astype(str) != "")


def check_table_format(table: pd.DataFrame, path: Path) -> None:
    """Refuse a table with runs of a later version of the project, by its column ``format``.

    Tables that were collected before the column existed lack it; runs without a version leave it
    empty.

    Raises:
        NewerFormat: a format above :data:`interaction_probes.analysis.schema.FORMAT_VERSION`.
        ValueError: a format that is no whole number of 1 or more.
    """
    if "format" not in table:
        return
    column = table["format"]
    for cell in column[column.notna() & (column.astype(str) != "")].unique():
        number = float(pd.to_numeric(str(cell), errors="coerce"))
        check_format({"format": int(number) if number.is_integer() else cell}, path)


def as_parquet(table: pd.DataFrame) -> bytes:
    """A table as the content of a Parquet file; columns of numbers and text become text.

    Raises:
        ValueError: pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:  # pandas writes through it
        raise ValueError("a .parquet table needs pyarrow: pip install pyarrow, or name a .csv file")
    # Such as threads, of which a resumed run has "1, then 2".
    mixed = [name for name in table if table[name].dropna().map(type).nunique() > 1]
    as_text = {name: table[name].map(str, na_action="ignore") for name in mixed}
    content = io.BytesIO()
    table.assign(**as_text).to_parquet(content, index=False)
    return content.getvalue()
