"""Metrics of probes' predictions, for one or many weightings of the scored pairs at once."""

from dataclasses import dataclass

import numpy as np

#: Weights that are worked on together: of the quick preset's pairs all 500 replicates.
_TOGETHER = 1 << 22


@dataclass(frozen=True)
class Measured:
    """Metrics under b weightings of the pairs: [b] each.

    Attributes:
        accuracy: macro (balanced) accuracy, in [0, 1].
        auc: area under the ROC curve for two classes, else None.
        cross_entropy: in bits.
        bits: V-usable information H(Y) − cross-entropy, in bits (Xu et al., ICLR 2020).
    """

    accuracy: np.ndarray
    auc: np.ndarray | None
    cross_entropy: np.ndarray
    bits: np.ndarray


def measure(guesses: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> Measured:
    """All metrics of three probes' predicted log-probabilities, each metric of its own probe.

    A weight of k counts a pair k times; every metric is that of the data so expanded.

    Args:
        guesses: [3, m, classes], in nats: of the probe that is scored by accuracy, of that by AUC,
            and of that by cross-entropy and bits.
        labels: int64 [m].
        weights: [b, m], not negative; one weighting of ones where there are none.

    Raises:
        ValueError: two classes of which only one is present, where AUC is undefined.
    """
    if weights is None:
        weights = np.ones((1, len(labels)))
    rows = max(1, _TOGETHER // len(labels))
    parts = [
        _measure(guesses, labels, weights[k : k + rows].astype(float))
        for k in range(0, len(weights), rows)
    ]
    auc = [part.auc for part in parts if part.auc is not None]
    return Measured(
        accuracy=np.concatenate([part.accuracy for part in parts]),
        auc=np.concatenate(auc) if auc else None,
        cross_entropy=np.concatenate([part.cross_entropy for part in parts]),
        bits=np.concatenate([part.bits for part in parts]),
    )


def _measure(guesses: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Measured:
    accurate, ranked, calibrated = guesses
    classes = guesses.shape[2]
    entropy = cross_entropy(labels, calibrated, weights)
    return Measured(
        accuracy=macro_accuracy(labels, accurate.argmax(1), weights),
        auc=roc_auc(labels, ranked[:, 1] - ranked[:, 0], weights) if classes == 2 else None,
        cross_entropy=entropy,
        bits=label_entropy(labels, classes, weights) - entropy,
    )


def macro_accuracy(labels: np.ndarray, guesses: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over the classes present of the weighted fraction of each that is recognised: [b]."""
    member = np.eye(labels.max() + 1)[labels]  # [m, classes]
    counts = weights @ member
    hits = weights @ (member * (guesses == labels)[:, None])
    recalls = np.divide(hits, counts, out=np.zeros_like(hits), where=counts > 0)
    return recalls.sum(1) / (counts > 0).sum(1)


def cross_entropy(
    labels: np.ndarray, log_probabilities: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Weighted mean of the labels' negative log-probability, in bits, from nats: [b]."""
    surprise = -log_probabilities[np.arange(len(labels)), labels] / np.log(2)
    return weights @ surprise / weights.sum(1)


def label_entropy(labels: np.ndarray, classes: int, weights: np.ndarray) -> np.ndarray:
    """H(Y) of weighted labels, in bits: [b]."""
    frequency = weights @ np.eye(classes)[labels]
    frequency = frequency / frequency.sum(1, keepdims=True)
    logs = np.log2(frequency, out=np.zeros_like(frequency), where=frequency > 0)
    return -(frequency * logs).sum(1)


def roc_auc(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Chance that a positive scores above a negative, by weight; ties count one half: [b].

    Raises:
        ValueError: no positives or no negatives, where it is undefined. A weighting that leaves
            out one of the classes gives NaN instead.
    """
    if not (labels == 1).any() or (labels == 1).all():
        raise ValueError("AUC is undefined where all labels are the same")
    order = np.argsort(scores, kind="stable")
    first = np.concatenate([[True], np.diff(scores[order]) > 0])  # of each group of ties
    starts = np.flatnonzero(first)
    ranked = weights[:, order]
    positive = np.add.reduceat(ranked * (labels[order] == 1), starts, axis=1)
    negative = np.add.reduceat(ranked * (labels[order] != 1), starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    total = positive.sum(1) * negative.sum(1)
    wins = (positive * below).sum(1)
    return np.divide(wins, total, out=np.full(len(wins), np.nan), where=total > 0)
