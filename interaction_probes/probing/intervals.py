"""Intervals by bootstrap: over the images of scored pairs, and over seeds.

Scored pairs share images, so they are not independent, and resampling pairs gives intervals that
are too narrow. Resampling what is independent, the images, carries their pairs along: the node
bootstrap of dyadic data (Davezies, D'Haultfœuille & Guyonvarch, *Empirical process results for
exchangeable arrays*, Annals of Statistics 2021; Owen, *The pigeonhole bootstrap*, 2007).

Of bits = H(Y) − cross-entropy, H(Y) needs care: the entropy of observed labels is below that of
what they are drawn from, and that of resampled ones is lower still. Frequencies are kept while
pairs are resampled, and the upper end is raised by the bootstrap's estimate of the entropy's bias
(about (classes − 1) / 2n nats, as Miller and Madow found, 1955). So the interval holds the truth
whether the classes are even by design, where nothing is biased, or drawn at random
(``benchmarks/experiments/simulations/coverage.py``). Of accuracy, resampling misses what few rows
of a class do not show, which is added (:func:`.metrics.missed_variance`).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.common.values.number_tables import number_table

from .metrics import METRICS, MetricValues

REPLICATES = 500
#: Share of the replicates inside an interval.
LEVEL = 0.95
#: Of the standard normal distribution, at the same level.
_NORMAL_QUANTILE = 1.96


@dataclass(frozen=True)
class Interval:
    """A percentile interval."""

    low: float
    high: float

    @classmethod
    def of(cls, replicates: np.ndarray) -> "Interval":
        """From a metric's values over replicates [b]; undefined ones (NaN) are left out."""
        tail = (1 - LEVEL) / 2
        return cls(*(float(q) for q in np.nanquantile(replicates, (tail, 1 - tail))))

    def including(self, value: float) -> "Interval":
        """The interval, widened where a value lies outside."""
        return Interval(min(self.low, value), max(self.high, value))

    def widened(
        self, value: float, variance: float, bounds: tuple[float, float] = (0, 1)
    ) -> "Interval":
        """The interval of a value with a further error, of this variance.

        Args:
            value: the estimate, inside the interval.
            variance: of an error that is independent of what the interval covers.
            bounds: of what the value can be.
        """
        if not variance:
            return self
        added = _NORMAL_QUANTILE**2 * variance
        low = value - math.sqrt((value - self.low) ** 2 + added)
        high = value + math.sqrt((self.high - value) ** 2 + added)
        return Interval(max(low, bounds[0]), min(high, bounds[1]))


@dataclass(frozen=True)
class SeedInterval:
    """A mean over seeds, its interval, and from how many seeds it comes.

    Printed with n, without which an interval over seeds says little.
    """

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        if self.n == 1:
            return f"{self.mean:.4g} (n = 1)"
        return f"{self.mean:.4g} ({self.low:.4g} to {self.high:.4g}, n = {self.n})"


def draw_resample_counts(
    pairs: np.ndarray, images: int, rng: np.random.Generator, replicates: int = REPLICATES
) -> np.ndarray:
    """How often each pair occurs when images are resampled with replacement (node bootstrap).

    A sample occurs as often as the product of the multiplicities of its images. An image paired
    with itself occurs as often as the image: its copies are one image, not several that meet. A
    resampling in which no sample occurs, of which nothing can be scored, is drawn again; only few
    samples of many images have such.

    Args:
        pairs: int64 [m, modalities], rows of the image set.
        images: how many images there are.
        rng: draws the multiplicities.
        replicates: b.

    Returns:
        float32 [b, m], which holds such numbers exactly.
    """
    # Whether an image stands in an earlier column of its sample, and so counts already.
    repeated = [(pairs[:, :k] == pairs[:, k : k + 1]).any(1) for k in range(pairs.shape[1])]
    counts = np.empty((replicates, len(pairs)), dtype=np.float32)
    # One replicate at a time: with many images, all draws together would fill the memory.
    for row in counts:
        row[:] = 0
        while len(pairs) and not row.any():
            times = rng.multinomial(images, np.full(images, 1 / images))
            each = [
                np.where(again, 1, times[rows])
                for again, rows in zip(repeated, pairs.T, strict=True)
            ]
            row[:] = np.prod(each, axis=0)
    return counts


def metric_intervals(
    found: MetricValues, replicates: MetricValues, missed: float
) -> dict[str, Interval]:
    """Metric → its interval, which always includes its value.

    Args:
        found: the metrics of the scored pairs, [1] each.
        replicates: of their resamplings, [b] each.
        missed: the variance of accuracy that resampling misses.
    """
    bias = max(0.0, float(found.label_entropy[0] - np.nanmean(replicates.label_entropy)))
    intervals = {}
    for name in METRICS:
        value, resampled = getattr(found, name), getattr(replicates, name)
        if value is None:
            continue
        interval = Interval.of(resampled)
        if name == "bits":
            interval = Interval(interval.low, interval.high + bias)
        interval = interval.including(float(value[0]))
        if name == "accuracy":
            interval = interval.widened(float(value[0]), missed)
        intervals[str(name)] = interval
    return intervals


def over_seeds(values: ArrayLike) -> SeedInterval:
    """The mean over seeds with a percentile interval by bootstrap of seeds, as figures draw it.

    With few seeds such an interval is too narrow (by a factor √((n − 1) / n) at least), so n is
    always given; one seed has no interval, and both ends are its value.

    Args:
        values: [n], one per seed.

    Raises:
        ValueError: no values, or some that are not finite.
    """
    table = number_table(values, "the values over seeds")
    if table.ndim != 1:
        raise ValueError(f"values over seeds are [n], not {list(table.shape)}")
    found = OverSeeds.of(table[:, None])
    return SeedInterval(float(found.mean[0]), float(found.low[0]), float(found.high[0]), found.n)
