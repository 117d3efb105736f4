"""``python -m interaction_probes.collect``: the metrics of many runs as one tidy table."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
import tyro

from interaction_probes.analysis.subset_profiles import is_of_samples
from interaction_probes.analysis.table_files import TABLE_SUFFIXES, as_parquet
from interaction_probes.common.cli import friendly_errors, parse
from interaction_probes.common.writing import table_as_csv, write_atomically
from interaction_probes.storage.collect_confusion import confusion_table
from interaction_probes.storage.collected_runs import collect_runs, gather, unknown_fields

_DESCRIPTION = """Collect finished runs into one tidy table: a row per run, epoch, task, probe and
metric, with what made it. Fields that differ between the runs, or from their preset, get a column.
Tables that were collected before, on another machine say, may stand beside folders of runs."""

#: The function's name in this module, which users import; the library calls it ``collect_runs``.
collect = collect_runs
_WRITERS = {".csv": table_as_csv, ".parquet": as_parquet}


@dataclass(frozen=True)
class Collect:
    """The command line.

    Attributes:
        runs: folders that hold run folders, at any depth, and tables that were collected before; a
            run that several have is taken from the first.
        out: the table, .csv, or .parquet where pyarrow is installed.
        half_done: take half-done runs too, as far as they have been probed; a column of this name
            has their epochs.
        confusion: a second table, of the runs' confusion matrices, for the figure of this name,
            which is of pairs and of datasets; those of three images or more have none.
    """

    runs: tyro.conf.Positional[tuple[Path, ...]]
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("results.csv")
    half_done: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    confusion: Path | None = None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; user mistakes end it with one line and code 2."""
    with friendly_errors():
        command: Collect = parse(
            Collect,
            arguments,
            prog="python -m interaction_probes.collect",
            description=_DESCRIPTION,
        )
        for out in filter(None, (command.out, command.confusion)):
            if out.suffix not in _WRITERS:
                known = " or ".join(TABLE_SUFFIXES)
                raise ValueError(f"a table ends in {known}, not in {out.suffix!r}")
        if command.confusion and command.confusion.absolute() == command.out.absolute():
            raise ValueError(f"{command.out} is the table of metrics: name another --confusion")
        table, left_out = gather(command.runs, command.half_done)
        for name, reason in left_out.items():
            print(f"left out {name}: {reason}", file=sys.stderr)
        if table.empty:
            hint = "" if command.half_done else "; --half-done takes those that have begun"
            raise ValueError(f"{', '.join(map(str, command.runs))} holds no finished run{hint}")
        write_atomically(command.out, _WRITERS[command.out.suffix](table))
        for name, count in unknown_fields(table).items():
            runs = f"{count} run{'s' if count > 1 else ''}"
            print(f"{name} stays empty for {runs}: their table does not tell it", file=sys.stderr)
        count = table["run"].nunique()
        print(
            f"{count} run{'s' if count > 1 else ''}, {len(table)} rows in {command.out}"
            f"{f'; {len(left_out)} left out' if left_out else ''}"
        )
        if command.confusion:
            _write_confusion(command.confusion, table, command.runs)


def _write_confusion(out: Path, table: pd.DataFrame, sources: Sequence[Path]) -> None:
    """Write the second table, and lines on runs without confusion matrices or without a figure.

    Raises:
        ValueError: no run has any.
    """
    roots = [source for source in sources if source.is_dir()]
    matrices, missing = confusion_table(table, roots)
    if matrices.empty:
        raise ValueError(
            "no run has a confusion.csv: half-done runs and those of earlier versions have none"
        )
    write_atomically(out, _WRITERS[out.suffix](matrices))
    count = matrices["run"].nunique()
    without = f"; {len(missing)} without: {', '.join(missing)}" if missing else ""
    print(f"confusion matrices of {count} run{'s' if count > 1 else ''} in {out}{without}")
    if is_of_samples(matrices):
        print("no figure draws the matrices of three images or more", file=sys.stderr)


if __name__ == "__main__":
    main()
