"""What a reading of one image, or a sum over both, can reach on the synergy task."""

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


def best_auc(joint: np.ndarray) -> float:
    """The highest AUC of a score of x for a label y of two values.

    No score ranks better than P(y = 1 | x) (Neyman & Pearson, 1933); values of x with the same
    probability tie, and a tie counts half.

    >>> best_auc(np.array([[3, 1], [1, 3]]))
    0.75

    Args:
        joint: P(x, y) or counts: [n, 2].

    Returns:
        .5 where x does not inform about y, or y has one value only.
    """
    of_each = joint.sum(0)
    if not of_each.all():
        return 0.5
    present = joint[joint.sum(1) > 0]
    # Rounded, so that equal probabilities tie.
    scores = np.round(present[:, 1] / present.sum(1), 12)
    _, group = np.unique(scores, return_inverse=True)
    tied = np.zeros((int(group.max()) + 1, 2))
    np.add.at(tied, group, present / of_each)
    below = np.cumsum(tied[:, 0]) - tied[:, 0]
    return round(float((tied[:, 1] * (below + tied[:, 0] / 2)).sum()), 12)
