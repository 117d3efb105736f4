"""How far a decomposition of observed samples can be from the truth: intervals and corrections."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .pid import PID

#: The quantiles that an interval ends at: 95 % are between them.
_TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class PIDEstimate(PID):
    """The plug-in decomposition of samples, with what chance may have made of it, in bits.

    Attributes:
        shuffled: the mean decomposition with labels shuffled, where the truth is 0: the floor.
        corrected: the plug-in values less the floor, and 0 where that is negative (Panzeri et al.,
            *Correcting for the sampling bias problem in spike train information measures*, Journal
            of Neurophysiology 2007). It can correct too much where the sources determine the label.
        intervals: name of a part → the ends of its 95 % interval, which holds the corrected value
            and, where few samples bias it, not the plug-in one.
        replicates: bootstrap replicates of the samples behind the intervals.
        shuffles: of the labels.
        seed: of both.
    """

    shuffled: PID
    corrected: PID
    intervals: dict[str, tuple[float, float]]
    replicates: int
    shuffles: int
    seed: int

    def __str__(self) -> str:
        """A line per part: plug-in, corrected with its interval, and shuffled."""
        return "\n".join(
            f"{name} {getattr(self, name):.3f} (corrected {getattr(self.corrected, name):.3f}, "
            f"95 % interval {low:.3f} to {high:.3f}; shuffled {getattr(self.shuffled, name):.3f}) "
            "bits"
            for name, (low, high) in self.intervals.items()
        )


def with_uncertainty(
    codes: tuple[np.ndarray, np.ndarray, np.ndarray],
    decomposed: Callable[[np.ndarray, np.ndarray, np.ndarray], PID],
    replicates: int,
    shuffles: int,
    seed: int,
) -> PIDEstimate:
    """The decomposition of samples with intervals and a correction.

    The spread of an interval is that of bootstrap replicates around their mean. It is laid around
    two corrections of the bias, by shuffled labels and by the bootstrap (Efron, 1979), and reaches
    from the lower to the higher end: neither correction is right for all distributions.

    Args:
        codes: of x1, x2 and y: int64 [n] each. Samples are taken as independent.
        decomposed: from codes to their plug-in decomposition.
        replicates: of the bootstrap, 2 or more.
        shuffles: of the labels, 1 or more.
        seed: of both.

    Raises:
        ValueError: too few replicates or shuffles.
    """
    if replicates < 2 or shuffles < 1:
        raise ValueError(
            "intervals need 2 replicates or more and 1 shuffle or more, not "
            f"{replicates} and {shuffles}"
        )
    rng = np.random.default_rng(seed)
    x1, x2, y = codes
    plug_in = decomposed(x1, x2, y)
    floor = _parts([decomposed(x1, x2, rng.permutation(y)) for _ in range(shuffles)]).mean(0)
    rows = (rng.integers(len(y), size=len(y)) for _ in range(replicates))
    resampled = _parts([decomposed(x1[k], x2[k], y[k]) for k in rows])
    [value] = _parts([plug_in])
    corrected = np.maximum(value - floor, 0)
    centres = np.stack([corrected, 2 * value - resampled.mean(0)])
    ends = np.quantile(resampled - resampled.mean(0), _TAILS, axis=0)
    low = np.maximum(centres.min(0) - ends[1], 0)
    most = np.log2(len(np.unique(y)))  # no part exceeds the label's entropy, nor that this
    high = np.clip(centres.max(0) - ends[0], corrected, np.maximum(corrected, most))
    intervals = {name: (float(low[k]), float(high[k])) for k, name in enumerate(vars(plug_in))}
    return PIDEstimate(
        **vars(plug_in),
        shuffled=PID(*map(float, floor)),
        corrected=PID(*map(float, corrected)),
        intervals=intervals,
        replicates=replicates,
        shuffles=shuffles,
        seed=seed,
    )


def _parts(decompositions: list[PID]) -> np.ndarray:
    """[n, 4]."""
    return np.array([list(vars(each).values()) for each in decompositions])
