"""Tables P(x1, x2, y) of many kinds, and the parts of a decomposition as an array."""

import numpy as np


def parts(pid):
    """R, U1, U2 and S."""
    return np.array([pid.redundancy, pid.unique_1, pid.unique_2, pid.synergy])


def random_table(kind, shape, seed):
    """A table of one of `KINDS`, which sums to 1."""
    rng = np.random.default_rng(seed)
    p = rng.random(shape)
    if kind == "zeros":
        p *= rng.random(shape) < 0.35
        p.flat[0] += 0.1
    if kind == "skewed":
        p = p**25
    if kind == "nearly determined":
        p *= 10.0 ** rng.integers(-12, -2)
        y = rng.integers(shape[2], size=shape[:2])
        p[np.arange(shape[0])[:, None], np.arange(shape[1])[None, :], y] += 1
    if kind == "counts":
        p = rng.multinomial(40, rng.dirichlet(np.full(p.size, 0.3))).reshape(shape)
    return p / p.sum()


KINDS = ["dense", "zeros", "skewed", "nearly determined", "counts"]
