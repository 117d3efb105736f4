"""The mean over seeds and its 95 % interval, as every figure draws it."""

import functools
from dataclasses import dataclass

import numpy as np

_REPLICATES = 4000
#: Seeds up to which a percentile bootstrap gives their range: all n resampled values are the least
#: one in n⁻ⁿ of the resamples, more than 2.5 % up to here.
RANGE_UP_TO = 3


@dataclass(frozen=True)
class OverSeeds:
    """Means over n seeds, with the ends of their intervals, at k places: [k] each."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: int

    @classmethod
    def of(cls, values: np.ndarray) -> "OverSeeds":
        """From one row per seed: [n, k].

        Percentile bootstrap of seeds; with few of them the interval is too narrow, so n is always
        told. One seed has none: both ends are its value. The resamples are the same at every
        call, so that a table always gives the same figure.

        Raises:
            ValueError: no seeds, or values that are not finite.
        """
        values = np.asarray(values, dtype=float)
        if not len(values) or not np.isfinite(values).all():
            raise ValueError("an interval over seeds needs one or more finite values")
        drawn = np.einsum("bn,nk->bk", _resamples(len(values)), values)
        low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
        return cls(values.mean(0), low, high, len(values))


@functools.lru_cache
def _resamples(n: int) -> np.ndarray:
    """How much each of n seeds weighs in each resample: [replicates, n], rows of sum 1."""
    return np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=_REPLICATES) / n
