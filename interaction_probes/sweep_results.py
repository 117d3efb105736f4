"""The runs of a sweep read back: one table, its scores, what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import pandas as pd

from interaction_probes.analysis.dataset_rows import is_of_datasets
from interaction_probes.analysis.scores.dataset_table import dataset_table
from interaction_probes.analysis.scores.table import remarks, scores_table
from interaction_probes.storage.collected_runs import collect_runs


@dataclass(frozen=True)
class SweepResults:
    """What :func:`read_sweep` found.

    Attributes:
        path: the folder that was read.
        table: tidy results, a row per run, epoch, task, probe and metric, as ``collect`` writes
            them; empty where no run is finished.
        left_out: run → why it is not in the table.
    """

    path: Path
    table: pd.DataFrame = field(repr=False)
    left_out: Mapping[str, str] = field(repr=False)

    def scores(self, by: Sequence[str] = ()) -> pd.DataFrame:
        """Scores at the last epoch as mean ± standard deviation over seeds, a row per method.

        Those of a dataset are at the epoch that its validation rows chose.

        Args:
            by: columns of `table` that tell rows apart, such as ``optim.lr``.

        Returns:
            Text cells. What must be known of the runs is in ``attrs["notes"]``, a line each, such
            as that they were trained in different precisions.

        Raises:
            ValueError: no finished run, or runs that have no common mean, such as of two presets.
        """
        if self.table.empty:
            raise ValueError(f"{self.path} holds no finished run")
        if is_of_datasets(self.table):
            return dataset_table(self.table, by)
        found = scores_table(self.table, by)
        found.attrs["notes"] += remarks(self.table, by)
        return found

    def __repr__(self) -> str:
        return f"SweepResults({str(self.path)!r}: {self._counts()})"

    def _repr_html_(self) -> str:
        heading = f"<p><b>{escape(str(self.path))}</b>: {escape(self._counts())}</p>"
        try:
            scores = self.scores()
            notes = "".join(f"<p>{escape(note)}</p>" for note in scores.attrs["notes"])
            shown = scores.to_html(index=False) + notes
        except ValueError as error:
            shown = f"<p>No scores to show: {escape(str(error))}</p>"
        reasons = "".join(
            f"<li>{escape(run)}: {escape(reason)}</li>" for run, reason in self.left_out.items()
        )
        return heading + shown + (f"<p>Left out:</p><ul>{reasons}</ul>" if reasons else "")

    def _counts(self) -> str:
        runs = 0 if self.table.empty else self.table["run"].nunique()
        return f"{runs} finished run{'s' * (runs != 1)}, {len(self.left_out)} left out"


def read_sweep(path: Path | str) -> SweepResults:
    """Read the finished runs under a folder.

    Args:
        path: the folder of a sweep, or any other that holds run folders.

    Raises:
        ValueError: no folder of runs.
    """
    table, left_out = collect_runs(path)
    return SweepResults(Path(path), table, left_out)
