"""What runs must agree in to stand in one mean, one comparison, one figure: one list for all.

Tables, figures, the report and comparisons refuse runs by `AGREEMENTS`, and so does resuming a run
(:mod:`interaction_probes.storage.provenance`).
"""

import functools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pandas as pd

from .cell_values import comparable_value, short_number
from .conditions import where_option
from .dataset_rows import is_of_datasets
from .table_files import is_half_done


@dataclass(frozen=True)
class Agreement:
    """Columns in which runs must have one value.

    Attributes:
        columns: a regular expression of the columns' names.
        all_methods: whether the runs of all methods that are shown together must agree, since one
            seed would else be other data or read otherwise; else the runs of one mean only.
    """

    columns: str
    all_methods: bool


#: The first that fits a column counts. Columns that none fits may differ.
AGREEMENTS = (
    Agreement("generator_version", True),  # which draws other images and pairs from the same seed
    Agreement("n_pairs", True),
    Agreement("modalities", True),  # other tasks of images, some of them of the same name
    Agreement(r"kind|images\..+|folder\.sha256|design\..+", True),
    Agreement(r"probe\.(?!features$).+", True),
    Agreement(r"optim\.epochs", True),
    Agreement("method_file", False),  # the version of a user's own method
    Agreement(r"\w+(\.\w+)+", False),  # every other field of the configuration
)
#: Settings that change no score of the linear probe.
_WITHOUT_EFFECT = ("probe.every", "probe.controls", "probe.protocol", "folder.path", "data.path")
#: Settings in which an empty cell means the default, not that the value is unknown.
_EMPTY_IS_DEFAULT = ("probe.features",)
#: What a run that was resumed has of two versions: "1, then 2".
THEN = ", then "
_EPOCHS = "optim.epochs"
_MODALITIES = "modalities"
#: Columns that identify a run, where a table has them.
RUN_KEYS = (
    "run",
    "method",
    "preset",
    "pairs",
    "weights",
    "shared_strength",
    "mapping_strength",
    "seed",
)
#: Why runs that differ in a column are not shown together.
_OTHER_DATA = "one seed is not the same data, read alike, in all"
_CONSEQUENCE = {_EPOCHS: "some trained longer than others"}
_NAMED = 2  # runs of each value that an error names


@functools.cache
def agreement_of(column: str) -> Agreement | None:
    """What runs must agree in by a column; None where they may differ."""
    if column in _WITHOUT_EFFECT:
        return None
    return next((each for each in AGREEMENTS if re.fullmatch(each.columns, column)), None)


def check_same_settings(rows: pd.DataFrame, by: Collection[str]) -> None:
    """Refuse runs that would be averaged and differ in a column of `AGREEMENTS` or in their length.

    Runs whose table does not have the value of a setting are not compared in it.

    Args:
        rows: of the runs.
        by: columns that separate the groups that are averaged.

    Raises:
        ValueError: the runs of one group differ.
    """
    for name in map(str, rows):
        if agreement_of(name) is None:
            continue
        _check_one_generator(rows, name)
        if rows[name].nunique(dropna=False) == 1:
            continue
        known = _known(rows, name).reset_index(drop=True)
        values = known[name].map(comparable_value)
        groups = values.groupby([known[column] for column in by], dropna=False)
        if (groups.nunique() > 1).any():
            differing = next(own for _, own in groups if own.nunique() > 1)
            part = known.loc[differing.index]
            raise ValueError(
                f"runs of {part['method'].iloc[0]} differ in {name} "
                f"({_who_has_what(part, differing)}), so they have no common mean: "
                f"{_remedy(part, name)}"
            )
    if (_ended(rows, by).groupby(list(by), dropna=False)["epoch"].nunique() > 1).any():
        for _, part in rows.groupby(list(by), dropna=False):
            _check_one_length(part, f"runs of {part['method'].iloc[0]}")


def check_comparable(
    rows: pd.DataFrame, by: Collection[str] = (), table: pd.DataFrame | None = None
) -> None:
    """Refuse runs that are shown or compared together and are of other data, or read otherwise.

    Args:
        rows: of the runs, of any methods.
        by: columns that separate what is compared: runs of one group only must agree.
        table: all rows of their table; its exact values, which follow from the numbers of factors,
            must then agree too.

    Raises:
        ValueError: runs differ.
    """
    groups = [rows]
    if by:
        groups = [part for _, part in rows.groupby(list(by), dropna=False)]
    for part in groups:
        for name in map(str, part):
            agreement = agreement_of(name)
            if agreement is None or not agreement.all_methods:
                continue
            if name == _MODALITIES and is_of_datasets(part):
                continue  # of a dataset, more modalities leave the labels as they are
            _check_one_generator(part, name)
            told = _trained(part) if name == _EPOCHS else part
            told = _known(told, name)
            values = told[name].map(comparable_value)
            if values.nunique() > 1:
                raise ValueError(
                    f"{_whose(told)} differ in {name} ({_who_has_what(told, values)}), so "
                    f"{_CONSEQUENCE.get(name, _OTHER_DATA)}: {_remedy(told, name)}"
                )
        _check_one_length(part, _whose(part))
        if table is not None:
            _check_same_truth(part, table)


def _check_one_generator(rows: pd.DataFrame, name: str) -> None:
    """Refuse a run that was begun with one version of the generator and resumed with another."""
    if name != "generator_version":
        return
    mixed = rows[rows[name].astype(str).str.contains(THEN, regex=False)]
    if len(mixed):
        value = str(mixed[name].iloc[0])
        raise ValueError(
            f"{_names(mixed)} trained on the images of two versions of the generator ({value}): "
            f"leave such runs out ({where_option(name, value, negated=True)})"
        )


