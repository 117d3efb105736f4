"""Confusion matrices of runs, read from a table and averaged over seeds."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from .agreement import check_comparable
from .dataset_rows import check_one_dataset, is_of_datasets
from .results_table import check_one_preset, check_one_run_per_seed
from .row_filters import (
    LEARNT_FROM,
    default_loss_rows,
    rows_by_learnt_design,
    usual_design_rows,
)
from .schema import CONFUSION_COLUMNS
from .subset_profiles import check_of_pairs
from .table_files import MissingRows, read_csv, require_columns

_NUMBERS = ("seed", "epoch", "count")


def read_confusion(path: Path) -> pd.DataFrame:
    """Read a run's confusion.csv, or a table of many runs' as ``collect --confusion`` writes it.

    Raises:
        ValueError: no such table, missing columns, or counts that are not numbers ≥ 0.
        OSError: the file cannot be read.
    """
    table = read_csv(path, CONFUSION_COLUMNS, _NUMBERS)
    if (table["count"] < 0).any():
        raise ValueError(f"{path} has a negative count; counts are numbers of test pairs")
    return table


@dataclass(frozen=True)
class MeanConfusion:
    """A confusion matrix, normalised by row and averaged over seeds.

    Attributes:
        classes: names of the k classes, in the order of rows and columns.
        fractions: [k, k], of the pairs of each true class (row) how many are predicted as each
            class (column); NaN in the row of a class that no test pair has.
        n: number of seeds.
    """

    classes: tuple[str, ...]
    fractions: np.ndarray
    n: int

    @property
    def recall(self) -> np.ndarray:
        """The recall of each class, [k]; their mean is the macro accuracy."""
        return np.diag(self.fractions)


def mean_confusion(table: pd.DataFrame) -> dict[tuple[str, str], MeanConfusion]:
    """(method, task) → its matrix, each task from the pairs it is learnt from.

    Of runs on a dataset its labels stand in the place of the tasks.

    Args:
        table: as :func:`read_confusion` gives it; runs with other loss weights or strengths are
            left out.

    Raises:
        MissingRows: no run is left, or a matrix lacks cells.
        ValueError: mixed presets or settings, runs of three images or more, or a seed that counts
            twice.
    """
    require_columns(table, CONFUSION_COLUMNS)
    check_one_preset(table)
    rows = default_loss_rows(table[table["probe"] == "linear"])
    of_dataset = is_of_datasets(rows)
    if of_dataset:
        check_one_dataset(rows)
    else:
        check_of_pairs(rows, "the figure confusion")
        rows = usual_design_rows(rows)
    if rows.empty:
        raise MissingRows(
            "the table has no confusion matrix of the linear probe, of a run on unbiased or biased "
            "pairs with its method's own loss weights"
        )
    check_comparable(rows)
    found = {}
    for task in map(str, rows["task"].unique()) if of_dataset else LEARNT_FROM:
        for method, part in rows_by_learnt_design(rows, task).groupby("method", sort=False):
            found[str(method), task] = _mean(part)
    return found


def _mean(rows: pd.DataFrame) -> MeanConfusion:
    """The mean over seeds of one method and task."""
    classes = tuple(rows["true"].unique())
    first = rows[(rows["true"] == classes[0]) & (rows["predicted"] == classes[0])]
    check_one_run_per_seed(first, ["method"])
    matrices = []
    for seed, part in rows.groupby("seed"):
        cells = part.set_index(["true", "predicted"])["count"]
        wanted = pd.MultiIndex.from_product([classes, classes])
        if not cells.index.is_unique or set(cells.index) != set(wanted):
            raise MissingRows(
                f"the confusion matrix of {rows['method'].iloc[0]}, task {rows['task'].iloc[0]}, "
                f"seed {seed:g} lacks cells or has some twice: the table may have been cut"
            )
        counts = cells.loc[wanted].to_numpy(dtype=float).reshape(len(classes), len(classes))
        totals = counts.sum(1, keepdims=True)
        matrices.append(
            np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
        )
    stack = np.stack(matrices)
    known = (~np.isnan(stack)).sum(0)
    total = np.nansum(stack, axis=0)
    mean = np.divide(total, known, out=np.full_like(total, np.nan), where=known > 0)
    return MeanConfusion(classes, mean, len(matrices))
