"""Rows of runs on datasets of a user's own: their labels, epochs and subsets of modalities."""

import json
from collections.abc import Collection, Sequence
from pathlib import PurePath

import pandas as pd

from .conditions import where_option
from .schema import images_of_probe
from .table_files import MissingRows, require_columns

#: The metrics that tables have columns of; a label has some.
SHOWN_METRICS = ("accuracy", "auc", "macro_f1", "bits", "r2", "mse")
#: The test score of a label that figures show: the first that it has.
MAIN_METRICS = ("accuracy", "macro_f1", "r2")
#: The score of the validation rows that chooses an epoch, as the test rows have it: the first that
#: a label has.
CHOOSING_METRICS = ("bits", "r2")


def is_of_datasets(table: pd.DataFrame) -> bool:
    """Whether a table has runs on datasets of a user's own."""
    return bool(table["pairs"].astype(str).str.startswith("data-").any())


def check_of_images(table: pd.DataFrame, what: str) -> None:
    """Refuse a table with runs on datasets, where tasks of Trifeature are shown.

    Args:
        table: tidy results.
        what: what shows them, for the error.

    Raises:
        ValueError: it has such runs.
    """
    if is_of_datasets(table):
        raise ValueError(
            f"{what} shows the tasks of Trifeature, whose information is known, and the table has "
            "runs on datasets (--data): their figures are dynamics, ablation, profile and confusion"
        )


def check_one_dataset(table: pd.DataFrame) -> None:
    """Refuse runs on several datasets, and on generated images beside them.

    Args:
        table: tidy results with runs on datasets.

    Raises:
        ValueError: there are such runs.
    """
    datasets = sorted(table["pairs"].astype(str).unique())
    if len(datasets) > 1:
        raise ValueError(
            f"the table has runs on {', '.join(datasets)}, whose scores have no common mean: keep "
            f"one (--where pairs={datasets[0]})"
        )


def check_same_epochs(table: pd.DataFrame, by: Collection[str] = ()) -> None:
    """Refuse runs on a dataset that are compared and were probed at different epochs.

    A run's best epoch is chosen among those at which it was probed. A run that was never trained
    has one epoch and no choice, and goes with all.

    Args:
        table: tidy results of runs on one dataset.
        by: columns that separate what is compared: runs of one group only must agree.

    Raises:
        ValueError: the epochs differ.
    """
    for _, part in table.groupby(list(by), dropna=False) if by else [("", table)]:
        _check_epochs(part)


def _check_epochs(table: pd.DataFrame) -> None:
    run = ["run"] if "run" in table else ["method", "seed"]
    found: dict[tuple[int, ...], str] = {}
    for key, part in table[table["probe"] == "linear"].groupby(run):
        epochs = tuple(sorted({int(epoch) for epoch in part["epoch"]}))
        chosen = (part["metric"] == "best_epoch").any()  # an unfinished run has not
        if chosen and len(epochs) > 1:
            found.setdefault(epochs, " ".join(map(str, key)))
    if len(found) > 1:
        (first, one), (second, other), *_ = found.items()
        raise ValueError(
            f"runs choose their best epoch among different ones: {one} among {_listed(first)}, "
            f"{other} among {_listed(second)}; keep runs of one --optim.epochs and --probe.every "
            f"({where_option('run', other, negated=True)})"
        )


def _listed(epochs: tuple[int, ...]) -> str:
    """Epochs in a few words: 0, 2, 4, …, 10."""
    shown = [*map(str, epochs)]
    return ", ".join(shown if len(shown) <= 5 else [*shown[:3], "…", shown[-1]])


def chosen_epochs(table: pd.DataFrame) -> pd.DataFrame:
    """The epoch that the validation rows of each run chose: a row per run and label."""
    linear = table[table["probe"] == "linear"]
    return linear[linear["metric"] == "best_epoch"]


def chosen_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The linear probe's rows of each run and label at the epoch that was chosen."""
    return at_chosen_epochs(table, table[table["probe"] == "linear"])