def _check_one_length(rows: pd.DataFrame, whose: str) -> None:
    """Refuse runs that end at different epochs; half-done ones and those never trained apart."""
    ended = _ended(rows)
    ends = ended["epoch"]
    if ends.nunique() > 1:
        raise ValueError(
            f"{whose} end at different epochs "
            f"({_who_has_what(ended, ends.map(comparable_value))}), so they cannot be shown "
            f"together: {_leave_out(ended, ends)}"
        )


def _ended(rows: pd.DataFrame, by: Collection[str] = ()) -> pd.DataFrame:
    """Rows with the last epoch of their run, without half-done runs and those never trained.

    Args:
        rows: of the runs.
        by: columns of groups; of a run that is in several, each has its own last epoch.
    """
    if "epoch" not in rows:
        return rows[:0].assign(epoch=0)
    ended = rows[~is_half_done(rows)] if "half_done" in rows else rows
    ended = _trained(ended, by)
    keys = list(dict.fromkeys([*by, *(name for name in RUN_KEYS if name in ended)]))
    return ended.assign(epoch=ended.groupby(keys, dropna=False)["epoch"].transform("max"))


def _check_same_truth(rows: pd.DataFrame, table: pd.DataFrame) -> None:
    """Refuse runs whose tasks have other exact values, as other numbers of factors give them.

    Chance may differ between seeds where bits do not: held-out images of few combinations can lack
    a value in one seed's draw.
    """
    keys = [name for name in RUN_KEYS if name in rows and name in table]
    exact = table[table["probe"] == "exact"].merge(rows[keys].drop_duplicates(), on=keys)
    for task in exact["task"].unique():
        own = exact[exact["task"] == task]
        bits, chance = (
            own[own["metric"] == metric].drop_duplicates(keys) for metric in ("bits", "chance")
        )
        _check_one_value(bits, "bits", task)
        by_seed = [part for _, part in chance.groupby("seed")]
        for part in [chance] if bits.empty else by_seed:
            _check_one_value(part, "chance", task)


def _check_one_value(part: pd.DataFrame, metric: str, task: str) -> None:
    values = part["value"].round(9)
    if values.nunique() > 1:
        counts = [name for name in part if str(name).startswith(("images.", "folder.sha"))]
        differing = [name for name in counts if part[name].nunique() > 1]
        remedy = _remedy(part, differing[0]) if differing else _leave_out(part, values)
        raise ValueError(
            f"{_whose(part)} differ in the exact {metric} of task {task} "
            f"({_who_has_what(part, values.map('{:.4g}'.format))}), as with other numbers of "
            f"shapes, textures or colours: {remedy}"
        )


def _leave_out(rows: pd.DataFrame, values: pd.Series) -> str:
    """A filter that leaves the runs with one of the values."""
    kept = values == values.mode().iloc[0]
    for column in ("run", "method", "seed"):
        if column in rows:
            others, own = (set(_texts(rows.loc[which, column])) for which in (~kept, kept))
            if others.isdisjoint(own):
                out = where_option(column, ",".join(sorted(others)), negated=True)
                return f"leave some out ({out})"
    return "keep those that agree (--where)"


def _remedy(rows: pd.DataFrame, name: str) -> str:
    first = min(rows[name].map(comparable_value))
    return f"keep one ({where_option(name, first)}), or in tables a row for each (--by {name})"


def _known(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows that have a value of a setting; an empty cell can mean the default."""
    if name in _EMPTY_IS_DEFAULT:
        return rows.fillna({name: ""})
    return rows[rows[name].notna() & (rows[name] != "")]


def _trained(rows: pd.DataFrame, by: Collection[str] = ()) -> pd.DataFrame:
    """The rows of methods that are trained: the number of epochs means nothing to the others."""
    if "epoch" not in rows:
        return rows
    groups = rows.groupby(list(dict.fromkeys([*by, "method"])), dropna=False)
    return rows[groups["epoch"].transform("max") > 0]


def _whose(rows: pd.DataFrame) -> str:
    methods = list(dict.fromkeys(map(str, rows["method"])))
    return f"runs of {' and '.join(filter(None, [', '.join(methods[:-1]), methods[-1]]))}"


def _who_has_what(rows: pd.DataFrame, values: pd.Series) -> str:
    """Each value with the runs that have it: "3: comm-quick-…-s0, 14: clip-quick-…-s0"."""
    return "; ".join(_each_value(rows, values))


def _each_value(rows: pd.DataFrame, values: pd.Series) -> Iterator[str]:
    for value, part in rows.groupby(values):
        yield f"{value}: {_names(part)}"


def _names(rows: pd.DataFrame) -> str:
    """The names of some runs; without such a column their methods and seeds."""
    if "run" in rows:
        names = list(map(str, rows["run"].unique()))
    elif "seed" in rows:
        rows = rows.drop_duplicates(["method", "seed"])
        pairs = zip(rows["method"], _texts(rows["seed"]), strict=True)
        names = [f"{method} seed {seed}" for method, seed in pairs]
    else:
        names = list(map(str, rows["method"].unique()))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _texts(column: pd.Series) -> list[str]:
    return [
        short_number(value) if isinstance(value, int | float) else str(value)
        for value in column.tolist()
    ]
