"""Rows of a table of results that a figure or a mean is made from."""

import re

import pandas as pd

from .agreement import RUN_KEYS, check_comparable, check_same_settings
from .results_table import check_one_end, check_one_preset
from .schema import METRIC_COLUMNS
from .table_files import MissingRows, require_columns

#: Task → the design of the pretraining pairs that teaches it: the mapping of S can only be learnt
#: where it holds.
LEARNT_FROM = {"R": "unbiased", "U1": "unbiased", "U2": "unbiased", "S": "biased"}
#: Designs of the default runs, of pairs and of three images and more.
USUAL_DESIGNS = ("unbiased", "biased", "pair-biased", "triple-biased")


def teaching_design(task: str) -> str:
    """The design that teaches a task, of pairs or of three images and more.

    >>> teaching_design("S"), teaching_design("U3")
    ('biased', 'unbiased')
    >>> teaching_design("S13-10"), teaching_design("S12to3")
    ('pair-biased', 'triple-biased')
    """
    found = re.match(r"S([1-9]+)(?:to([1-9]))?", task)
    if not found:
        return LEARNT_FROM.get(task, "unbiased")
    return "pair-biased" if len(found[1] + (found[2] or "")) == 2 else "triple-biased"


def linear_probe_rows(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Rows of one metric of the linear probe.

    Raises:
        MissingRows: there are none.
    """
    require_columns(table, METRIC_COLUMNS)
    rows = table[(table["probe"] == "linear") & (table["metric"] == metric)]
    if rows.empty:
        raise MissingRows(f"the table has no rows of probe linear and metric {metric}")
    return rows


def default_loss_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of runs with their method's default loss weights; all rows without that column."""
    return table[table["weights"] == ""] if "weights" in table else table


def mapping_of(pairs: str) -> str:
    """The part of a design's name that names the mapping: "unbiased" of "shared0.5-unbiased"."""
    return re.sub(r"^shared[\d.e-]*\d-", "", pairs)


def usual_design_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of runs on the designs of the default runs, where an attribute is always shared."""
    return table[table["pairs"].isin(USUAL_DESIGNS)]


def rows_by_learnt_design(table: pd.DataFrame, task: str) -> pd.DataFrame:
    """A task's rows, of each method those of the design that teaches the task.

    A method with runs on one design only (a ceiling, a floor) keeps the rows of that design.
    """
    rows = table[table["task"] == task]
    wanted = rows["pairs"] == teaching_design(task)
    only = rows.groupby("method")["pairs"].transform("nunique") == 1
    return rows[wanted | only]


def last_epoch_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of each run's last epoch."""
    keys = [name for name in RUN_KEYS if name in rows]
    last = rows.groupby(keys, dropna=False)["epoch"].transform("max")
    return rows[rows["epoch"] == last]


def initial_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of epoch 0, before training, of runs that were probed later too.

    A floor, which is never trained, has none: its only epoch is its result.

    Args:
        rows: of one probe.
    """
    rows = rows.reset_index(drop=True)
    return rows[(rows["epoch"] == 0) & ~rows.index.isin(last_epoch_rows(rows).index)]


def final_scores(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One metric of the linear probe at each run's last epoch: usual designs, default losses.

    Raises:
        MissingRows: there are none.
        ValueError: mixed presets, or runs that cannot be shown together
            (:mod:`interaction_probes.analysis.agreement`).
    """
    check_one_preset(table)
    rows = last_epoch_rows(usual_design_rows(default_loss_rows(linear_probe_rows(table, metric))))
    if rows.empty:
        raise MissingRows("the table has no runs on unbiased or biased pairs with a plain loss")
    check_same_settings(rows, ["method"])
    check_comparable(rows, table=table)
    check_one_end(rows, ["method", "pairs"])
    return rows


def exact_value(table: pd.DataFrame, task: str, metric: str) -> float:
    """A task's exact value, from the rows of probe ``exact``.

    Chance is the mean over seeds: held-out images of few combinations can lack a value in one
    seed's draw, so that its macro accuracy is over fewer classes.

    Raises:
        MissingRows: there is none.
        ValueError: runs differ in it; of chance, runs of one seed.
    """
    rows = table[
        (table["probe"] == "exact") & (table["metric"] == metric) & (table["task"] == task)
    ]
    if rows.empty:
        raise MissingRows(f"the table has no row of probe exact, metric {metric} and task {task}")
    values = rows.assign(value=rows["value"].round(9))
    if values["value"].nunique() > 1:
        if metric == "chance" and "seed" in rows:
            by_seed = values.drop_duplicates(["seed", "value"])
            if not by_seed["seed"].duplicated().any():
                return float(by_seed["value"].mean())
        raise ValueError(
            f"runs of the table differ in the exact {metric} of task {task}: "
            f"{values['value'].min():.4g} and {values['value'].max():.4g}; keep those of one set "
            "of factors (--where)"
        )
    return float(rows["value"].iloc[0])


#: Metrics of probe ``exact`` that bound the accuracy of a match bit.
LIMITS = ("additive", "pairwise")


def additive_limit(table: pd.DataFrame) -> float:
    """The highest accuracy (%) on S that a sum of single-image scores can reach.

    Raises:
        ValueError: runs differ in it.
    """
    try:
        return 100 * exact_value(table, "S", "additive")
    except MissingRows:  # tables of earlier versions, which knew as many textures as colours
        return 75.0


def _best_known(table: pd.DataFrame, limit: str) -> pd.DataFrame:
    """The rows of a limit; of the pairwise one the highest, since earlier versions knew less."""
    rows = table[(table["probe"] == "exact") & (table["metric"] == limit)]
    if limit != "pairwise":
        return rows
    return rows[rows["value"] == rows.groupby("task")["value"].transform("max")]


def limits_of(table: pd.DataFrame, task: str) -> dict[str, float]:
    """Name → the highest accuracy (%) on a match bit without a part of the interaction.

    ``additive``: of sums of scores of single images; ``pairwise``: of pairs of images. What the
    table does not have, or what is 100 %, is no limit.

    Raises:
        ValueError: runs differ in the additive limit.
    """
    found = {}
    for name in LIMITS:
        try:
            limit = 100 * exact_value(_best_known(table, name), task, name)
        except MissingRows:
            continue
        if limit < 100:
            found[name] = limit
    return found
