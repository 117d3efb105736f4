"""The tidy table of results: reading it, and checks that its rows have a common mean.

One row is one value, with the columns of :mod:`interaction_probes.analysis.schema`: method, preset,
pairs (the design of the pretraining pairs), seed, epoch, task, probe, metric, value. metrics.csv of
a run is such a table. A table of many runs, as ``collect`` writes it, has more columns: run,
weights (loss weights that differ from the method's default, such as ``unimodal=0``), the strengths
of the design, fields of the configuration, provenance.
"""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from .agreement import check_same_settings
from .cell_values import short_number
from .conditions import where_option
from .schema import COLLAPSE_COLUMNS, METRIC_COLUMNS
from .table_files import (
    TABLE_SUFFIXES,
    check_table_format,
    is_half_done,
    read_csv,
    require_columns,
)

_NUMBERS = ("seed", "epoch", "value")
#: Metrics that are fractions, and what float arithmetic may add to one.
_FRACTIONS = ("accuracy", "auc", "chance", "auc_chance", "additive")
_LAST_BITS = 1e-9
_CONTROLS = "probe.controls"
_VERSION = "preset_version"
#: Suffixes of tables that are read, compressed or not.
_TABLES = (*TABLE_SUFFIXES, ".gz", ".bz2", ".xz", ".zip", ".zst")
_STRENGTHS = ("shared_strength", "mapping_strength")


def read_results(path: str | Path) -> pd.DataFrame:
    """Read a table of results from CSV or Parquet.

    Args:
        path: of a table that collect wrote.

    Raises:
        ValueError: no such table, columns that are missing, values that are no numbers, or a table
            of a later version (:class:`interaction_probes.analysis.schema.NewerFormat`).
        OSError: the file cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(
            f"{path} is a folder: make one table of its runs first (python -m "
            f"interaction_probes.collect {path} -o results.csv)"
        )
    try:
        table = read_csv(path, METRIC_COLUMNS, _NUMBERS)
    except ValueError as error:
        if path.suffix in _TABLES:
            raise
        raise ValueError(
            f"{path} is no table of results: name one that collect wrote, as .csv or .parquet "
            "(python -m interaction_probes.collect runs -o results.csv)"
        ) from error
    check_table_format(table, path)
    check_fractions(table, path)
    for name in (*_STRENGTHS, *COLLAPSE_COLUMNS, "seconds"):  # which may be empty
        if name in table:
            table[name] = pd.to_numeric(table[name], errors="coerce")
    return table


def check_fractions(table: pd.DataFrame, where: object) -> None:
    """Refuse scores that no probe can have, as damage or percent would make them.

    Args:
        table: tidy results.
        where: the file, for the error.

    Raises:
        ValueError: an accuracy, an AUC or chance outside 0 to 1.
    """
    wrong = table["metric"].isin(_FRACTIONS) & ~table["value"].between(-_LAST_BITS, 1 + _LAST_BITS)
    if wrong.any():
        row = table[wrong].iloc[0]
        name = f"run {row['run']}" if "run" in table else f"seed {short_number(row['seed'])}"
        raise ValueError(
            f"{where} is damaged: {row['metric']} of task {row['task']} is a fraction, 0 to 1, not "
            f"{row['value']:g} ({row['method']}, {name}, epoch {row['epoch']}, probe "
            f"{row['probe']}; {int(wrong.sum())} such value{'s' * (int(wrong.sum()) > 1)})"
        )


def check_one_preset(table: pd.DataFrame, by: Collection[str] = ()) -> None:
    """Refuse a table with runs of several presets, which have no common mean.

    Args:
        table: tidy results.
        by: columns that separate what is averaged.

    Raises:
        ValueError: several presets that `by` does not separate, several versions of one, or no
            column of them.
    """
    require_columns(table, ["preset"])
    presets = sorted(set(table["preset"]))
    if len(presets) > 1 and "preset" not in by:
        raise ValueError(
            f"the table mixes the presets {' and '.join(presets)}: "
            f"keep one of them (--where preset={presets[0]})"
        )
    check_one_version(table)


def check_one_version(table: pd.DataFrame) -> None:
    """Refuse runs of several versions of one preset, which are other settings of the same name.

    Raises:
        ValueError: there are such runs, or no column of presets.
    """
    require_columns(table, ["preset"])
    if _VERSION not in table:
        return
    known = table[table[_VERSION].notna() & (table[_VERSION] != "")]
    for preset, part in known.groupby("preset"):
        versions = sorted(part[_VERSION].astype(int).unique())
        if len(versions) > 1:
            raise ValueError(
                f"the table mixes the versions {' and '.join(map(str, versions))} of the preset "
                f"{preset}: keep one of them (--where {_VERSION}={versions[-1]})"
            )


def check_one_run_per_seed(rows: pd.DataFrame, by: Collection[str]) -> None:
    """Refuse rows in which a seed of a method counts twice, since n would then be wrong.

    Args:
        rows: values of one task and metric.
        by: columns that separate the groups that are averaged.

    Raises:
        ValueError: a seed counts twice, or settings differ (:func:`check_same_settings`).
    """
    check_same_settings(rows, by)
    twice = rows[rows.duplicated([*by, "seed", "epoch"], keep=False)]
    if len(twice):
        first = twice.iloc[0]
        same = twice[(twice[[*by, "seed"]] == first[[*by, "seed"]]).all(axis=1)]
        runs = sorted(set(same["run"])) if "run" in same else []
        which = f" ({', '.join(runs)})" if runs else ""
        others = runs[1:]
        if _CONTROLS in twice and same[_CONTROLS].nunique() > 1:  # one set of them for all seeds
            others = sorted(set(twice.loc[twice[_CONTROLS] != same[_CONTROLS].iloc[0], "run"]))
        out = where_option("run", ",".join(others), negated=True)
        hint = f" ({out})" if len(runs) > 1 else ""
        raise ValueError(
            f"seed {short_number(first['seed'])} of {first['method']} on {first['pairs']} pairs "
            f"occurs more than once{which}: keep one of them{hint}"
        )


def check_one_end(rows: pd.DataFrame, by: Collection[str]) -> None:
    """Refuse half-done runs that would be averaged and end at different epochs.

    Curves may have them, and end with the shortest; a mean at the last epoch of each has no
    meaning. Of finished runs :func:`interaction_probes.analysis.agreement.check_same_settings` asks
    that they are of one length.

    Args:
        rows: of one epoch of each run, its last.
        by: columns that separate the groups that are averaged.

    Raises:
        ValueError: the runs of one group end at different epochs, some of them half done.
    """
    if "half_done" not in rows:
        return
    for _, part in rows.groupby(list(dict.fromkeys(by)), dropna=False):
        ends = sorted(part["epoch"].unique())
        if len(ends) > 1 and is_half_done(part).any():
            raise ValueError(
                f"runs of {part['method'].iloc[0]} are half done and end at epochs "
                f"{', '.join(map(short_number, ends))}, which have no common mean; "
                "--where half_done= keeps those that are finished"
            )
