"""Rows of a table of ratios: how long this project takes, a plain form of the same, the machine."""

import csv
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from interaction_probes.storage.provenance import processor


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: the work, and how much of it the seconds are of.
        precision: of the project's arithmetic; plain forms are in float32.
        threads: of both.
        seconds: of the project.
        plain_seconds: of the plain form.
        public_seconds: of the methods' public research code on this class of machine: a constant
            noted once, not measured here; None where none was noted.
        operations: floating-point operations of the project's matrix products and convolutions,
            where they are what it takes time for.
        limit_share: the rate of those operations, in rates of one large matrix product of the same
            precision, measured in the same process.
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
        """How many times longer the plain form takes."""
        return self.plain_seconds / self.seconds


def seconds_of(action: Callable[[], object], times: int = 3) -> float:
    """Median seconds of an action, after one time that is not counted."""
    action()
    found = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def operations_of(action: Callable[[], object]) -> int:
    """Floating-point operations of an action's matrix products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        action()
    return counter.get_total_flops()


def matrix_rate(dtype: torch.dtype, size: int) -> float:
    """Operations per second of a product of two size × size matrices: the best of five."""
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    return 2 * size**3 / min(seconds_of(lambda: a @ b, times=1) for _ in range(5))


def versions() -> str:
    """What measured: interpreter, libraries, processor, threads."""
    return (
        f"python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}, "
        f"pillow {version('pillow')}, scikit-learn {version('scikit-learn')}, {processor()}, "
        f"{torch.get_num_threads()} threads"
    )


def write(rows: Sequence[Row], path: Path) -> None:
    """The rows as CSV, with ratio and versions in each."""
    names = [field.name for field in fields(Row)]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*names, "ratio", "versions"], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({**asdict(row), "ratio": row.ratio, "versions": versions()})


def show(row: Row) -> str:
    """A row in one line, and its note in another."""
    public = f"{row.public_seconds:.4g} s" if row.public_seconds is not None else "-"
    share = f"{100 * row.limit_share:.0f} %" if row.limit_share is not None else "-"
    line = (
        f"{row.what:<44}{row.precision:<6}{row.seconds:>11.4g} s{row.plain_seconds:>11.4g} s"
        f"{row.ratio:>8.1f}×{public:>11}{share:>8}"
    )
    return f"{line}\n    {row.note}" if row.note else line


HEADER = f"{'':<50}{'here':>13}{'plain':>13}{'ratio':>9}{'public':>11}{'limit':>8}"
