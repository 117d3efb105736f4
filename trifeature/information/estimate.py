"""The decomposition of observed discrete variables: from samples of any origin to bits."""

from numpy.typing import ArrayLike

from .joint import counts_of
from .pid import PID, decompose


def estimate_pid(x1: ArrayLike, x2: ArrayLike, y: ArrayLike) -> PID:
    """The PID of I(X1, X2; Y) of observed values, by their frequencies, in bits.

    The plug-in estimate: frequencies stand for probabilities. From few samples it is biased
    upwards, synergy most, since cells (x1, x2) that were seen once seem to determine y; the same
    estimate on shuffled labels shows by how much.

    >>> pid = estimate_pid([0, 0, 1, 1], ["a", "b", "a", "b"], [0, 1, 1, 0])  # exclusive or
    >>> round(pid.synergy, 6), round(pid.redundancy, 6)
    (1.0, 0.0)

    Args:
        x1: source 1's value in each of n samples: [n] values of any kind, or [n, k], whose rows
            are the values (several modalities taken as one source).
        x2: source 2's values: [n] or [n, k].
        y: the label: [n] or [n, k].

    Raises:
        ValueError: no samples, arrays of different lengths or other forms, values that are missing
            or not finite, pandas objects of different indexes, more distinct values than
            half of the samples (of 50 or more, or of fractions), or too many to be counted.
    """
    return decompose(counts_of({"x1": x1, "x2": x2, "y": y}))
