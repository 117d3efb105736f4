"""Features scaled to mean 0 and variance 1, whatever their unit."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

#: A standard deviation below this share of a feature's largest value is rounding: constant.
ROUNDING = 1e-12
#: Scaled values are cut here, far beyond what any probe tells apart, so that float32 holds them.
LARGEST = 1e30
#: A tensor's feature is constant if its standard deviation is at most this share of its mean: what
#: rounding makes of equal values in its type.
CONSTANT = {torch.float32: 1e-6, torch.float64: ROUNDING}
#: Features that keep their own scale are divided by a power of two if their largest standard
#: deviation is beyond 2 to this power, or below its inverse: float32 squares lose such values.
OWN_SCALE_EXPONENT = 40


class CollapsedError(ValueError):
    """Features that are all constant: there is nothing to probe."""


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
        largest = np.maximum(features.max(0), -features.min(0))
        largest = np.where(largest > 0, largest, 1)
        scaled = features / largest
        mean = scaled.mean(0)
        scaled -= mean
        deviation = np.sqrt(np.square(scaled, out=scaled).mean(0))
        return cls(largest, mean, np.where(deviation > ROUNDING, deviation, 0))

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Scale float64 features [n, d]."""
        with np.errstate(over="ignore"):  # a row far beyond the fitted ones, which is cut below
            scaled = features / self.largest
            scaled -= self.mean
            varies = self.deviation > 0
            scaled /= np.where(varies, self.deviation, 1)
        scaled[:, ~varies] = 0
        return scaled.clip(-LARGEST, LARGEST, out=scaled)


@dataclass(frozen=True)
class FeatureScale:
    """Centres and scales tensors, in their own type.

    Every feature is first multiplied by a power of two that brings its largest value near 1. That
    is exact, so ordinary features give the same bytes without it, and no square of a feature in
    another unit leaves float32.

    Attributes:
        unit: [d], the powers of two. Where features keep their own scale they are 1, or one power
            for all features if those are huge or tiny.
        mean: [d], of the fitted features times `unit`.
        deviation: [d], what the centred features are divided by: the standard deviation of the
            same; `unit` or 1 where a feature is constant; 1 where features keep their own scale.
        varies: [d], which of the fitted features are not constant. Of the others, rows that differ
            from the fitted ones are not zeroed: a linear probe has no weights for them, and what
            may have some uses :meth:`zeroed`.
    """

    unit: Tensor
    mean: Tensor
    deviation: Tensor
    varies: Tensor

    @classmethod
    def of(cls, features: Tensor, standardise: bool = True) -> "FeatureScale":
        """Fit to features [n, d]; without `standardise` they keep their own scale.

        Raises:
            CollapsedError: features that are all constant.
            ValueError: features that are not finite.
        """
        furthest = torch.maximum(features.amax(0), -features.amin(0))  # NaN where one is
        if not torch.isfinite(furthest).all():
            raise ValueError("the features are not finite")
        exponent = torch.frexp(furthest).exponent
        unit = _power_of_two(-exponent, features)
        scaled = features * unit
        mean = scaled.mean(0)
        deviation = scaled.sub_(mean).square_().mean(0).sqrt()
        share = CONSTANT[features.dtype]
        varies = deviation > share * (mean.abs() + share)
        if not varies.any():
            raise CollapsedError("every feature is constant: the representation has collapsed")
        if standardise:
            usual = exponent.abs() <= OWN_SCALE_EXPONENT
            constant = torch.where(usual, unit, torch.ones_like(unit))
            return cls(unit, mean, torch.where(varies, deviation, constant), varies)
        largest = (torch.frexp(deviation).exponent + exponent)[varies].max()
        shared = largest if largest.abs() > OWN_SCALE_EXPONENT else torch.zeros_like(largest)
        mean = mean * _power_of_two(exponent - shared, features)
        unit = _power_of_two(-shared, features).expand_as(mean)
        return cls(unit, mean, torch.ones_like(mean), varies)

    def __call__(self, features: Tensor) -> Tensor:
        """Centre and scale features [n, d]."""
        scaled = features * self.unit
        return scaled.sub_(self.mean).div_(self.deviation).clamp_(-LARGEST, LARGEST)

    def zeroed(self, features: Tensor) -> Tensor:
        """Centre and scale features [n, d]; those that are constant in the fitted rows are 0.

        As :class:`Standardiser` has them: nothing is learnt of such a feature, and where it varies
        in other rows it would pass through weights that nothing has trained.
        """
        scaled = self(features)
        scaled[:, ~self.varies] = 0
        return scaled


def _power_of_two(exponent: Tensor, like: Tensor) -> Tensor:
    """2 to whole powers, cut to those that the type of another tensor represents."""
    largest = math.frexp(torch.finfo(like.dtype).max)[1] - 2
    powers = np.ldexp(1.0, exponent.clamp(-largest, largest).cpu().numpy())  # torch's may round
    return torch.as_tensor(powers).to(like)
