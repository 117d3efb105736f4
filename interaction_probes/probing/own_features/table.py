"""The table of scores of features of a user's own, by the linear probe.

The probe is the one that every run of the project is measured by (docs/measurement.md).
"""

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from os import PathLike

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike

from interaction_probes.common.renamed import renamed_arguments
from interaction_probes.common.streams import stream
from interaction_probes.probing.intervals import Interval, draw_resample_counts
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.metrics import METRICS, missed_variance
from interaction_probes.probing.model_selection import check_penalties
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.result import ProbeResult
from interaction_probes.probing.splits import held_out_split
from interaction_probes.probing.standardiser import Standardiser
from interaction_probes.settings.probe_config import ProbeConfig

from .rows import Rows, read_rows

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
        for name, values in given.items():
            if isinstance(values, str | bytes | PathLike):
                raise ValueError(f"{argument} {name!r} is an array, and no text or path: load it")
    penalties = check_penalties(penalties)
    _check_differences(differences, features)
    data = read_rows(features, labels, train, test, groups)
    counts = None if data.units is None else _resample_counts(data.units[data.test], seed)
    for task, code in data.codes.items():
        _warn_of_unscored_classes(task, code[data.train], code[data.test])
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


def _standardised(train: np.ndarray, test: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Both in float32, standardised with the statistics of the training rows.

    In float64 first: float32 has seven digits, of which an offset or a large unit can take all.
    """
    standardiser = Standardiser.of(train)
    train, test = (standardiser(rows).astype(np.float32) for rows in (train, test))
    return torch.from_numpy(train), torch.from_numpy(test)


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


def _warn_of_unscored_classes(task: str, train: np.ndarray, test: np.ndarray) -> None:
    """Say so where a class has no test rows: its accuracy is not known, and not in the mean."""
    known, scored = len(np.unique(train)), len(np.unique(test))
    if scored < known:
        warnings.warn(
            f"task {task}: {known - scored} of {known} classes have no test rows, so that accuracy "
            f"and chance are of the other {scored}",
            UserWarning,
            stacklevel=4,
        )


def _warn_below_chance(what: str, result: ProbeResult, strongest: float) -> None:
    """Say so where a probe finds less than nothing because it may not be penalised more."""
    if result.bits < -_BELOW_CHANCE and result.chosen["bits_strength"] == strongest:
        warnings.warn(
            f"{what}: {result.bits:.2f} bits, less than none, at the strongest of the penalties "
            f"({strongest:g}): add stronger ones",
            UserWarning,
            stacklevel=4,
        )


def _score_row(features: str, task: str, result: ProbeResult, data: Rows) -> dict[str, object]:
    """The scores of one probe, in `COLUMNS`."""
    chance = 1 / len(np.unique(data.codes[task][data.test]))
    entropy = result.bits + result.cross_entropy
    return data.head(features, task, chance) | {"bits_of_label": entropy} | dict(result.metrics())


def _difference_row(
    pair: tuple[str, str],
    task: str,
    results: Mapping[tuple[str, str], ProbeResult],
    data: Rows,
    counts: np.ndarray | None,
) -> dict[str, object]:
    """The scores of the first of two representations less those of the second."""
    one, other = (results[name, task] for name in pair)
    scores = _difference(one, other, data.codes[task][data.test], counts)
    return data.head(" - ".join(pair), task, 0) | dict(scores)


def _check_differences(differences: Sequence[tuple[str, str]], names: Collection[str]) -> None:
    """Refuse what is no pair of two representations, or has the name of one."""
    for pair in differences:
        if isinstance(pair, str) or len(pair) != 2:
            raise ValueError(
                "differences are pairs of names of features, such as [('both', 'left')], not "
                f"{pair!r}"
            )
        if unknown := [name for name in pair if name not in names]:
            known = ", ".join(map(repr, names))
            raise ValueError(
                f"differences are pairs of names of features, which are {known}: there is no "
                f"{unknown[0]!r}"
            )
        if pair[0] == pair[1]:
            raise ValueError(f"a difference of {pair[0]!r} to itself is 0")
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
