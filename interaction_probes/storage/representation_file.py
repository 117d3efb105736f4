"""The effective rank of a run's representation, epoch by epoch, beside its scores."""

import pandas as pd

from .run_folder import RunFolder


def scores_and_ranks(folder: RunFolder) -> pd.DataFrame:
    """The rows of metrics.csv, with what the linear probe's representation was at their epoch.

    Returns:
        The columns of metrics.csv, then ``effective_rank`` and ``collapsed`` (1, or 0), each the
        same in all rows of an epoch; without these two where the run is of an earlier version.

    Raises:
        ValueError: a table is missing or damaged.
    """
    metrics, rows = folder.read_metrics(), folder.read_representations()
    if rows is None:
        return metrics
    by_epoch = rows[rows["probe"] == "linear"].drop_duplicates("epoch").set_index("epoch")
    return metrics.assign(
        effective_rank=metrics["epoch"].map(by_epoch["effective_rank"]),
        collapsed=metrics["epoch"].map(by_epoch["collapsed"]).astype("Int64"),
    )
