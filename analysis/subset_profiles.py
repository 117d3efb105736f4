"""Bits per task and subset of images: the truth, and what the linear probes captured."""

import re

import pandas as pd

from .agreement import RUN_KEYS
from .dataset_rows import is_of_datasets
from .results_table import check_one_end, check_one_run_per_seed
from .row_filters import exact_value, last_epoch_rows, teaching_design
from .schema import images_of_subset_bits, subset_bits, subset_probe
from .table_files import MissingRows

Subset = tuple[int, ...]
_PAIR = 2
#: R123, U3, S13, S13-10, S12to3.
_TASK_OF_SAMPLES = re.compile(r"R([1-9]+)|U([3-9])|S([1-9]+)(?:to([1-9])|-\d+)?")


def is_of_samples(table: pd.DataFrame) -> bool:
    """Whether a table has runs of three images and more.

    It shows in the exact bits of subsets of images, in the names of tasks, and in the column
    ``modalities`` where there is one. Labels of a dataset may have any names, and are none.
    """
    if "pairs" in table and is_of_datasets(table):
        return False
    if "modalities" in table:
        numbers = pd.to_numeric(table["modalities"], errors="coerce")
        if (numbers > _PAIR).any():
            return True
    return bool((_numbers_of_images(table) > _PAIR).any())


def check_one_number_of_images(table: pd.DataFrame) -> None:
    """Refuse a table whose runs differ in the number of images, and so in their tasks.

    Args:
        table: tidy results.

    Raises:
        ValueError: they differ.
    """
    exact = table[table["probe"] == "exact"]
    rows = exact if len(exact) else table
    keys = [rows[name] for name in RUN_KEYS if name in rows]
    by_run = _numbers_of_images(rows).groupby(keys, dropna=False).max()
    found = sorted(int(n) for n in by_run.unique())
    if len(found) > 1:
        raise ValueError(
            f"the table has runs of {' and of '.join(map(str, found))} images, whose tasks differ: "
            f"keep one number (--where modalities={found[-1]})"
        )


def _numbers_of_images(table: pd.DataFrame) -> pd.Series:
    """How many images the run of each row has at least, by its task and its metric."""
    found = pd.Series(_PAIR, index=table.index)
    for column, of_name in (("task", _images_of_task), ("metric", _images_of_metric)):
        if column in table:
            names = table[column].astype(str)
            numbers = {name: of_name(name) for name in names.unique()}
            found = found.clip(lower=names.map(numbers).astype(int))
    return found


def _images_of_metric(metric: str) -> int:
    """The highest number of an image in an exact metric such as ``bits_mask13``; 2 at least."""
    return max((_PAIR, *images_of_subset_bits(metric)))


def _images_of_task(task: str) -> int:
    """The highest number of an image in a task of three images and more; 2 of one of pairs.

    Tasks of pairs have no numbers but those of U1 and U2.
    """
    found = _TASK_OF_SAMPLES.fullmatch(task)
    return max(_PAIR + 1, *map(int, "".join(filter(None, found.groups())))) if found else _PAIR


def check_of_pairs(table: pd.DataFrame, what: str) -> None:
    """Refuse a table with runs of three images and more, where R, U and S of pairs are shown.

    Args:
        table: tidy results.
        what: what shows them, for the error.

    Raises:
        ValueError: it has such runs.
    """
    if is_of_samples(table):
        numbers = table["modalities"].map(str) if "modalities" in table else pd.Series(dtype=str)
        mixed = numbers.isin(["2", "2.0"]).any()
        raise ValueError(
            f"{what} is of pairs, and the table has runs of three images or more, whose figure is "
            f"profile{'; --where modalities=2 keeps pairs' if mixed else ''}"
        )


def subsets_of(table: pd.DataFrame) -> list[Subset]:
    """All subsets of the images of a table, by size.

    Raises:
        MissingRows: a table of pairs, which have no profile.
    """
    exact = table[table["probe"] == "exact"]
    found = {images_of_subset_bits(str(metric)) for metric in exact["metric"].unique()} - {()}
    if not found:
        raise MissingRows(
            "the table has no exact bits of subsets of images (bits_mask1, …): they are of runs "
            "with --modalities 3 or more"
        )
    return sorted(found, key=lambda images: (len(images), images))


def true_profile(table: pd.DataFrame) -> pd.DataFrame:
    """Exact bits: a row per task, a column per subset of the images.

    Raises:
        MissingRows: a table of pairs, or one that lacks the bits of a subset.
        ValueError: runs differ in them.
    """
    exact = table[table["probe"] == "exact"]
    columns = subsets_of(table)
    tasks = exact["task"].unique()
    cells = [
        [exact_value(exact, task, subset_bits(images)) for images in columns] for task in tasks
    ]
    return pd.DataFrame(cells, tasks, pd.Index(columns, tupleize_cols=False))


def profile_rows(table: pd.DataFrame, method: str) -> pd.DataFrame:
    """The bits of a method's probes of every subset at the last epoch.

    Each task is read from the design that teaches it, or from the only one there is.
    """
    probes = [*map(subset_probe, subsets_of(table)), "linear"]
    rows = table[
        (table["method"] == method) & (table["metric"] == "bits") & table["probe"].isin(probes)
    ]
    rows = last_epoch_rows(rows)
    only = rows["pairs"].nunique() == 1
    return rows[only | (rows["pairs"] == rows["task"].map(teaching_design))]


def measured_profile(table: pd.DataFrame, method: str) -> pd.DataFrame:
    """Bits captured at the last epoch, means over seeds: a row per task, a column per subset.

    They are those of :func:`profile_rows`. A subset that was not probed is NaN.

    Raises:
        MissingRows: a table of pairs.
        ValueError: a seed counts twice, or runs differ in their settings.
    """
    columns = subsets_of(table)
    rows = profile_rows(table, method)
    check_one_run_per_seed(rows, ["method", "task", "probe"])
    check_one_end(rows, ["method", "pairs"])
    means = rows.groupby(["task", "probe"])["value"].mean()
    tasks = table.loc[table["probe"] == "exact", "task"].unique()
    cells = [
        [
            means.get(
                (task, "linear" if images == columns[-1] else subset_probe(images)), float("nan")
            )
            for images in columns
        ]
        for task in tasks
    ]
    return pd.DataFrame(cells, tasks, pd.Index(columns, tupleize_cols=False))
