"""The tidy table of results: reading it, and checks that its rows have a common mean.

One row is one value, with the columns of :mod:`interaction_probes.analysis.schema`: method, preset,
pairs (the design of the pretraining pairs), seed, epoch, task, probe, metric, value. metrics.csv of
a run is such a table. A table of many runs, as ``collect`` writes it, has more columns: run,
weights (loss weights that differ from the method's default, such as ``unimodal=0``), the strengths
of the design, fields of the configuration, provenance.
"""

import re
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from .cell_values import comparable_value, short_number
from .schema import COLLAPSE_COLUMNS, METRIC_COLUMNS
from .table_files import check_table_format, read_csv, require_columns

_NUMBERS = ("seed", "epoch", "value")
_STRENGTHS = ("shared_strength", "mapping_strength")
#: Columns that identify a run, where the table has them.
RUN_KEYS = ("run", "method", "preset", "pairs", "weights", *_STRENGTHS, "seed")
#: Columns of settings: fields of the configuration (dotted names), n_pairs, and method_file, the
#: version of a user's own method.
_SETTING = re.compile(r"n_pairs|method_file|\w+(\.\w+)+")
#: Settings that change no score of the linear probe.
_WITHOUT_EFFECT = ("probe.every", "probe.controls", "folder.path")
#: Settings in which an empty cell means the default, not that the value is unknown.
_EMPTY_IS_DEFAULT = ("probe.features",)


def read_results(path: Path) -> pd.DataFrame:
    """Read a table of results from CSV or Parquet.

    Raises:
        ValueError: no such table, columns that are missing, values that are no numbers, or a table
            of a later version (:class:`interaction_probes.analysis.schema.NewerFormat`).
        OSError: the file cannot be read.
    """
    table = read_csv(path, METRIC_COLUMNS, _NUMBERS)
    check_table_format(table, path)
    for name in (*_STRENGTHS, *COLLAPSE_COLUMNS, "seconds"):  # which may be empty
        if name in table:
            table[name] = pd.to_numeric(table[name], errors="coerce")
    return table


def check_one_preset(table: pd.DataFrame) -> None:
    """Refuse a table with runs of several presets, which have no common mean.

    Raises:
        ValueError: several presets, or no column of them.
    """
    require_columns(table, ["preset"])
    presets = sorted(set(table["preset"]))
    if len(presets) > 1:
        raise ValueError(
            f"the table mixes the presets {' and '.join(presets)}: "
            f"keep one of them (--where preset={presets[0]})"
        )


def check_same_settings(rows: pd.DataFrame, by: Collection[str]) -> None:
    """Refuse runs that would be averaged and differ in a setting or in a user's method file.

    Runs whose table does not have the value of a setting are not compared in it.

    Args:
        rows: of the runs.
        by: columns that separate the groups that are averaged.

    Raises:
        ValueError: the runs of one group differ in a setting.
    """
    for name in rows:
        if _SETTING.fullmatch(str(name)) and name not in _WITHOUT_EFFECT:
            if rows[name].nunique(dropna=False) == 1:
                continue
            told = rows[name].notna() & (rows[name] != "")
            known = rows.fillna({name: ""}) if name in _EMPTY_IS_DEFAULT else rows[told]
            for _, part in known.groupby(list(by)):
                values = sorted({comparable_value(value) for value in part[name]})
                if len(values) > 1:
                    raise ValueError(
                        f"runs of {part['method'].iloc[0]} differ in {name} "
                        f"({', '.join(values)}), so they have no common mean: keep one "
                        f"(--where {name}={values[0]}), or in tables a row for each (--by {name})"
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
        hint = f" (--where run!={','.join(runs[1:])})" if len(runs) > 1 else ""
        raise ValueError(
            f"seed {short_number(first['seed'])} of {first['method']} on {first['pairs']} pairs "
            f"occurs more than once{which}: keep one of them{hint}"
        )
