"""reference.csv of a run's folder: the supervised reference, made after the run and kept."""

import io
from collections.abc import Sequence

import pandas as pd

from .checksums import differs, with_later_sum
from .lock import alone_in
from .run_folder import REFERENCE, RunFolder

REFERENCE_COLUMNS = ("label", "subset", "metric", "value", "low", "high")
_NUMBERS = ("value", "low", "high")


def write_reference(folder: RunFolder, table: pd.DataFrame) -> None:
    """Write reference.csv, and its checksum into run.json.

    Args:
        folder: of a finished run.
        table: `REFERENCE_COLUMNS`.

    Raises:
        Busy: another process works in the folder.
        OSError: a file cannot be written.
    """
    with alone_in(folder.path):
        folder.write_table(REFERENCE, table)
        status = folder.read_status() or {}
        added = with_later_sum(status, folder.path, REFERENCE)
        if added != status:
            folder.write_json("run.json", added)


def read_reference(folder: RunFolder, subsets: Sequence[str]) -> pd.DataFrame | None:
    """The table in reference.csv; None where there is none, or a damaged one.

    One without a checksum, of an earlier version, is taken where it is whole.

    Args:
        folder: of a finished run.
        subsets: names of those that each label has rows of.

    Returns:
        `REFERENCE_COLUMNS`; an end of an interval that there is none of is NaN.

    Raises:
        ValueError: run.json or metrics.csv is damaged.
    """
    try:
        raw = (folder.path / REFERENCE).read_bytes()
    except FileNotFoundError:
        return None
    if differs(folder.read_status() or {}, folder.path, REFERENCE) or not raw.endswith(b"\n"):
        return None
    names = [name for name in REFERENCE_COLUMNS if name not in _NUMBERS]
    try:
        table = pd.read_csv(
            io.BytesIO(raw),
            dtype=dict.fromkeys(names, str) | dict.fromkeys(_NUMBERS, float),
            keep_default_na=False,
            na_values={name: [""] for name in _NUMBERS},
        )
    except ValueError:  # ParserError and UnicodeDecodeError are ValueErrors
        return None
    labels = folder.read_metrics()["task"].unique()
    return table if _is_whole(table, labels, subsets) else None


def was_written(folder: RunFolder) -> bool:
    """Whether a folder has a reference.csv, or the checksum of one.

    Raises:
        ValueError: run.json is damaged.
    """
    status = folder.read_status() or {}
    return (folder.path / REFERENCE).exists() or differs(status, folder.path, REFERENCE)


def _is_whole(table: pd.DataFrame, labels: Sequence[str], subsets: Sequence[str]) -> bool:
    """Whether a table has one value of every label, subset and metric."""
    if list(table) != list(REFERENCE_COLUMNS) or table["value"].isna().any():
        return False
    found = [*table[["label", "subset", "metric"]].itertuples(index=False, name=None)]
    metrics = {label: {metric for each, _, metric in found if each == label} for label in labels}
    wanted = {
        (label, subset, metric)
        for label in labels
        for subset in subsets
        for metric in metrics[label]
    }
    return all(metrics.values()) and len(found) == len(wanted) and set(found) == wanted
