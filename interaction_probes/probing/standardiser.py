"""Features scaled to mean 0 and variance 1, in float64."""

from dataclasses import dataclass

import numpy as np

#: A standard deviation below this share of a feature's largest value is rounding: constant.
ROUNDING = 1e-12
#: Scaled values are cut here, far beyond what any probe tells apart, so that float32 holds them.
LARGEST = 1e30


@dataclass(frozen=True)
class Standardiser:
    """Scales features with the statistics of the rows that it was fitted to.

    Unlike scikit-learn's StandardScaler it divides by the largest value first, so that no square
    leaves float64, and it gives 0 for features that are constant up to rounding.

    Attributes:
        largest: [d], largest absolute value of each feature (1 where it is 0).
        mean: [d], of the features divided by `largest`.
        deviation: [d], standard deviation of the same; 0 where a feature is constant.
    """

    largest: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> "Standardiser":
        """Fit to float64 features [n, d]."""
        largest = np.abs(features).max(0)
        largest = np.where(largest > 0, largest, 1)
        scaled = features / largest
        mean = scaled.mean(0)
        deviation = np.sqrt(np.square(scaled - mean).mean(0))
        return cls(largest, mean, np.where(deviation > ROUNDING, deviation, 0))

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Scale float64 features [n, d]."""
        with np.errstate(over="ignore"):  # a row far beyond the fitted ones, which is cut below
            centred = features / self.largest - self.mean
            varies = self.deviation > 0
            scaled = np.where(varies, centred / np.where(varies, self.deviation, 1), 0)
        return scaled.clip(-LARGEST, LARGEST)
