"""What an additive reading of both images can reach on the synergy task."""

import numpy as np


def additive_limit(mapping: np.ndarray, values: int) -> float:
    """Best balanced accuracy on 1[c = M(t)] of a threshold on any sum f(t) + g(c).

    Where all matches are accepted, of two of them with different colours, (t, c) and (u, d), at
    least one of the crossed cells (t, d) and (u, c) is accepted too. So of two colours with k and l
    textures min(k, l) cells are accepted wrongly or more, and an order by size attains it. To
    accept fewer matches never gains. Three quarters for a bijection, whatever its size.

    Args:
        mapping: M, int64 [values of t].
        values: how many values c has, 2 or more.

    Returns:
        A fraction, for independent and uniform t and c.
    """
    used = np.sort(np.bincount(mapping, minlength=values))[::-1]
    wrong = int((used * np.arange(values)).sum())  # the k-th largest, beside k that are no smaller
    return 1 - wrong / (2 * len(mapping) * (values - 1))
