"""The split of a dataset: as given, or made."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from interaction_probes.common.stratified_splits import grouped_split, stratified_split
from interaction_probes.common.streams import stream
from interaction_probes.common.values.columns import columns_of
from interaction_probes.common.values.rows import row_numbers

from .schema import PARTS, Label, Split

#: Other names of the parts that are read.
SYNONYMS = {"val": "validation", "valid": "validation", "dev": "validation"}
#: Every part that a split can have.
NAMED = ("pretrain", *PARTS)
#: Share of the rows that is taken for a part which is not given.
MADE_SHARE = 0.2


def read_split(given: Mapping[str, Any], n: int) -> dict[str, np.ndarray]:
    """The rows of each part that a source names.

    Args:
        given: ``split`` → a part's name for each row; or ``split.train``, … → rows or a mask.
        n: how many rows there are.

    Returns:
        Part → int64 rows, sorted.

    Raises:
        ValueError: both forms, another name, a row out of range or in two parts.
    """
    if "split" in given:
        if len(given) > 1:
            other = next(key for key in given if key != "split")
            raise ValueError(f"split and {other} are both given: give one of the two forms")
        return _of_names(given["split"])
    found: dict[str, np.ndarray] = {}
    for key, rows in given.items():
        part = _part(key.partition(".")[2], key)
        if part in found:
            raise ValueError(f"{key} gives the {part} rows a second time")
        found[part] = np.sort(row_numbers(rows, n, key))
    for k, one in enumerate(NAMED):
        for other in NAMED[k + 1 :]:
            if (one, other) == ("pretrain", "train"):
                continue
            both = np.intersect1d(found.get(one, []), found.get(other, []))
            if len(both):
                raise ValueError(f"split: row {int(both[0])} is both of {one} and of {other}")
    return found


def _part(name: str, where: str) -> str:
    part = SYNONYMS.get(name.strip().lower(), name.strip().lower())
    if part not in NAMED:
        raise ValueError(f"{where}: a part is {', '.join(PARTS)} or pretrain, not {str(name)!r}")
    return part


def _of_names(values: Any) -> dict[str, np.ndarray]:
    columns = columns_of(values, "split")
    texts = [value.decode() if isinstance(value, bytes) else value for value in columns[0]]
    if len(columns) > 1 or not all(isinstance(value, str) for value in texts):
        raise ValueError("split is [N] texts, such as train, validation or test for each row")
    parts: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        parts.setdefault(_part(text, f"split, row {row}"), []).append(row)
    return {part: np.array(rows, dtype=np.int64) for part, rows in parts.items()}


def complete(
    parts: Mapping[str, np.ndarray], n: int, labels: Sequence[Label], units: np.ndarray | None
) -> tuple[Split, list[str]]:
    """A split with all three parts; those that are missing are drawn, always the same ones.

    Where none is given, a fifth of the rows is for testing; where no validation rows are given, a
    fifth of the training rows. Classes of the first label of that kind keep their proportions, and
    units stay whole.

    Args:
        parts: the rows that are given.
        n: how many rows there are.
        labels: all labels.
        units: int64 [n], or None.

    Returns:
        The split, and a sentence for each part that was made and for rows that are in no part.

    Raises:
        ValueError: training rows without test rows or the reverse, or too few rows to draw from.
    """
    found, notes = dict(parts), []
    if found and not {"train", "test"} <= set(found):
        missing = next(part for part in ("train", "test") if part not in found)
        raise ValueError(f"split has no {missing} rows")
    classes = next((label for label in labels if label.kind == "classes"), None)
    for part, source in (("test", ""), ("validation", "training ")):
        if part in found:
            continue
        rows = found.get("train", np.arange(n, dtype=np.int64))
        strata = np.zeros(len(rows), dtype=np.int64) if classes is None else classes.values[rows]
        kept, aside = _drawn(strata, None if units is None else units[rows], part)
        if not len(aside) or not len(kept):
            raise ValueError(f"split: too few {source}rows to draw {part} rows from: give them")
        found |= {"train": rows[kept], part: rows[aside]}
        how = "at random" if classes is None else f"stratified by label.{classes.name}"
        whole = "" if units is None else ", whole units"
        notes.append(
            f"no {part} rows were given: {len(aside)} of {len(rows)} {source}rows were drawn for "
            f"it ({how}{whole}, the same ones at every reading)"
        )
        if "pretrain" in found:
            found["pretrain"] = _apart(found["pretrain"], found[part], units)
    unused = n - len(np.unique(np.concatenate([*found.values()])))
    if unused:
        notes.append(f"{unused} of {n} rows are in no part of the split and are not used")
    return Split(**found), notes


def _apart(rows: np.ndarray, drawn: np.ndarray, units: np.ndarray | None) -> np.ndarray:
    """Rows to pretrain on without those that were drawn for another part, and their units."""
    if units is None:
        return np.setdiff1d(rows, drawn)
    kept: np.ndarray = rows[~np.isin(units[rows], units[drawn])]
    return kept


def _drawn(
    strata: np.ndarray, units: np.ndarray | None, part: str
) -> tuple[np.ndarray, np.ndarray]:
    strata = np.unique(strata, return_inverse=True)[1].reshape(-1)
    rng = stream(0, "datasets", part)
    if units is None:
        return stratified_split(strata, rng, MADE_SHARE)
    return grouped_split(strata, units, rng, MADE_SHARE)
