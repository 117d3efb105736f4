"""Probing features of a user's own: any frozen encoder, any tasks, any split.

The probe is the one that every run of the project is measured by (docs/measurement.md).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike

from interaction_probes.common.renamed import renamed_arguments
from interaction_probes.common.streams import stream
from interaction_probes.common.values import discrete_codes
from interaction_probes.settings.config import ProbeConfig, check_strengths

from .intervals import draw_resample_counts
from .linear import linear_probe
from .pca_basis import PCABasis
from .splits import Split, combination_split, stratified_split
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


@renamed_arguments(strengths="penalties")
def probe(
    features: Mapping[str, ArrayLike],
    labels: Mapping[str, ArrayLike],
    train: ArrayLike,
    test: ArrayLike,
    groups: ArrayLike | None = None,
    seed: int = 0,
    penalties: Sequence[float] = ProbeConfig().strengths,
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
        features: name of a representation → [n, d]: one per modality, fused ones, as you like.
        labels: name of a task → [n] values of any kind that can be sorted.
        train: the rows to fit and to choose on: numbers, or a mask [n].
        test: the rows to score.
        groups: the independent unit behind each sample (a patient, an image), [n]; or [n, 2] where
            a sample is made of two units of one pool, as a pair of images. With groups, penalties
            are chosen on units held out, and scores have 95 % intervals by bootstrap over the
            units of the test rows. Give ``range(n)`` where samples are independent.
        seed: of the held-out rows and of the bootstrap.
        penalties: L2 penalties λ to choose from, in mean cross-entropy + λ/2 ‖W‖².

    Returns:
        One row per representation and task, with the columns `COLUMNS`. ``accuracy`` is macro
        (balanced) over the classes of the test rows, ``chance`` is 1 / their number, ``auc`` is for
        two classes only, ``bits`` is H(Y) − cross-entropy on the test rows and ``bits_of_label``
        the H(Y) that bounds it;
        ``accuracy_strength`` is the L2 penalty that was chosen for accuracy, and so on.

    Raises:
        ValueError: nothing to probe, arrays of other forms or lengths, features that are not
            finite or are all constant, rows out of range or on both sides, a unit on both sides, a
            task with one class or a class without training rows, or too few rows to choose on.
    """
    for what, given in (("features", features), ("labels", labels)):
        if not isinstance(given, Mapping):
            raise ValueError(f'{what} map names to arrays, {{"name": array}}, and are no array')
    try:
        penalties = [float(penalty) for penalty in penalties]
    except TypeError as error:
        raise ValueError(f"penalties are a list of positive numbers, not {penalties!r}") from error
    check_strengths(penalties)
    matrices = {name: _matrix(values, name) for name, values in features.items()}
    if not matrices or not labels:
        raise ValueError("a probe needs one representation or more, and one task or more")
    n = len(next(iter(matrices.values())))
    for name, matrix in matrices.items():
        if len(matrix) != n:
            raise ValueError(f"features {name!r} have {len(matrix)} rows where others have {n}")
    train_rows, test_rows = _rows(train, n, "train"), _rows(test, n, "test")
    if shared := np.intersect1d(train_rows, test_rows).tolist():
        raise ValueError(f"row {shared[0]} is both in train and in test")
    codes = {
        name: _label_codes(values, name, n, train_rows, test_rows)
        for name, values in labels.items()
    }
    units = None if groups is None else _units(groups, n, train_rows, test_rows)
    resample_counts = None if units is None else _resample_counts(units[test_rows], seed)
    found = []
    for name, matrix in matrices.items():
        train_features, test_features = _standardised(matrix[train_rows], matrix[test_rows])
        try:
            basis = PCABasis.of(train_features)
        except ValueError as error:
            raise ValueError(f"features {name!r}: {error}") from error
        for task, code in codes.items():
            classes = int(code.max()) + 1
            try:
                result = linear_probe(
                    (train_features, code[train_rows]),
                    (test_features, code[test_rows]),
                    classes,
                    penalties,
                    _split(
                        code[train_rows], None if units is None else units[train_rows], seed, task
                    ),
                    basis,
                    resample_counts,
                )
            except ValueError as error:
                raise ValueError(f"task {task}, features {name!r}: {error}") from error
            entropy = result.bits + result.cross_entropy
            chance = 1 / len(np.unique(code[test_rows]))
            row = {"features": name, "task": task, "classes": classes, "chance": chance}
            row |= {"bits_of_label": entropy, "n_train": len(train_rows), "n_test": len(test_rows)}
            found.append(row | dict(result.metrics()))
    return pd.DataFrame(found, columns=list(COLUMNS))


