"""The decomposition of observed discrete variables: from samples of any origin to bits."""

import numpy as np
from numpy.typing import ArrayLike

from .pid import PID, decompose

#: Cells of a table of counts (x1, x2, y): 160 MB of them.
_MAX_TABLE = 20_000_000


def estimate_pid(x1: ArrayLike, x2: ArrayLike, y: ArrayLike) -> PID:
    """The PID of I(X1, X2; Y) of observed values, by their frequencies, in bits.

    The plug-in estimate: frequencies stand for probabilities. From few samples it is biased
    upwards, synergy most, since cells (x1, x2) that were seen once seem to determine y; the same
    estimate on shuffled labels shows by how much.

    >>> pid = estimate_pid([0, 0, 1, 1], ["a", "b", "a", "b"], [0, 1, 1, 0])  # exclusive or
    >>> round(pid.synergy, 6), round(pid.redundancy, 6)
    (1.0, 0.0)

    Args:
        x1: what source 1 says of each of n samples: [n] values of any kind that can be sorted, or
            [n, k], whose rows are the values (several modalities taken as one source).
        x2: what source 2 says: [n] or [n, k].
        y: what is asked: [n] or [n, k].

    Raises:
        ValueError: no samples, arrays of different lengths or other forms, values that are not
            finite, fractions most of which occur once, or more distinct values than can be counted.
    """
    codes, sizes = [], []
    for name, values in (("x1", x1), ("x2", x2), ("y", y)):
        code = value_codes(values, name)
        size = int(code.max()) + 1
        if size > len(code) / 2 and _measured(np.asarray(values)):
            raise ValueError(
                f"{name} has {size} distinct values in {len(code)} samples, as continuous values "
                "do, and their frequencies say nothing: put them into bins or clusters first"
            )
        codes.append(code)
        sizes.append(size)
    lengths = [len(code) for code in codes]
    if len(set(lengths)) > 1:
        raise ValueError(f"x1, x2 and y have one value per sample, not {lengths} values")
    n1, n2, m = sizes
    if n1 * n2 * m > _MAX_TABLE:
        raise ValueError(
            f"x1, x2 and y have {n1}, {n2} and {m} distinct values, too many to count how often "
            "they meet: put them into bins or clusters first"
        )
    cell = (codes[0] * n2 + codes[1]) * m + codes[2]
    return decompose(np.bincount(cell, minlength=n1 * n2 * m).reshape(n1, n2, m))


def _measured(array: np.ndarray) -> bool:
    """Whether values are fractions, so a measurement rather than names of categories."""
    return array.dtype.kind == "f" and bool((array != np.round(array)).any())


def value_codes(values: ArrayLike, name: str) -> np.ndarray:
    """Each sample's value as a number from 0, in the order of the sorted values: int64 [n].

    >>> value_codes(["b", "a", "b"], "letters").tolist()
    [1, 0, 1]

    Args:
        values: [n], or [n, k], whose rows are the values.
        name: what an error calls them.

    Raises:
        ValueError: no samples, another form, or values that cannot be sorted or are not finite.
    """
    array = np.asarray(values)
    if array.ndim not in (1, 2) or not array.size:
        raise ValueError(f"{name} is [n] or [n, k] with samples in it, not {list(array.shape)}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} has values that are not finite")
    try:
        _, codes = np.unique(array, axis=0 if array.ndim == 2 else None, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"{name} has values of kinds that cannot be sorted: {error}") from error
    return codes.reshape(-1).astype(np.int64)
