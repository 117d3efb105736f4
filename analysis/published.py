"""Published linear-probe accuracies on Trifeature, to be drawn beside measured ones.

Percent, at the paper's scale (224 pixels, AlexNet, 100 epochs, 5 seeds); U1 and U2 both hold the
published mean of the two, and U2 is missing where U1 alone is published. R and U were learnt from
unbiased pairs, S from biased ones.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from .table_files import read_csv

#: The numbers that ship with the toolkit: method, task, the pairs that it was learnt from (empty
#: of a ceiling, which any pairs teach), accuracy, std (over seeds), the scale of the experiment,
#: source, a note of what a reader must know to compare with them, and the probed representations
#: beside the default one that they may be compared with, spaces between.
SHIPPED = Path(__file__).with_name("published.csv")
#: Mutual information of the published tasks in bits: one of ten even values, and h(.1).
_BITS = {"R": math.log2(10), "U1": math.log2(10), "U2": math.log2(10), "S": 0.468996}
_TOLERANCE = 1e-4  # bits
#: Column of a table → its value in the published experiments.
_PUBLISHED_SETTINGS = {
    "design.shared": "shape",
    "design.unique": "texture",
    "design.mapped": '["texture", "colour"]',
}
#: Presets that have vectors in the place of the published images, unless the column kind says
#: otherwise: a collected table has that column only where a run differs from its preset.
_PRESETS_OF_VECTORS = ("vectors",)


def read_published(path: Path = SHIPPED) -> pd.DataFrame:
    """Read published accuracies: method, task, accuracy in percent, and any further columns.

    With a column ``pairs`` a number stands beside runs on those pairs only.

    Raises:
        ValueError: a damaged or empty file, missing columns, an unknown task, one that a method
            has twice, accuracies that are no percentages, or standard deviations that are none.
        OSError: the file cannot be read.
    """
    table = read_csv(path, ("method", "task", "accuracy"), ("accuracy",))
    unknown = sorted(set(table["task"]) - set(_BITS))
    if unknown:
        raise ValueError(f"{path}: a task is one of {', '.join(_BITS)}, not {unknown[0]!r}")
    twice = table[table.duplicated(["method", "task"])]
    if len(twice):
        method, task = twice[["method", "task"]].iloc[0]
        raise ValueError(f"{path}: task {task} of {method} occurs more than once")
    wrong = ~table["accuracy"].between(0, 100)
    if wrong.any():
        value = table.loc[wrong, "accuracy"].iloc[0]
        raise ValueError(f"{path}: a published accuracy is in percent, 0 to 100, not {value:g}")
    share = table["accuracy"].between(0, 1, inclusive="right")
    if share.any():
        value = table.loc[share, "accuracy"].iloc[0]
        raise ValueError(
            f"{path}: a published accuracy is in percent, and {value:g} is no percentage"
        )
    if "std" in table:
        _check_spread(table["std"], path)
    return table


def _check_spread(column: pd.Series, path: Path) -> None:
    """Refuse a standard deviation that is none; an empty cell is one that was not published."""
    given = column.astype(str).str.strip().replace({"": None, "nan": None}).dropna()
    wrong = ~pd.to_numeric(given, errors="coerce").between(0, 100)
    if wrong.any():
        raise ValueError(
            f"{path}: a published std is in percent, 0 to 100, not {given[wrong].iloc[0]!r}"
        )


def comparable_published(published: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The published rows that are comparable with a table's.

    All are dropped if a task's mutual information differs, as with other numbers of values. A row
    is dropped if (1) its method was probed at a layer that is neither the default nor among the
    row's ``places``, (2) its method was trained on a design with other shared, unique or mapped
    attributes, (3) its method has runs on vectors in the place of images, or (4) the method has no
    run on the pretraining pairs of the published value.

    Args:
        published: as :func:`read_published` reads it.
        table: tidy results.
    """
    return _compare(published, table)[0]


def why_none_published(published: pd.DataFrame, table: pd.DataFrame) -> str:
    """Why no published value of a table's methods is comparable: "they are of images, …".

    Args:
        published: as :func:`read_published` reads it.
        table: tidy results.

    Returns:
        The reasons in words; empty where some values are comparable, and where none of the methods
        has any.
    """
    own = published[published["method"].isin(table["method"])]
    comparable, reasons = _compare(own, table)
    return "" if len(comparable) else "; ".join(dict.fromkeys(reasons))


