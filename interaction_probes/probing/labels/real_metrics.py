"""Metrics of predicted real numbers, per column and under many resamplings at once."""

import numpy as np

from .resampling import Values

#: The least residual variance of a Gaussian, as a share of the target's variance: features are of
#: float32, whose rounding alone leaves about so much. It bounds bits at about 20 per column.
LEAST_VARIANCE = 1e-12
#: A resampling in which a column has a smaller share of its variance has none of it.
_ROUNDING = 1e-12


def real_metrics(
    targets: np.ndarray, predicted: np.ndarray, residual_variance: np.ndarray, counts: np.ndarray
) -> Values:
    """R², mean squared error and Gaussian usable information of each column.

    The usable information of a family of predictors is H(Y) − H(Y | X), each the least
    log-loss within the family (Xu et al., ICLR 2020). Here the family is y ~ N(w·x + b, σ²): the
    errors are Gaussian and of one variance. H(Y) is the Gaussian's entropy at the mean and variance
    of the test rows, as H(Y) of a class is that of its frequencies there; H(Y | X) is the log-loss
    of the probe with the given σ², so that

        bits = ½ log₂(variance / σ²) + ½ log₂ e · (1 − mse / σ²)  ≤  −½ log₂(1 − R²),

    with equality where σ² is the mean squared error on the test rows. It has no unit, and may be
    negative. A Gaussian misstates H(Y) of other distributions too, so these bits are not bounded
    by the mutual information: of y = ±1 that is predicted exactly they are unbounded, where the
    mutual information is 1 bit. So they are no bits of a class label, and have another name.

    Args:
        targets: float64 [m, k], centred near 0.
        predicted: float64 [m, k].
        residual_variance: σ² of each column, [k]; NaN where it has none, and so no bits.
        counts: float64 [b, m].

    Returns:
        ``r2``, ``mse``, ``gaussian_bits`` and ``gaussian_entropy`` (½ log₂ of the variance), [b, k]
        each. Where a column does not vary, all but ``mse`` are NaN.
    """
    total = counts.sum(1, keepdims=True)
    squares = (targets - predicted) ** 2
    centre = targets.mean(0)
    deviations = (targets - centre) ** 2
    full = deviations.mean(0)
    full = np.where(targets.min(0) < targets.max(0), full, np.nan)
    mse = counts @ squares / total
    variance = counts @ deviations / total - (counts @ (targets - centre) / total) ** 2
    variance = np.where(variance > _ROUNDING * full, variance, np.nan)
    # Log-losses at each row, less the same constant ½ log₂ 2π. The mean and the variance without X
    # are kept while rows are resampled, as the frequencies of classes are.
    alone = (np.log(full) + deviations / full) / (2 * np.log(2))
    given = (np.log(residual_variance) + squares / residual_variance) / (2 * np.log(2))
    return {
        "r2": 1 - mse / variance,
        "mse": mse,
        "gaussian_bits": counts @ (alone - given) / total,
        "gaussian_entropy": np.where(np.isnan(residual_variance), np.nan, np.log2(variance) / 2),
    }
