"""The confusion matrices of many runs as one table."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from interaction_probes.analysis.schema import COLLAPSE_COLUMNS, CONFUSION_COLUMNS, METRIC_COLUMNS

from .find_runs import path_of
from .run_folder import RunFolder


def confusion_table(table: pd.DataFrame, roots: Sequence[Path]) -> tuple[pd.DataFrame, list[str]]:
    """The matrices of the runs of a collected table, with what the table has of each run.

    Args:
        table: as ``collect`` makes it, with a column ``run``.
        roots: folders that hold the runs' folders; a run that several hold is taken from the first.

    Returns:
        The table: columns run, those of confusion.csv, then those that are the same in all rows of
        a run (loss weights, strengths, settings, provenance). And the names of the runs without
        matrices: half-done ones, those of earlier versions, and those whose folder is not there.

    Raises:
        ValueError: a damaged confusion.csv.
        OSError: a file cannot be read.
    """
    beside = [name for name in table if name not in {"run", *METRIC_COLUMNS, *COLLAPSE_COLUMNS}]
    parts: list[pd.DataFrame] = []
    missing: list[str] = []
    for name, row in table.drop_duplicates("run").set_index("run")[beside].iterrows():
        paths = (path_of(root, str(name)) for root in roots)
        matrices = (RunFolder(path).read_confusion() for path in paths)
        found = next((matrix for matrix in matrices if matrix is not None), None)
        if found is None:
            missing.append(str(name))
            continue
        cells = {column: found[column] for column in CONFUSION_COLUMNS}
        parts.append(pd.DataFrame({"run": name, **cells}).assign(**row))
    return (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()), missing