def _compare(published: pd.DataFrame, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The rows that are comparable with a table's, and why the others are not."""
    reasons: list[str] = []
    if other := _other_bits(table):
        return published[:0], [other] if len(published) else []

    def drop(rows: "pd.Series[bool]", reason: str) -> None:
        nonlocal published
        if rows.any():
            published = published[~rows]
            reasons.append(reason)

    if "probe.features" in table:
        for method, features in table.groupby("method")["probe.features"]:
            probed = {*features.fillna("").astype(str)} - {"", "default"}
            of_method = published["method"] == method
            if elsewhere := sorted(probed - {*_places(published[of_method])}):
                drop(of_method, f"these runs were probed at {', '.join(elsewhere)}")
    for column, usual in _PUBLISHED_SETTINGS.items():
        if column in table:
            other_runs = table[~table[column].fillna("").astype(str).isin(["", usual])]
            drop(
                published["method"].isin(other_runs["method"]),
                f"these runs have another {column}",
            )
    of_vectors = table.loc[on_vectors(table), "method"]
    drop(published["method"].isin(of_vectors), "they are of images, these runs of vectors")
    if "pairs" in table and "pairs" in published:
        runs = {*zip(table["method"], table["pairs"], strict=True)}
        about = [*zip(published["method"], published["pairs"], strict=True)]
        there = ~published["method"].isin(table["method"]) | (published["pairs"] == "")
        drop(
            ~(there | np.array([each in runs for each in about], dtype=bool)),
            f"they are of {' and '.join(dict.fromkeys(filter(None, published['pairs'])))} pairs",
        )
    return published, reasons


def _other_bits(table: pd.DataFrame) -> str:
    """How the exact bits of a table's tasks differ from the published ones; empty where not."""
    exact = table[(table["probe"] == "exact") & (table["metric"] == "bits")]
    known = exact[exact["task"].isin(list(_BITS))]
    away = (known["value"] - known["task"].map(_BITS).astype(float)).abs() > _TOLERANCE
    if not away.any():
        return ""
    first = known[away].iloc[0]
    task, bits = str(first["task"]), float(first["value"])
    values = round(2**bits)
    if task != "S" and values > 1 and abs(math.log2(values) - bits) < _TOLERANCE:
        return f"they are of 10 values per factor, these runs of {values}"
    return f"their {task} has {_BITS[task]:.3f} bits, that of these runs {bits:.3f}"


def on_vectors(table: pd.DataFrame) -> pd.Series:
    """Whether each row is of a run on vectors, by the column kind or else by its preset."""
    none = pd.Series("", index=table.index)
    kind = table.get("kind", none).fillna("").astype(str)
    preset = table.get("preset", none)
    return (kind == "vectors") | ((kind == "") & preset.isin(_PRESETS_OF_VECTORS))


def _places(published: pd.DataFrame) -> list[str]:
    """Representations beside the default one that rows of one method may be compared with."""
    if published.empty or "places" not in published:
        return []
    return str(published["places"].fillna("").iloc[0]).split()


def published_scale(published: pd.DataFrame) -> str:
    """The scale of the published experiments in brackets, with a space before; "" if not told."""
    told = sorted(set(published.get("scale", pd.Series(dtype=str)).fillna("")) - {""})
    return f" ({'; '.join(told)})" if told else ""


def published_notes(published: pd.DataFrame) -> dict[str, str]:
    """Method → what a reader must know to compare with its published numbers, if anything."""
    if "note" not in published:
        return {}
    told = published[published["note"].fillna("") != ""].drop_duplicates("method")
    return dict(zip(told["method"], told["note"], strict=True))


@dataclass(frozen=True)
class Published:
    """One row of a published table.

    Attributes:
        accuracy: task → percent, of the tasks that are published.
        pairs: the same tasks → the pairs that each was learnt from; empty where any teach it.
        scale: of the experiment.
        source: where the numbers stand.
        note: what a reader must know to compare with them; empty where nothing is known.
        places: probed representations beside the default one that they may be compared with.
    """

    accuracy: dict[str, float]
    pairs: dict[str, str]
    scale: str
    source: str
    note: str
    places: tuple[str, ...] = ()


def _rows() -> dict[str, Published]:
    by_method = read_published().groupby("method", sort=False)
    return {
        str(name): Published(
            {str(k): float(v) for k, v in zip(rows["task"], rows["accuracy"], strict=True)},
            {str(k): str(v) for k, v in zip(rows["task"], rows["pairs"], strict=True)},
            str(rows["scale"].iloc[0]),
            str(rows["source"].iloc[0]),
            str(rows["note"].iloc[0]),
            tuple(_places(rows)),
        )
        for name, rows in by_method
    }


#: method name → its published row.
PUBLISHED: dict[str, Published] = _rows()
