"""Metrics of all resamplings at once, and their intervals."""

from collections.abc import Callable, Mapping

import numpy as np

from interaction_probes.probing.intervals import Interval
from interaction_probes.probing.metrics import COUNTS_AT_A_TIME

#: Metric → its values: [b], or [b, k] of k columns.
Values = dict[str, np.ndarray]


def over_resamplings(
    measure: Callable[[np.ndarray], Values], counts: np.ndarray | None, rows: int
) -> Values:
    """What is measured under each resampling, a block of resamplings in memory at a time.

    Args:
        measure: float64 counts [b, m] → metric → its values over them.
        counts: [b, m]; None for the rows as they are, which is one row of ones.
        rows: m.
    """
    if counts is None:
        return measure(np.ones((1, rows)))
    step = max(1, COUNTS_AT_A_TIME // rows)
    blocks = [measure(counts[k : k + step].astype(np.float64)) for k in range(0, len(counts), step)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def where_undefined(resampled: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Values [b, k] of resamplings; undefined ones (NaN) are those of the rows as they are, [k].

    Left out, they would move the mean over columns by what the column is like.
    """
    return np.where(np.isnan(resampled), found, resampled)


def percentile_intervals(
    scores: Mapping[str, float], replicates: Values, raised: Mapping[str, float]
) -> dict[str, Interval]:
    """Metric → its percentile interval, which always includes its score.

    Args:
        scores: metric → score.
        replicates: metric → its values over the resamplings, [b].
        raised: metric → by how much the upper end is raised.
    """
    found = {}
    for name, values in replicates.items():
        interval = Interval.of(values)
        high = interval.high + raised.get(name, 0.0)
        found[name] = Interval(interval.low, high).including(scores[name])
    return found
