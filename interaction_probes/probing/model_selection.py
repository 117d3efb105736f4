"""Which candidate the held-out fitting pairs choose: an L2 penalty, or the epoch of a network.

Each metric has its own choice. Accuracy is 50 % for every penalty while a rare class is never
predicted, so it cannot choose the probe that ranks best; and the most accurate probe is often
over-confident, so it cannot choose the one of the least cross-entropy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np

from .metrics import Metric, cross_entropy, log_odds, macro_accuracy, roc_auc
from .splits import Split

#: The penalties that the probes' float32 represents with room for squares.
SMALLEST_PENALTY, LARGEST_PENALTY = 1e-30, 1e30


@dataclass(frozen=True)
class CandidateScores:
    """One candidate's metrics on the held-out pairs.

    Attributes:
        accuracy: macro accuracy, in [0, 1].
        auc: area under the ROC curve; None but for two classes that are both held out.
        cross_entropy: in bits.
    """

    accuracy: float
    auc: float | None
    cross_entropy: float


def score_candidates(log_probabilities: np.ndarray, labels: np.ndarray) -> list[CandidateScores]:
    """Score each of k candidates.

    Args:
        log_probabilities: [k, n, classes], in nats, of the held-out pairs.
        labels: int64 [n].
    """
    once = np.ones((1, len(labels)))
    has_auc = log_probabilities.shape[2] == 2 and len(np.unique(labels)) == 2
    return [
        CandidateScores(
            float(macro_accuracy(labels, candidate.argmax(1), once)[0]),
            float(roc_auc(labels, log_odds(candidate), once)[0]) if has_auc else None,
            float(cross_entropy(labels, candidate, once)[0]),
        )
        for candidate in log_probabilities
    ]


def best_candidates(candidates: Sequence[CandidateScores]) -> dict[Metric, int]:
    """Metric → index of the candidate that is best by it.

    For "accuracy" and "auc" the largest one; ties go to the lower cross-entropy, so that the order
    of the candidates does not decide. For "bits" the least cross-entropy. Ties in all go to the
    first candidate. Where there is no AUC, "auc" has the candidate of "accuracy".
    """
    indices = range(len(candidates))
    accuracy = min(indices, key=lambda k: (-candidates[k].accuracy, candidates[k].cross_entropy))
    auc = accuracy
    if all(candidate.auc is not None for candidate in candidates):
        auc = min(indices, key=lambda k: (-(candidates[k].auc or 0.0), candidates[k].cross_entropy))
    bits = min(indices, key=lambda k: candidates[k].cross_entropy)
    return {"accuracy": accuracy, "auc": auc, "bits": bits}


def checked_split(labels: np.ndarray, split: Split) -> Split:
    """A split as two int64 arrays of rows, from lists, arrays of rows or boolean masks.

    Raises:
        ValueError: rows that are no whole numbers, no pair to validate on, fewer than two classes
            to fit, rows that do not exist, or a pair on both sides.
    """
    kept, held_out = (_row_numbers(np.asarray(part)) for part in split)
    rows = np.concatenate([kept, held_out])
    if len(rows) and not 0 <= rows.min() <= rows.max() < len(labels):
        raise ValueError(f"a split names rows outside 0..{len(labels) - 1}")
    if both := len(np.intersect1d(kept, held_out)):
        raise ValueError(f"{both} pairs are both fitted and validated on")
    if not len(held_out) or len(np.unique(labels[kept])) < 2:
        raise ValueError(
            f"{len(labels)} fitting pairs are too few to choose on: "
            f"{len(kept)} are left to fit and {len(held_out)} to validate on"
        )
    return kept, held_out


def _row_numbers(part: np.ndarray) -> np.ndarray:
    if part.dtype == bool:
        return np.flatnonzero(part)
    if len(part) and part.dtype.kind not in "iu":
        raise ValueError(f"a split is of whole row numbers, or a mask, not of {part.dtype}")
    return part.astype(np.int64)


def check_penalties(penalties: object) -> list[float]:
    """L2 penalties as floats.

    Args:
        penalties: a list, a tuple or an array [k].

    Raises:
        ValueError: anything but one or more positive numbers in the range of float32.
    """
    shown = " ".join(repr(penalties).split())
    wrong = ValueError(f"penalties are a list of positive numbers, one or more, not {shown}")
    if isinstance(penalties, (str, bytes)) or not hasattr(penalties, "__iter__"):
        raise wrong
    try:
        given = np.asarray(penalties).tolist() if hasattr(penalties, "__array__") else penalties
        values = list(given)
    except TypeError as error:  # of an array that is a single number
        raise wrong from error
    if not values or not all(
        isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) for value in values
    ):
        raise wrong
    floats = [float(value) for value in values]
    if not all(0 < value < np.inf for value in floats):
        raise ValueError(f"penalties are positive and finite, not {floats}")
    for value in floats:
        if not SMALLEST_PENALTY <= value <= LARGEST_PENALTY:
            raise ValueError(
                f"penalties (strengths) of probes lie in {SMALLEST_PENALTY:g} to "
                f"{LARGEST_PENALTY:g}, not {value:g}"
            )
    return floats
