"""The tidy table that figures are drawn from: read, checked, and cut to what a figure shows.

One row is one value: method, preset, pairs (the design that it learnt from), seed, epoch, task,
probe, metric, value. A run's ``metrics.csv`` is such a table; one of many runs has more columns, of
which figures use run, weights (the loss terms that differ from the method's own, as text such as
``unimodal=0``) and the strengths of the design.
"""

import re
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from .schema import METRIC_COLUMNS
from .table_files import MissingRows, is_half_done, read_csv, require

_NUMBERS = ("seed", "epoch", "value")
_STRENGTHS = ("shared_strength", "mapping_strength")
#: What tells one run from another, where the table has it.
_RUN = ("run", "method", "preset", "pairs", "weights", *_STRENGTHS, "seed")
#: Columns that hold a field of the configuration which has no column of its own above, and that
#: which tells the versions of a user's own method apart.
_SETTING = re.compile(r"n_pairs|method_file|\w+(\.\w+)+")
#: Those that say when, or what besides, is measured, and where images lie: they change no score of
#: the linear probe.
_WHEN = ("probe.every", "probe.controls", "folder.path")
#: Those of which an empty cell is a value.
_MAY_BE_EMPTY = ("probe.features",)
#: The design that each task is learnt from: the mapping of S can only be learnt where it holds.
LEARNT_FROM = {"R": "unbiased", "U1": "unbiased", "U2": "unbiased", "S": "biased"}


def read_results(path: Path) -> pd.DataFrame:
    """Read a table of results from CSV or Parquet.

    Raises:
        ValueError: no such table, columns that are missing, or values that are no numbers.
        OSError: the file cannot be read.
    """
    table = read_csv(path, METRIC_COLUMNS, _NUMBERS)
    for name in (*_STRENGTHS, "seconds"):  # which may be empty
        if name in table:
            table[name] = pd.to_numeric(table[name], errors="coerce")
    return table


def one_preset(table: pd.DataFrame) -> None:
    """Raise ValueError if the table mixes presets, whose numbers do not belong in one mean."""
    require(table, ["preset"])
    presets = sorted(set(table["preset"]))
    if len(presets) > 1:
        raise ValueError(
            f"the table mixes the presets {' and '.join(presets)}: "
            f"keep one of them (--where preset={presets[0]})"
        )


