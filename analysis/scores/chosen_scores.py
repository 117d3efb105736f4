"""Scores of runs on a dataset at the epochs that validation rows chose, where they have a mean."""

from collections.abc import Sequence

import pandas as pd

from interaction_probes.analysis.agreement import check_comparable
from interaction_probes.analysis.dataset_rows import (
    check_one_dataset,
    check_same_epochs,
    chosen_epochs,
    chosen_rows,
)
from interaction_probes.analysis.results_table import check_one_preset, check_one_run_per_seed
from interaction_probes.analysis.table_files import MissingRows


def comparable_chosen_rows(table: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """The linear probe's rows at the chosen epochs, of runs that may be averaged and compared.

    Means go over the seeds of one method, its loss weights and values of `by`.

    Args:
        table: tidy results of runs on one dataset.
        by: further columns; runs that differ in one of them are no mean's.

    Raises:
        MissingRows: no finished run: the epoch is chosen at the end of each.
        ValueError: runs on several datasets or on generated images, of mixed presets, of other
            lengths or settings, probed otherwise or at other epochs, or a seed that counts twice.
    """
    check_one_preset(table, by)
    check_one_dataset(table)
    linear = table[table["probe"] == "linear"]
    check_comparable(linear, by, table)
    check_same_epochs(linear, by)
    chosen = chosen_rows(linear)
    if chosen.empty:
        raise MissingRows("the table has no finished run: the epoch is chosen at the end of each")
    loss = ["weights"] if "weights" in table else []
    # Of the last epoch, which is that of every run; the chosen ones differ.
    check_one_run_per_seed(chosen_epochs(table), ["method", *loss, *by, "task"])
    return chosen
