"""Probing features of a user's own: any frozen encoder, any tasks, any split.

The probe is the one that every run of the project is measured by (docs/measurement.md).
"""

import warnings
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike

from interaction_probes.common.renamed import renamed_arguments
from interaction_probes.common.streams import stream
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
from interaction_probes.settings.probe_config import ProbeConfig

from .intervals import Interval, draw_resample_counts
from .linear import linear_probe
from .metrics import METRICS, missed_variance
from .model_selection import check_penalties
from .pca_basis import PCABasis
from .result import ProbeResult
from .splits import held_out_split
from .standardiser import Standardiser

#: The columns of a table of scores; those of intervals are empty where no groups were given.
COLUMNS = (
    *("features", "task", "classes", "chance"),
    *("accuracy", "accuracy_low", "accuracy_high"),
    *("auc", "auc_low", "auc_high"),
    *("bits", "bits_low", "bits_high", "bits_of_label", "cross_entropy"),
    *("accuracy_strength", "auc_strength", "bits_strength"),
    *("n_train", "n_test"),
)
#: Groups among the test rows below which a bootstrap over them covers too little.
FEW_UNITS = 10
#: Bits by which a probe is below chance before a warning says why it may be.
_BELOW_CHANCE = 0.02


@renamed_arguments(strengths="penalties")
def probe(
    features: Mapping[str, ArrayLike],
    labels: Mapping[str, ArrayLike],
    train: ArrayLike,
    test: ArrayLike,
    groups: ArrayLike | None = None,
    seed: int = 0,
    penalties: Sequence[float] = ProbeConfig().strengths,
    differences: Sequence[tuple[str, str]] = (),
) -> pd.DataFrame:
    """What linear probes find of each task in each of some frozen representations.

    Features are standardised with the statistics of the training rows; multinomial logistic
    regression is fitted to convergence; its L2 penalty is chosen on rows held out of the training
    rows; the test rows are scored once.

    >>> import numpy as np
    >>> codes = np.eye(4)[np.arange(80) % 4]
    >>> rows = np.arange(80)
    >>> scores = probe({"codes": codes}, {"parity": rows % 2}, rows < 40, rows >= 40)
    >>> print(scores.loc[0, "task"], scores.loc[0, "chance"], scores.loc[0, "accuracy"])
    parity 0.5 1.0

    Args:
        features: name of a representation → [n, d]: one per modality, fused ones, as you like;
            arrays, tensors, frames of numbers or sparse matrices. Rows are matched by position:
            pandas objects need one index.
        labels: name of a task → [n] values of any kind.
        train: the rows to fit and to choose on: a mask [n]; numbers, which are positions from 0; or
            a pandas Index, whose labels are looked up in the index of the features or labels.
        test: the rows to score. Rows of neither are not read, and may have missing values.
        groups: the independent unit behind each sample (a patient, an image), [n]; or [n, 2] where
            a sample is made of two units of one pool, as a pair of images. With groups, penalties
            are chosen on units held out, and scores have 95 % intervals by bootstrap over the
            units of the test rows. Give ``range(n)`` where samples are independent.
        seed: of the held-out rows and of the bootstrap.
        penalties: L2 penalties λ to choose from, in mean cross-entropy + λ/2 ‖W‖².
        differences: pairs of names of representations, such as ``("both", "left")``: how much
            higher the first scores than the second on the same rows. Both are resampled alike, so
            the interval of a difference is narrower than the intervals of the two suggest.

    Returns:
        One row per representation and task, then one per difference and task, named
        ``both - left``, whose scores are differences. The columns are `COLUMNS`. ``accuracy`` is
        macro (balanced) over the classes of the test rows, ``chance`` is 1 / their number, ``auc``
        is for two classes only and NaN of more (a run on a dataset has the mean of one against the
        rest there), ``bits`` is H(Y) − cross-entropy on the test rows and
        ``bits_of_label`` the H(Y) that bounds it (not the ends of its interval, which allow for
        a larger H(Y) of what the rows are drawn from);
        ``accuracy_strength`` is the L2 penalty that was chosen for accuracy, and so on.

    Raises:
        ValueError: nothing to probe, arrays of other forms, lengths or pandas indexes, values that
            are missing, masked or not finite, features that are all constant, rows out of range or
            on both sides, a unit on both sides, a continuous task, one with one class or a class
            without training rows, or too few rows to choose on.
    """
    for argument, given in (("features", features), ("labels", labels)):
        if not isinstance(given, Mapping):
            raise ValueError(f'{argument} map names to arrays, {{"name": array}}, and are no array')
    penalties = check_penalties(penalties)
    _check_differences(differences, features)
    data = _read(features, labels, train, test, groups)
    counts = None if data.units is None else _resample_counts(data.units[data.test], seed)
    results: dict[tuple[str, str], ProbeResult] = {}
    for name, matrix in data.features.items():
        train_features, test_features = _standardised(matrix[data.train], matrix[data.test])
        try:
            basis = PCABasis.of(train_features)
        except ValueError as error:
            raise ValueError(f"features {name!r}: {error}") from error
        for task, code in data.codes.items():
            what = f"task {task}, features {name!r}"
            train_units = None if data.units is None else data.units[data.train]
            try:
                results[name, task] = linear_probe(
                    (train_features, code[data.train]),
                    (test_features, code[data.test]),
                    int(code.max()) + 1,
                    penalties,
                    held_out_split(code[data.train], train_units, seed, task),
                    basis,
                    counts,
                )
            except ValueError as error:
                raise ValueError(f"{what}: {error}") from error
            _warn_below_chance(what, results[name, task], max(penalties))
    found = [_score_row(*key, result, data) for key, result in results.items()]
    found += [
        _difference_row(pair, task, results, data, counts)
        for pair in differences
        for task in data.codes
    ]
    return pd.DataFrame(found, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Data:
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


def _read(
    features: Mapping[str, ArrayLike],
    labels: Mapping[str, ArrayLike],
    train: ArrayLike,
    test: ArrayLike,
    groups: ArrayLike | None,
) -> _Data:
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
    return _Data(
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


def _standardised(train: np.ndarray, test: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Both in float32, standardised with the statistics of the training rows.

    In float64 first: float32 has seven digits, of which an offset or a large unit can take all.
    """
    standardiser = Standardiser.of(train)
    train, test = (standardiser(rows).astype(np.float32) for rows in (train, test))
    return torch.from_numpy(train), torch.from_numpy(test)


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


def _resample_counts(units: np.ndarray, seed: int) -> np.ndarray:
    """How often each resampling of the units has each test row: [b, m]."""
    present, index = np.unique(units, return_inverse=True)
    if len(present) < 2:
        raise ValueError("intervals need 2 groups or more among the test rows")
    if len(present) < FEW_UNITS:
        warnings.warn(
            f"the test rows are of {len(present)} groups: intervals from fewer than {FEW_UNITS} "
            "are too narrow",
            UserWarning,
            stacklevel=4,
        )
    return draw_resample_counts(index.reshape(units.shape), len(present), stream(seed, "bootstrap"))


def _warn_below_chance(what: str, result: ProbeResult, strongest: float) -> None:
    """Say so where a probe finds less than nothing because it may not be penalised more."""
    if result.bits < -_BELOW_CHANCE and result.chosen["bits_strength"] == strongest:
        warnings.warn(
            f"{what}: {result.bits:.2f} bits, less than none, at the strongest of the penalties "
            f"({strongest:g}): add stronger ones",
            UserWarning,
            stacklevel=4,
        )


def _score_row(features: str, task: str, result: ProbeResult, data: _Data) -> dict[str, object]:
    """The scores of one probe, in `COLUMNS`."""
    chance = 1 / len(np.unique(data.codes[task][data.test]))
    entropy = result.bits + result.cross_entropy
    return data.head(features, task, chance) | {"bits_of_label": entropy} | dict(result.metrics())


def _difference_row(
    pair: tuple[str, str],
    task: str,
    results: Mapping[tuple[str, str], ProbeResult],
    data: _Data,
    counts: np.ndarray | None,
) -> dict[str, object]:
    """The scores of the first of two representations less those of the second."""
    one, other = (results[name, task] for name in pair)
    scores = _difference(one, other, data.codes[task][data.test], counts)
    return data.head(" - ".join(pair), task, 0) | dict(scores)


def _check_differences(differences: Sequence[tuple[str, str]], names: Container[str]) -> None:
    """Refuse what is no pair of representations, or has the name of one."""
    for pair in differences:
        if isinstance(pair, str) or len(pair) != 2 or not all(name in names for name in pair):
            raise ValueError(
                "differences are pairs of names of features, such as [('both', 'left')], not "
                f"{pair!r}"
            )
        if (name := f"{pair[0]} - {pair[1]}") in names:
            raise ValueError(f"the difference {name!r} has the name of a representation")


def _difference(
    one: ProbeResult, other: ProbeResult, labels: np.ndarray, counts: np.ndarray | None
) -> Iterator[tuple[str, float]]:
    """(name, value) of each metric of one probe less that of another, and of its interval.

    Both are resampled alike, so what moves both scores cancels, and so does H(Y) of bits.
    """
    for name in (*METRICS, "cross_entropy"):
        if (value := getattr(one, name)) is None:
            continue
        value -= getattr(other, name)
        yield name, value
        if name in one.intervals and counts is not None:
            resampled = getattr(one.replicates, name) - getattr(other.replicates, name)
            interval = Interval.of(resampled).including(value)
            if name == "accuracy":
                assert one.predicted is not None
                missed = missed_variance(labels, counts, one.predicted, other.predicted)
                interval = interval.widened(value, missed, (-1, 1))
            yield f"{name}_low", interval.low
            yield f"{name}_high", interval.high
