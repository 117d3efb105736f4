"""The rows of a user's own features, labels and groups that a probe is fitted and scored on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from interaction_probes.common.values.columns import columns_of
from interaction_probes.common.values.labels_and_numbers import (
    check_same_index,
    discrete_codes,
    index_of,
    is_continuous,
    numbers,
    shared_codes,
)
from interaction_probes.common.values.rows import common_length, is_mask, row_numbers


@dataclass(frozen=True)
class Rows:
    """The rows of train and of test, and no others.

    Attributes:
        features: name of a representation → [m, d].
        codes: task → labels [m] as numbers from 0.
        units: the independent units behind each row, int64 [m, 2]; None where none are known.
        train: which of the m rows are of train.
        test: which of them are of test.
    """

    features: Mapping[str, np.ndarray]
    codes: Mapping[str, np.ndarray]
    units: np.ndarray | None
    train: np.ndarray
    test: np.ndarray

    def head(self, features: str, task: str, chance: float) -> dict[str, object]:
        """What a row of scores is of."""
        classes = int(self.codes[task].max()) + 1
        head = {"features": features, "task": task, "classes": classes, "chance": chance}
        return head | {"n_train": len(self.train), "n_test": len(self.test)}


def read_rows(
    features: Mapping[str, ArrayLike],
    labels: Mapping[str, ArrayLike],
    train: ArrayLike,
    test: ArrayLike,
    groups: ArrayLike | None,
) -> Rows:
    """The rows of train, then those of test, of everything; no other row is read."""
    given = {f"features {name!r}": values for name, values in features.items()}
    given |= {f"task {name}": values for name, values in labels.items()}
    if not features or not labels:
        raise ValueError("a probe needs one representation or more, and one task or more")
    given |= {} if groups is None else {"groups": groups}
    given |= {name: rows for name, rows in (("train", train), ("test", test)) if is_mask(rows)}
    check_same_index(given)
    n = common_length(given)
    index = next(
        (found for values in given.values() if (found := index_of(values)) is not None), None
    )
    rows = [row_numbers(train, n, "train", index), row_numbers(test, n, "test", index)]
    if shared := np.intersect1d(*rows).tolist():
        raise ValueError(f"row {shared[0]} is both in train and in test")
    sides = np.repeat([0, 1], [len(side) for side in rows])
    train_rows, test_rows = np.flatnonzero(sides == 0), np.flatnonzero(sides == 1)
    chosen = np.concatenate(rows)
    return Rows(
        {
            name: numbers(values, f"the array of features {name!r}", chosen)
            for name, values in features.items()
        },
        {
            name: _label_codes(values, name, chosen, train_rows, test_rows)
            for name, values in labels.items()
        },
        None if groups is None else _units(groups, chosen, train_rows, test_rows),
        train_rows,
        test_rows,
    )


def _label_codes(
    values: ArrayLike, task: str, chosen: np.ndarray, train: np.ndarray, test: np.ndarray
) -> np.ndarray:
    """Labels of the chosen rows as numbers from 0, in the order of their values."""
    columns = columns_of(values, f"task {task}")
    if len(columns) > 1:
        raise ValueError(
            f"the labels of task {task} are [n], not [{len(columns[0])}, {len(columns)}]: "
            "give each column as a task of its own"
        )
    codes = discrete_codes(values, f"task {task}", chosen)
    for name, rows in (("train", train), ("test", test)):
        if len(np.unique(codes[rows])) < 2:
            raise ValueError(f"task {task}: all rows of {name} are of one class: nothing to probe")
    unseen = np.flatnonzero(~np.isin(codes, codes[train]))
    if len(unseen):
        if is_continuous(values, codes):
            raise ValueError(
                f"task {task} has {int(codes.max()) + 1} distinct values in {len(codes)} rows, as "
                "continuous targets and identifiers do: a probe needs classes, put them into bins"
            )
        example = columns[0][chosen[unseen[0]]]
        raise ValueError(f"task {task}: no row of train is of class {example!s}, but test has it")
    return codes


def _units(
    groups: ArrayLike, chosen: np.ndarray, train: np.ndarray, test: np.ndarray
) -> np.ndarray:
    """The units of the chosen rows as numbers: int64 [m, 2], twice the same where there is one."""
    codes = shared_codes(groups, "the array of groups", chosen)
    if codes.shape[1] > 2:
        raise ValueError(f"groups are [n] or [n, 2], not of {codes.shape[1]} columns")
    leaks = np.argwhere(np.isin(codes, codes[train]) & np.isin(codes, codes[test]))
    if len(leaks):
        row, side = leaks[0]
        example = columns_of(groups, "groups")[side][chosen[row]]
        raise ValueError(f"group {example!s} is both in train and in test")
    return codes if codes.shape[1] == 2 else np.repeat(codes, 2, axis=1)
