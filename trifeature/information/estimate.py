"""The decomposition of observed discrete variables: from samples of any origin to bits."""

from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from .joint import counts_of
from .pid import PID, decompose
from .sampling_bias import warn_of_chance
from .uncertainty import PIDEstimate, with_uncertainty


@overload
def estimate_pid(
    x1: ArrayLike, x2: ArrayLike, y: ArrayLike, intervals: Literal[False] = False
) -> PID: ...


@overload
def estimate_pid(
    x1: ArrayLike,
    x2: ArrayLike,
    y: ArrayLike,
    intervals: Literal[True],
    replicates: int = 200,
    shuffles: int = 50,
    seed: int = 0,
) -> PIDEstimate: ...


def estimate_pid(
    x1: ArrayLike,
    x2: ArrayLike,
    y: ArrayLike,
    intervals: bool = False,
    replicates: int = 200,
    shuffles: int = 50,
    seed: int = 0,
) -> PID:
    """The PID of I(X1, X2; Y) of observed values, by their frequencies, in bits.

    The plug-in estimate: frequencies stand for probabilities. From few samples it is biased
    upwards, synergy most, since cells (x1, x2) that were seen once seem to determine y; where that
    is much by the number of values and samples, a warning says so. With
    `intervals` the same estimate on shuffled labels corrects for it, and a bootstrap gives 95 %
    intervals.

    >>> pid = estimate_pid([0, 0, 1, 1], ["a", "b", "a", "b"], [0, 1, 1, 0])  # exclusive or
    >>> round(pid.synergy, 6), round(pid.redundancy, 6)
    (1.0, 0.0)

    Args:
        x1: source 1's value in each of n samples: [n] values of any kind, or [n, k], whose rows
            are the values (several modalities taken as one source).
        x2: source 2's values: [n] or [n, k].
        y: the label: [n] or [n, k].
        intervals: whether to give a :class:`.uncertainty.PIDEstimate`, which takes `replicates` +
            `shuffles` times as long. Samples are taken as independent of one another.
        replicates: bootstrap replicates for the intervals.
        shuffles: of the labels, for the correction.
        seed: of both.

    Raises:
        ValueError: no samples, arrays of different lengths or other forms, values that are missing
            or not finite, pandas objects of different indexes, more distinct values than
            half of the samples (of 50 or more, or of fractions), or too many to be counted, or
            fewer than 2 replicates or 1 shuffle for intervals.
    """
    table = counts_of({"x1": x1, "x2": x2, "y": y})
    if not intervals:
        warn_of_chance(table, "intervals=True estimates how much, and corrects for it")
        return decompose(table)
    cells = np.repeat(np.arange(table.size), table.ravel().astype(int))
    first, second, label = np.unravel_index(cells, table.shape)

    def decomposed(x1: np.ndarray, x2: np.ndarray, y: np.ndarray) -> PID:
        cell = np.ravel_multi_index((x1, x2, y), table.shape)
        return decompose(np.bincount(cell, minlength=table.size).reshape(table.shape))

    return with_uncertainty((first, second, label), decomposed, replicates, shuffles, seed)
