"""Rows of the speed table, and how they are written."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from benchmarks.speed.measure import versions


@dataclass(frozen=True)
class Row:
    """One comparison. The fields are the columns of results/bench.csv.

    Attributes:
        what: the work and its size.
        precision: of the toolkit's arithmetic; the reference computes in float32.
        threads: of both.
        seconds: of the toolkit.
        plain_seconds: of the reference implementation.
        public_seconds: of the methods' released research code on this class of machine: a constant
            noted once, not measured here; None if there is none.
        operations: floating-point operations of the toolkit's matrix products and convolutions;
            None for work that is bound by something else.
        limit_share: rate of those operations, divided by the rate of one large matrix product of
            the same precision in the same process.
        note: what was extrapolated, and from what.
    """

    what: str
    precision: str
    threads: int
    seconds: float
    plain_seconds: float
    public_seconds: float | None = None
    operations: int | None = None
    limit_share: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times longer the reference takes."""
        return self.plain_seconds / self.seconds


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as CSV, with ratio and versions in each."""
    names = [field.name for field in fields(Row)]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*names, "ratio", "versions"], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({**asdict(row), "ratio": row.ratio, "versions": versions()})


def format_row(row: Row) -> str:
    """A row as one line of text, with its note on a second line."""
    released = f"{row.public_seconds:.4g} s" if row.public_seconds is not None else "-"
    share = f"{100 * row.limit_share:.0f} %" if row.limit_share is not None else "-"
    line = (
        f"{row.what:<44}{row.precision:<6}{row.seconds:>11.4g} s{row.plain_seconds:>11.4g} s"
        f"{row.ratio:>8.1f}×{released:>11}{share:>8}"
    )
    return f"{line}\n    {row.note}" if row.note else line


HEADER = f"{'':<50}{'here':>13}{'reference':>13}{'ratio':>9}{'released':>11}{'limit':>8}"
