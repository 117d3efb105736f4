"""A run is a folder: config, status, metrics, losses, checkpoint, each written atomically."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_float_dtype, is_integer_dtype

from interaction_probes.analysis.schema import (
    CONFUSION_COLUMNS,
    DEFAULTS,
    LOSS_COLUMNS,
    METRIC_COLUMNS,
    REPRESENTATION_COLUMNS,
    ConfusionCell,
    Measurement,
    NewerFormat,
    RepresentationRow,
    RunIdentity,
    check_format,
)
from interaction_probes.analysis.table_files import read_csv
from interaction_probes.common.error_lines import first_line
from interaction_probes.common.number_texts import read_number
from interaction_probes.common.writing import as_csv, table_as_csv, write_atomically

from .checkpoint_file import parse_checkpoint
from .checksums import damaged
from .notebook import run_as_html

#: The record of why a run failed, in its folder.
FAILURE = "failure.json"
#: What a supervised network finds in the run's dataset: made after the run.
REFERENCE = "reference.csv"
_MENDED = "the run's own command writes it anew from the checkpoint"
#: Columns of metrics.csv in which NA and null are names like others, and 1e5 is no number.
_TEXTS = {name: str for name in METRIC_COLUMNS if name not in ("seed", "epoch", "value")}
#: How far a run can be.
STATES = ("finished", "half done", "new")


def read_object(path: Path) -> dict[str, Any] | None:
    """Read the object that a JSON file holds; None where there is no file.

    Raises:
        ValueError: it is damaged, or holds something else.
    """
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error})") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} is damaged")
    return content


@dataclass(frozen=True)
class RunFolder:
    """Reads and writes one run's folder."""

    path: Path

    def _repr_html_(self) -> str:
        """The last scores and the curves, in a notebook."""
        try:
            state = state_of(self.path)
            words = state.name if state.epoch is None else f"{state.name}, epoch {state.epoch}"
            words += f" ({state.failure})" if state.failure else ""
        except OSError as error:
            words = str(error)
        return run_as_html(self.path.name, words, self.read_metrics)

    def remove_leftovers(self) -> None:
        """Take away what a process left that was killed in the middle of a write."""
        for path in self.path.glob(".*-????????"):  # as write_atomically names them
            path.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Take away a file of the folder, where there is one, that no longer says what is so."""
        (self.path / name).unlink(missing_ok=True)

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a JSON file of the folder."""
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_atomically(self.path / name, text.encode())

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Read a JSON file of the folder; None where there is none.

        Raises:
            ValueError: it is damaged.
        """
        try:
            return read_object(self.path / name)
        except ValueError as error:
            raise ValueError(f"{error}; {_MENDED}") from error

    def read_status(self) -> dict[str, Any] | None:
        """Read run.json; None where there is none.

        Raises:
            NewerFormat: a later version of the project wrote it.
            ValueError: it is damaged.
        """
        status = self.read_json("run.json")
        if status is not None:
            check_format(status, self.path / "run.json")
        return status

    def write_metrics(self, identity: RunIdentity, measurements: Iterable[Measurement]) -> None:
        """Write metrics.csv: the run's identity before each measurement."""
        run = astuple(identity)
        rows = ((*run, *astuple(measurement)) for measurement in measurements)
        write_atomically(self.path / "metrics.csv", as_csv(METRIC_COLUMNS, rows))

    def read_metrics(self) -> pd.DataFrame:
        """Read metrics.csv by the names of its columns.

        Columns that this version does not know are kept. A column that was added later has its
        default where the table was written before it.

        Raises:
            ValueError: it is missing, lacks a column, or is damaged.
        """
        path = self.path / "metrics.csv"
        try:
            # Not every version's own parser gives back the very float that was written.
            table = pd.read_csv(
                path,
                converters={"value": partial(read_number, float)},
                dtype=_TEXTS,
                keep_default_na=False,
            )
        except (OSError, ValueError) as error:
            raise ValueError(f"{path} cannot be read ({first_line(error)}); {_MENDED}") from error
        table = table.assign(**{k: value for k, value in DEFAULTS.items() if k not in table})
        if lacking := [name for name in METRIC_COLUMNS if name not in table]:
            raise ValueError(f"{path} lacks the column {', '.join(lacking)}; {_MENDED}")
        if (
            table.empty
            or not isinstance(table.index, pd.RangeIndex)  # rows longer than the head
            or table["value"].isna().any()
            or (table[list(_TEXTS)].isna() | (table[list(_TEXTS)] == "")).any(axis=None)
            or not all(is_integer_dtype(table[name]) for name in ("seed", "epoch"))
            or not is_float_dtype(table["value"])
        ):
            raise ValueError(f"{path} is damaged; {_MENDED}")
        return table

    def write_losses(self, rows: Iterable[tuple[int, str, float]]) -> None:
        """Write losses.csv."""
        write_atomically(self.path / "losses.csv", as_csv(LOSS_COLUMNS, rows))

    def write_confusion(self, identity: RunIdentity, cells: Iterable[ConfusionCell]) -> None:
        """Write confusion.csv: the run's identity before each cell, as in metrics.csv."""
        run = astuple(identity)
        rows = ((*run, *astuple(cell)) for cell in cells)
        write_atomically(self.path / "confusion.csv", as_csv(CONFUSION_COLUMNS, rows))

    def read_confusion(self) -> pd.DataFrame | None:
        """Read confusion.csv; None where there is none, as in runs of earlier versions.

        Raises:
            ValueError: it is damaged.
        """
        path = self.path / "confusion.csv"
        if not path.exists():
            return None
        return read_csv(path, CONFUSION_COLUMNS, ("seed", "epoch", "count"))

    def write_representations(
        self, identity: RunIdentity, rows: Iterable[RepresentationRow]
    ) -> None:
        """Write representation.csv: the run's identity before each row, as in metrics.csv."""
        run = astuple(identity)
        cells = ((*run, *astuple(row)) for row in rows)
        write_atomically(self.path / "representation.csv", as_csv(REPRESENTATION_COLUMNS, cells))

    def read_representations(self) -> pd.DataFrame | None:
        """Read representation.csv; None where there is none, as in runs of earlier versions.

        Raises:
            ValueError: it is damaged.
        """
        path = self.path / "representation.csv"
        if not path.exists():
            return None
        numbers = ("seed", "epoch", "effective_rank", "features", "collapsed")
        return read_csv(path, REPRESENTATION_COLUMNS, numbers)

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table that was derived from the others; what is missing stays empty."""
        write_atomically(self.path / name, table_as_csv(table))

    def write_checkpoint(self, raw: bytes) -> None:
        """Write checkpoint.pt from the bytes that `checkpoint_bytes` of a state gives."""
        write_atomically(self.path / "checkpoint.pt", raw)

    def load_checkpoint(self) -> dict[str, Any] | None:
        """Read checkpoint.pt, never unpickling code; None where there is none.

        Raises:
            ValueError: it is damaged; every byte is checked against the archive's own sums.
        """
        path = self.path / "checkpoint.pt"
        if not path.exists():
            return None
        try:
            return parse_checkpoint(path)
        except ValueError as error:
            raise ValueError(
                f"the checkpoint {path} is damaged ({error}); {self.start_again()}"
            ) from error

    def start_again(self) -> str:
        """What to delete where the checkpoint is of no use.

        Without it an unfinished run begins anew; a finished one, or one that may be, would stay as
        it is.
        """
        try:
            begun = (self.read_status() or {}).get("status") != "finished"
        except ValueError:
            begun = False
        return f"delete {'it' if begun else f'the folder {self.path}'} to start this run again"


@dataclass(frozen=True)
class State:
    """How far a run is.

    Attributes:
        name: one of `STATES`.
        epoch: the last epoch that was saved; None where none was.
        failure: why its last start failed; None where it did not.
    """

    name: str
    epoch: int | None = None
    failure: str | None = None


def state_of(path: Path) -> State:
    """How far the run in a folder is; one whose files are damaged counts as half done.

    Raises:
        NewerFormat: a later version of the project wrote it.
    """
    folder = RunFolder(path)
    try:
        status = folder.read_status()
        amiss = damaged(status or {}, path)
    except NewerFormat:
        raise
    except ValueError as error:
        return State("half done", None, str(error))
    epoch = (status or {}).get("epoch")
    epoch = epoch if isinstance(epoch, int) else None
    if amiss:
        return State("half done", epoch, f"{path / amiss[0]} is damaged or missing")
    if status is not None and status.get("status") == "finished":
        return State("finished", epoch)
    try:
        reason = (folder.read_json(FAILURE) or {}).get("reason")
        failure = None if reason is None else str(reason)
    except ValueError as error:
        failure = str(error)
    if status is None:
        return State("new", None, failure)
    return State("half done", epoch, failure)