def at_chosen_epochs(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Those of some rows that are of the epoch that was chosen for their run and label."""
    run = ["run"] if "run" in table else ["method", "preset", "seed"]
    epochs = chosen_epochs(table).set_index([*run, "task"])["value"]
    joined = rows.join(epochs.rename("chosen"), on=[*run, "task"])
    return joined[joined["epoch"] == joined["chosen"]]


def metric_of_label(table: pd.DataFrame, label: str, candidates: Sequence[str]) -> str:
    """The first of some metrics that a label has by the linear probe.

    Raises:
        MissingRows: it has none.
    """
    rows = table[(table["task"] == label) & (table["probe"] == "linear")]
    known = set(rows["metric"])
    for metric in candidates:
        if metric in known:
            return metric
    raise MissingRows(f"the table has no {' or '.join(candidates)} of label {label}")


def has_metric(table: pd.DataFrame, label: str, metric: str) -> bool:
    """Whether the linear probe of a label has a metric."""
    rows = table[(table["task"] == label) & (table["probe"] == "linear")]
    return bool((rows["metric"] == metric).any())


def labels_of(table: pd.DataFrame) -> list[str]:
    """The labels of a dataset, in their order."""
    require_columns(table, ["task"])
    return [str(name) for name in dict.fromkeys(table[table["probe"] == "linear"]["task"])]


def subset_scores(table: pd.DataFrame, method: str) -> pd.DataFrame:
    """What the linear probe finds in each subset of the modalities at the chosen epoch.

    Args:
        table: tidy results of runs on one dataset.
        method: whose runs.

    Returns:
        A row per label and a column per subset, numbers of its modalities from 1; the last one is
        all modalities. Bits over H(Y) of the test rows, or R² of real numbers; means over seeds;
        NaN where a subset was not probed at the epoch that the label's validation rows chose.
    """
    labels = labels_of(table)
    masks = {name: images_of_probe(str(name)) for name in table["probe"].unique()}
    masks = {name: numbers for name, numbers in masks.items() if numbers}
    count = max((max(numbers) for numbers in masks.values()), default=0)
    probes = {**masks, "linear": tuple(range(1, count + 1))}
    subsets = sorted(set(probes.values()), key=lambda numbers: (len(numbers), numbers))
    of_method = table[(table["method"] == method) & table["probe"].isin(list(probes))]
    chosen = at_chosen_epochs(table, of_method)
    columns = pd.Index(subsets, tupleize_cols=False)
    found = pd.DataFrame(float("nan"), index=labels, columns=columns)
    for label in labels:
        metric = metric_of_label(table, label, CHOOSING_METRICS)
        rows = chosen[(chosen["task"] == label) & (chosen["metric"] == metric)]
        whole = entropy_of(table, label) if metric == "bits" else 1.0
        for probe, value in rows.groupby("probe")["value"].mean().items():
            found.at[label, probes[str(probe)]] = value / whole
    return found


def entropy_of(table: pd.DataFrame, label: str) -> float:
    """H(Y) of a label in the test rows, in bits.

    Raises:
        MissingRows: the table has not.
    """
    exact = table[(table["probe"] == "exact") & (table["task"] == label)]
    found = exact[exact["metric"] == "bits"]["value"]
    if found.empty:
        raise MissingRows(f"the table has no row of probe exact, metric bits and task {label}")
    return float(found.iloc[0])


def dataset_name(table: pd.DataFrame) -> str:
    """The file of the one dataset, by column ``data.path``; its checksum where that is not known.

    Args:
        table: tidy results of runs on one dataset, which may have been read from several places.
    """
    paths = (
        table["data.path"].dropna().astype(str) if "data.path" in table else pd.Series(dtype=str)
    )
    names = {PurePath(path).name for path in paths} - {""}
    return names.pop() if len(names) == 1 else str(table["pairs"].iloc[0])


def modality_names(table: pd.DataFrame, count: int) -> list[str]:
    """The names of the modalities, from column ``data.modalities``; their numbers without it.

    Args:
        table: tidy results; a collected table has the names as a JSON list.
        count: how many modalities there are.
    """
    numbers = [str(number) for number in range(1, count + 1)]
    texts = table["data.modalities"].dropna().unique() if "data.modalities" in table else []
    if len(texts) != 1:
        return numbers
    try:
        names = json.loads(str(texts[0]))
    except ValueError:  # damaged
        return numbers
    return [*map(str, names)] if isinstance(names, list) and len(names) == count else numbers