def plain_loss(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of runs that kept their method's own weights of the loss terms."""
    return table[table["weights"] == ""] if "weights" in table else table


def short_weights(weights: str) -> str:
    """Weights with their numbers as short as they can be: "unimodal=0" for "unimodal=0.0"."""
    number = r"(?<==)-?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
    return re.sub(number, lambda found: f"{float(found[0]):g}", weights)


def short_number(value: float) -> str:
    """A number as short as it can be, but a whole one with all its digits: 20240101, 0.5."""
    return f"{int(value)}" if value % 1 == 0 and abs(value) < 2**63 else f"{value:g}"


def as_compared(value: object) -> str:
    """A cell as it is compared: numbers by their value, 5e-4 as 0.0005 and 1.0 as 1."""
    text = str(value)
    try:
        return str(int(text))
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def mapping_of(pairs: str) -> str:
    """The part of a design's name that tells the mapping: "unbiased" of "shared0.5-unbiased"."""
    return re.sub(r"^shared[\d.e-]*\d-", "", pairs)


def usual_designs(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of runs whose mapping holds always or never, and whose attribute is always shared."""
    return table[table["pairs"].isin(set(LEARNT_FROM.values()))]


def learnt(table: pd.DataFrame, task: str) -> pd.DataFrame:
    """A task's rows, each method's from the design that it learns the task from.

    A method that knows one design only (a ceiling, a floor) is taken from that one.
    """
    rows = table[table["task"] == task]
    wanted = rows["pairs"] == LEARNT_FROM[task]
    only = rows.groupby("method")["pairs"].transform("nunique") == 1
    return rows[wanted | only]


def last_epoch(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of each run's last epoch."""
    keys = [name for name in _RUN if name in rows]
    last = rows.groupby(keys, dropna=False)["epoch"].transform("max")
    return rows[rows["epoch"] == last]


def plain_scores(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One metric of the linear probe at each run's last epoch: usual designs, plain losses.

    Raises:
        MissingRows: there are none.
        ValueError: mixed presets.
    """
    one_preset(table)
    rows = last_epoch(usual_designs(plain_loss(linear(table, metric))))
    if rows.empty:
        raise MissingRows("the table has no runs on unbiased or biased pairs with a plain loss")
    one_setting(rows, ["method"])
    return rows


def one_setting(rows: pd.DataFrame, by: Collection[str]) -> None:
    """Raise ValueError if runs that stand side by side differ in a field of the configuration.

    So do runs by two versions of a user's own method. A mean over them would be one of different
    things. A field that a table does not tell of some runs is not compared.

    Args:
        rows: of the runs.
        by: the columns that tell apart what is compared.
    """
    for name in rows:
        if _SETTING.fullmatch(str(name)) and name not in _WHEN:
            if rows[name].nunique(dropna=False) == 1:
                continue
            told = rows[name].notna() & (rows[name] != "")
            known = rows.fillna({name: ""}) if name in _MAY_BE_EMPTY else rows[told]
            for _, part in known.groupby(list(by)):
                values = sorted({as_compared(value) for value in part[name]})
                if len(values) > 1:
                    raise ValueError(
                        f"runs of {part['method'].iloc[0]} differ in {name} "
                        f"({', '.join(values)}), so they have no common mean: keep one "
                        f"(--where {name}={values[0]}), or in tables a row for each (--by {name})"
                    )


def arithmetic(rows: pd.DataFrame) -> str:
    """A sentence for the small print where some seeds trained in another precision than others.

    Nothing where all agree, or where the table does not tell. Numbers of one seed differ between
    two kinds of arithmetic by as much as those of two seeds, so that a spread holds both.

    Args:
        rows: of the runs that stand in one picture or table.
    """
    if "precision" not in rows:
        return ""
    told = sorted(set(rows["precision"].dropna().astype(str)) - {""})
    return f"Some runs trained in {', others in '.join(told)}." if len(told) > 1 else ""


def half_done(rows: pd.DataFrame) -> str:
    """A sentence for the small print where some runs were not finished; nothing where all were.

    Args:
        rows: of the runs that stand in one picture or table.
    """
    runs = half_done_runs(rows)
    if not len(runs):
        return ""
    ends = f"epoch {runs.min()}" if runs.nunique() == 1 else f"epochs {runs.min()} to {runs.max()}"
    return f"{len(runs)} of {rows['run'].nunique()} runs are half done, shown to {ends}."


def half_done_runs(rows: pd.DataFrame) -> "pd.Series[int]":
    """Half-done run → its last epoch here; empty where all are finished."""
    if "half_done" not in rows:
        return pd.Series(dtype=int)
    return rows[is_half_done(rows)].groupby("run")["epoch"].max()


def cautions(rows: pd.DataFrame) -> str:
    """What must stand beside means of rows: :func:`arithmetic` and :func:`half_done`."""
    return " ".join(filter(None, [arithmetic(rows), half_done(rows)]))


def once_per_seed(rows: pd.DataFrame, by: Collection[str]) -> None:
    """Raise ValueError if a seed of a method counts twice, since n would then be wrong.

    Args:
        rows: values of one task and metric.
        by: the columns that tell apart what is averaged.

    Raises:
        ValueError: also where settings differ (:func:`one_setting`).
    """
    one_setting(rows, by)
    twice = rows[rows.duplicated([*by, "seed", "epoch"], keep=False)]
    if len(twice):
        first = twice.iloc[0]
        same = twice[(twice[[*by, "seed"]] == first[[*by, "seed"]]).all(axis=1)]
        runs = sorted(set(same["run"])) if "run" in same else []
        which = f" ({', '.join(runs)})" if runs else ""
        hint = f" (--where run!={','.join(runs[1:])})" if len(runs) > 1 else ""
        raise ValueError(
            f"seed {short_number(first['seed'])} of {first['method']} on {first['pairs']} pairs "
            f"occurs more than once{which}: keep one of them{hint}"
        )


def linear(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Rows of one metric of the linear probe.

    Raises:
        MissingRows: there are none.
    """
    require(table, METRIC_COLUMNS)
    rows = table[(table["probe"] == "linear") & (table["metric"] == metric)]
    if rows.empty:
        raise MissingRows(f"the table has no rows of probe linear and metric {metric}")
    return rows


def additive_limit(table: pd.DataFrame) -> float:
    """The accuracy (%) on S that no sum of single-image scores exceeds.

    Raises:
        ValueError: runs differ in it.
    """
    try:
        return 100 * exact(table, "S", "additive")
    except MissingRows:  # a table of before it was told: of as many textures as colours
        return 75.0


def exact(table: pd.DataFrame, task: str, metric: str) -> float:
    """A task's exact value, as the rows of the probe ``exact`` say it.

    Raises:
        MissingRows: there is none.
        ValueError: runs differ in it.
    """
    rows = table[
        (table["probe"] == "exact") & (table["metric"] == metric) & (table["task"] == task)
    ]
    values = rows["value"].round(9).unique()
    if len(values) == 0:
        raise MissingRows(f"the table has no row of probe exact, metric {metric} and task {task}")
    if len(values) > 1:
        raise ValueError(
            f"runs of the table differ in the exact {metric} of task {task}: {values.min():.4g} "
            f"and {values.max():.4g}; keep those of one set of factors (--where)"
        )
    return float(rows["value"].iloc[0])
