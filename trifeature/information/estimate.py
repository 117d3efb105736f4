"""The decomposition of observed discrete variables: from samples of any origin to bits."""

import numpy as np
from numpy.typing import ArrayLike

from interaction_probes.common.values import check_countable, check_same_index, discrete_codes

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
        x1: source 1's value in each of n samples: [n] values of any kind, or [n, k], whose rows
            are the values (several modalities taken as one source).
        x2: source 2's values: [n] or [n, k].
        y: the label: [n] or [n, k].

    Raises:
        ValueError: no samples, arrays of different lengths or other forms, values that are missing
            or not finite, pandas objects of different indexes, more distinct values than
            half of the samples (of 50 or more, or of fractions), or too many to be counted.
    """
    check_same_index({"x1": x1, "x2": x2, "y": y})
    codes = [discrete_codes(values, name) for name, values in (("x1", x1), ("x2", x2), ("y", y))]
    lengths = [len(code) for code in codes]
    if len(set(lengths)) > 1:
        raise ValueError(f"x1, x2 and y have one value per sample, not {lengths} values")
    for values, code, name in zip((x1, x2, y), codes, ("x1", "x2", "y"), strict=True):
        check_countable(values, code, name)
    sizes = [int(code.max()) + 1 for code in codes]
    n1, n2, m = sizes
    if n1 * n2 * m > _MAX_TABLE:
        raise ValueError(
            f"x1, x2 and y have {n1}, {n2} and {m} distinct values, too many to count how often "
            "they meet: put them into bins or clusters first"
        )
    cell = (codes[0] * n2 + codes[1]) * m + codes[2]
    return decompose(np.bincount(cell, minlength=n1 * n2 * m).reshape(n1, n2, m))
