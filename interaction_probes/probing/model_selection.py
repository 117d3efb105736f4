"""What held-out fitting pairs choose: among strengths, or among the epochs of a network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .metrics import cross_entropy, macro_accuracy, roc_auc
from .splits import Split


@dataclass(frozen=True)
class Validated:
    """What one candidate reads on the pairs that were held out.

    Attributes:
        accuracy: macro accuracy, in [0, 1].
        auc: area under the ROC curve; None but for two classes that are both held out.
        entropy: cross-entropy, in bits.
    """

    accuracy: float
    auc: float | None
    entropy: float


@dataclass(frozen=True)
class Places:
    """The candidates that were chosen, by their places; each metric is scored by its own.

    Attributes:
        accurate: of the best macro accuracy, for accuracy.
        ranked: of the best AUC, for AUC: accuracy is 50 % whatever the candidate while a rare label
            is never guessed, and says nothing of which one ranks best. The accurate one where there
            is no AUC.
        calibrated: of the least cross-entropy, for cross-entropy and bits, since the most accurate
            probe is often an over-confident one.
    """

    accurate: int
    ranked: int
    calibrated: int

    def __iter__(self) -> Iterator[int]:
        return iter((self.accurate, self.ranked, self.calibrated))


def validate(guesses: np.ndarray, labels: np.ndarray) -> list[Validated]:
    """What each of k candidates' log-probabilities [k, n, classes], in nats, read on labels [n]."""
    ones = np.ones((1, len(labels)))
    ranks = guesses.shape[2] == 2 and len(np.unique(labels)) == 2
    return [
        Validated(
            float(macro_accuracy(labels, guess.argmax(1), ones)[0]),
            float(roc_auc(labels, guess[:, 1] - guess[:, 0], ones)[0]) if ranks else None,
            float(cross_entropy(labels, guess, ones)[0]),
        )
        for guess in guesses
    ]


def choose(candidates: Sequence[Validated]) -> Places:
    """The best candidate for each metric.

    Ties in accuracy or AUC go to the lower cross-entropy, so that the order of the candidates does
    not decide what they read; ties in all go to the one that stands first.
    """
    places = range(len(candidates))
    accurate = min(places, key=lambda k: (-candidates[k].accuracy, candidates[k].entropy))
    calibrated = min(places, key=lambda k: candidates[k].entropy)
    ranked = accurate
    if all(candidate.auc is not None for candidate in candidates):
        ranked = min(places, key=lambda k: (-(candidates[k].auc or 0.0), candidates[k].entropy))
    return Places(accurate, ranked, calibrated)


def check_split(labels: np.ndarray, split: Split) -> None:
    """Refuse a split on which nothing can be chosen.

    Raises:
        ValueError: no pair to validate on, or fewer than two classes to fit.
    """
    kept, held_out = split
    if not len(held_out) or len(np.unique(labels[kept])) < 2:
        raise ValueError(
            f"{len(labels)} fitting pairs are too few to choose a strength on: "
            f"{len(kept)} are left to fit and {len(held_out)} to validate on"
        )
