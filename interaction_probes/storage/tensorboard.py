"""TensorBoard's event files beside a run's tables: the same numbers, to watch while they grow."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from interaction_probes.analysis.table_files import read_csv

from .run_folder import RunFolder

#: The folder of event files inside a run's folder.
FOLDER = "tensorboard"


def check_tensorboard() -> None:
    """Refuse before anything is done where the extra is not installed.

    Raises:
        ValueError: there is no tensorboard.
    """
    if find_spec("tensorboard") is None:
        raise ValueError("--tensorboard needs the package tensorboard: pip install tensorboard")


_NUMBERS = ("epoch", "value")
#: Tag, value, epoch.
_Scalar = tuple[str, float, int]


class EventFiles:
    """What a run's metrics.csv and losses.csv hold, as scalars in an event file, as it comes.

    Tags are ``task/probe/metric`` and ``loss/term``, steps are epochs. Event files of an earlier
    start are replaced, so that no epoch stands there twice, and so are this start's where a table
    was damaged and is written anew.

    Args:
        run: its tables are read and never written.
    """

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self.written: list[_Scalar] = []
        self.writer: Any = None

    def update(self) -> None:
        """Add the rows that have come since; tables that cannot be read yet come later.

        Raises:
            OSError: files that cannot be read or written.
        """
        there = self._scalars("metrics.csv", ["task", "probe", "metric"], "")
        there += self._scalars("losses.csv", ["term"], "loss/")
        if not {*self.written} <= {*there}:
            self.close()
            self.written, self.writer = [], None
        known = {*self.written}
        for scalar in there:
            if scalar not in known:
                self._open().add_scalar(*scalar)
        self.written = there
        if self.writer is not None:
            self.writer.flush()

    def _scalars(self, name: str, parts: Sequence[str], before: str) -> list[_Scalar]:
        """The rows of a table; none of one that is missing, damaged and yet to be mended, or empty.

        Losses are empty until the first epoch has ended.
        """
        try:
            table = read_csv(self.run.path / name, [*parts, *_NUMBERS], _NUMBERS)
            tags = before + table[list(parts)].agg("/".join, axis=1)
            return [*zip(tags, table["value"], table["epoch"], strict=True)]
        except (FileNotFoundError, ValueError):
            return []

    def close(self) -> None:
        """Finish the file."""
        if self.writer is not None:
            self.writer.close()

    def _open(self) -> Any:
        if self.writer is None:
            from torch.utils.tensorboard import SummaryWriter  # takes a second, and is an extra

            folder = self.run.path / FOLDER
            for path in folder.glob("events.out.tfevents.*"):
                path.unlink()
            self.writer = SummaryWriter(str(folder))
        return self.writer


class Watch:
    """Event files of several runs, closed at the end of a ``with`` block; of none, it does nothing.

    Args:
        runs: those to watch.
    """

    def __init__(self, runs: Sequence[RunFolder]) -> None:
        self.files = [EventFiles(run) for run in runs]

    def update(self, k: int) -> None:
        """Bring the k-th run's event file up to date.

        Raises:
            OSError: as :meth:`EventFiles.update`.
        """
        if self.files:
            self.files[k].update()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        for files in self.files:
            files.close()