def _array(values: ArrayLike, what: str) -> np.ndarray:
    """An array of what was given.

    Raises:
        ValueError: it is none, as rows of different lengths are not.
    """
    try:
        return np.asarray(values)
    except (ValueError, RuntimeError, TypeError) as error:  # numpy's, torch's
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ValueError(f"{what} are no array: {reason}") from error


def _matrix(values: ArrayLike, name: str) -> np.ndarray:
    """Features [n, d] as float64."""
    array = _array(values, f"features {name!r}")
    if array.ndim != 2 or not array.size or array.dtype.kind not in "fiub":
        raise ValueError(
            f"features {name!r} are numbers [n, d], not {array.dtype} {list(array.shape)}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"features {name!r} are not finite")
    return array.astype(np.float64)


def _standardised(train: np.ndarray, test: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Both in float32, standardised with the statistics of the training rows.

    In float64 first: float32 has seven digits, of which an offset or a large unit can take all.
    """
    standardiser = Standardiser.of(train)
    train, test = (standardiser(rows).astype(np.float32) for rows in (train, test))
    return torch.from_numpy(train), torch.from_numpy(test)


def _rows(chosen: ArrayLike, n: int, name: str) -> np.ndarray:
    """Rows as numbers, from numbers or a mask."""
    array = _array(chosen, f"the rows of {name}")
    if array.dtype.kind in "iu" and array.shape == (n,) and n > 2 and not (array > 1).any():
        raise ValueError(f"{name} is a mask of 0 and 1: give booleans, or row numbers")
    if array.dtype.kind == "b" and array.shape == (n,):
        array = np.flatnonzero(array)
    if array.ndim != 1 or array.dtype.kind not in "iu" or not len(array):
        raise ValueError(f"{name} is a list of row numbers, or a mask of {n} rows, and not empty")
    if array.min() < 0 or array.max() >= n:
        raise ValueError(f"the rows of {name} lie in 0..{n - 1}")
    if len(np.unique(array)) < len(array):
        raise ValueError(f"{name} names a row twice")
    return array.astype(np.int64)


def _label_codes(
    values: ArrayLike, task: str, n: int, train: np.ndarray, test: np.ndarray
) -> np.ndarray:
    """Labels as numbers from 0, in the order of the values that the chosen rows have."""
    array = _array(values, f"the labels of task {task}")
    if array.shape != (n,):
        raise ValueError(f"the labels of task {task} are [{n}], not {list(array.shape)}")
    codes = np.zeros(n, dtype=np.int64)
    chosen = np.concatenate([train, test])
    codes[chosen] = discrete_codes(array[chosen], f"task {task}")
    for name, rows in (("train", train), ("test", test)):
        if len(np.unique(codes[rows])) < 2:
            raise ValueError(f"task {task}: all rows of {name} are of one class: nothing to probe")
    unseen = np.setdiff1d(codes[test], codes[train])
    if len(unseen):
        example = array[test][codes[test] == unseen[0]][0]
        raise ValueError(f"task {task}: no row of train is of class {example!s}, but test has it")
    return codes


def _units(groups: ArrayLike, n: int, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """The units of each sample as numbers: int64 [n, 2], twice the same where there is one."""
    array = _array(groups, "groups")
    if array.shape not in ((n,), (n, 2)):
        raise ValueError(f"groups are [{n}] or [{n}, 2], not {list(array.shape)}")
    codes = discrete_codes(array.reshape(-1), "groups").reshape(n, -1)
    common = np.intersect1d(codes[train], codes[test])
    if len(common):
        example = array.reshape(-1)[codes.reshape(-1) == common[0]][0]
        raise ValueError(f"group {example!s} is both in train and in test")
    return codes if codes.shape[1] == 2 else np.repeat(codes, 2, axis=1)


def _resample_counts(units: np.ndarray, seed: int) -> np.ndarray:
    """How often each resampling of the units has each test row: [b, m]."""
    present, index = np.unique(units, return_inverse=True)
    if len(present) < 2:
        raise ValueError("intervals need 2 groups or more among the test rows")
    return draw_resample_counts(index.reshape(units.shape), len(present), stream(seed, "bootstrap"))


def _split(labels: np.ndarray, units: np.ndarray | None, seed: int, task: str) -> Split:
    """What is held out of the training rows to choose a penalty on."""
    if units is None:
        return stratified_split(labels, stream(seed, "probe", task))
    return combination_split(units, stream(seed, "probe", "combinations"))
