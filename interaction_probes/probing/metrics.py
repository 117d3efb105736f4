"""Metrics of a probe's log-probabilities, under one or many resamplings of the pairs at once.

The bootstrap needs each metric of some 500 resamplings. scikit-learn's metrics take one resampling
at a time; these take all of them as one matrix product, and tests hold them to scikit-learn's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

#: The metrics for which a candidate (an L2 penalty, an epoch) is chosen. Cross-entropy is scored
#: with the candidate of "bits".
Metric = Literal["accuracy", "auc", "bits"]
METRICS: tuple[Metric, ...] = ("accuracy", "auc", "bits")
#: Resample counts in memory at a time: of the quick preset's pairs all 500 resamplings.
COUNTS_AT_A_TIME = 1 << 22


@dataclass(frozen=True)
class MetricValues:
    """Metrics under b resamplings of the pairs: [b] each.

    Attributes:
        accuracy: macro (balanced) accuracy, in [0, 1]. A class that a resampling lacks keeps the
            recall that it has without resampling.
        auc: area under the ROC curve for two classes, else None.
        cross_entropy: in bits.
        label_entropy: H(Y), in bits.
        bits: V-usable information H(Y) − cross-entropy, in bits (Xu et al., ICLR 2020). Resampled,
            it is the mean of the pointwise information log₂ q(y | x) / p(y), where p are the
            frequencies before resampling: H(Y) of a resampling would be too small once more.
    """

    accuracy: np.ndarray
    auc: np.ndarray | None
    cross_entropy: np.ndarray
    label_entropy: np.ndarray
    bits: np.ndarray


def measure(
    log_probabilities: Mapping[Metric, np.ndarray],
    labels: np.ndarray,
    resample_counts: np.ndarray | None = None,
) -> MetricValues:
    """All metrics, each of the probe that was chosen for it.

    A count of k repeats a pair k times; metrics are those of the data so expanded, but for what
    :class:`MetricValues` says of accuracy and bits.

    Args:
        log_probabilities: metric → [m, classes] of the probe chosen for it, in nats.
        labels: int64 [m].
        resample_counts: [b, m], not negative; without it, one row of ones.

    Raises:
        ValueError: two classes of which only one is present, where AUC is undefined.
    """
    once = resample_counts is None
    if resample_counts is None:
        resample_counts = np.ones((1, len(labels)))
    rows = max(1, COUNTS_AT_A_TIME // len(labels))
    parts = [
        _measure(log_probabilities, labels, resample_counts[k : k + rows].astype(float))
        for k in range(0, len(resample_counts), rows)
    ]
    auc = [part.auc for part in parts if part.auc is not None]
    surprise = np.concatenate([part.cross_entropy for part in parts])
    entropy = np.concatenate([part.label_entropy for part in parts])
    return MetricValues(
        accuracy=np.concatenate([part.accuracy for part in parts]),
        auc=np.concatenate(auc) if auc else None,
        cross_entropy=surprise,
        label_entropy=entropy,
        bits=entropy - surprise if once else np.concatenate([part.bits for part in parts]),
    )


def _measure(
    log_probabilities: Mapping[Metric, np.ndarray], labels: np.ndarray, counts: np.ndarray
) -> MetricValues:
    classes = log_probabilities["accuracy"].shape[1]
    surprise = cross_entropy(labels, log_probabilities["bits"], counts)
    frequency = np.bincount(labels, minlength=classes) / len(labels)
    constant = np.log(np.maximum(frequency, np.finfo(float).tiny))
    auc = None
    if classes == 2:
        auc = roc_auc(labels, log_odds(log_probabilities["auc"]), counts)
    return MetricValues(
        accuracy=macro_accuracy(labels, log_probabilities["accuracy"].argmax(1), counts),
        auc=auc,
        cross_entropy=surprise,
        label_entropy=label_entropy(labels, classes, counts),
        bits=counts @ (-constant[labels] / np.log(2)) / counts.sum(1) - surprise,
    )


def macro_accuracy(labels: np.ndarray, predictions: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean recall over the classes of the labels: [b].

    A class that a resampling lacks has its recall on all pairs there. Left out, it would make
    resamplings of chance read 100 %: those of a rare class that is never predicted.
    """
    member = np.eye(labels.max() + 1)[labels]  # [m, classes]
    hit = member * (predictions == labels)[:, None]
    sizes, hits = counts @ member, counts @ hit
    total = member.sum(0)
    unsampled = np.divide(hit.sum(0), total, out=np.zeros_like(total), where=total > 0)
    recalls = np.divide(hits, sizes, out=np.tile(unsampled, (len(counts), 1)), where=sizes > 0)
    return recalls.sum(1) / (total > 0).sum()


def missed_variance(
    labels: np.ndarray,
    counts: np.ndarray,
    predictions: np.ndarray,
    less: np.ndarray | None = None,
) -> float:
    """The variance of macro accuracy that a bootstrap misses where classes have few rows.

    Of the variance of a class's recall, resampling n independent units shows (n − 1) / n, and of a
    single unit none. The rest is added here, with the variance of hits and misses over all classes
    alike in place of the class's own. Some e⁻ⁿ of the resamplings lack a class of n units, which
    is how n is found; of classes that none lacks, little is missed. Where a probe predicts one
    class always, its accuracy is the same in any sample, and nothing is missed.

    Args:
        labels: int64 [m].
        counts: [b, m] of the bootstrap.
        predictions: int64 [m].
        less: those of another probe, of the difference to which the variance is meant.
    """
    probes = [predictions] if less is None else [predictions, less]
    if all((each == each[0]).all() for each in probes):
        return 0.0
    hits = (predictions == labels).astype(float)
    if less is not None:
        hits -= less == labels
    present, index, rows = np.unique(labels, return_inverse=True, return_counts=True)
    lacking = (counts @ np.eye(len(present), dtype=counts.dtype)[index] == 0).mean(0)
    missed = np.where(lacking > 0, -1 / np.log(lacking.clip(1e-9, np.exp(-1))), 0)
    mean, square = (np.bincount(index, values) / rows for values in (hits, hits**2))
    variance = square.mean() - mean.mean() ** 2
    return float(variance * (missed**2).sum() / len(present) ** 2)


def cross_entropy(
    labels: np.ndarray, log_probabilities: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Mean negative log-probability of the labels, in bits, from nats: [b]."""
    surprise = -log_probabilities[np.arange(len(labels)), labels] / np.log(2)
    return counts @ surprise / counts.sum(1)


def label_entropy(labels: np.ndarray, classes: int, counts: np.ndarray) -> np.ndarray:
    """H(Y) of the resampled labels, in bits: [b]."""
    frequency = counts @ np.eye(classes)[labels]
    frequency = frequency / frequency.sum(1, keepdims=True)
    logs = np.log2(frequency, out=np.zeros_like(frequency), where=frequency > 0)
    return -(frequency * logs).sum(1)


def column_entropy(labels: np.ndarray) -> float:
    """H(Y) of a column of labels of any kind, each counted once, in bits."""
    share = np.unique(labels, return_counts=True)[1] / len(labels)
    return float(-(share * np.log2(share)).sum())


def log_odds(log_probabilities: np.ndarray) -> np.ndarray:
    """What ranks pairs for AUC: the log-odds [m] of class 1, from [m, 2]."""
    return log_probabilities[:, 1] - log_probabilities[:, 0]


def roc_auc(labels: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Probability that a positive scores above a negative, ties counting one half: [b].

    Raises:
        ValueError: no positives or no negatives, where it is undefined. A resampling without one
            of the classes gives NaN instead.
    """
    if not (labels == 1).any() or (labels == 1).all():
        raise ValueError("AUC is undefined where all labels are the same")
    order = np.argsort(scores, kind="stable")
    first = np.concatenate([[True], np.diff(scores[order]) > 0])  # of each group of ties
    starts = np.flatnonzero(first)
    ranked = counts[:, order]
    positive = np.add.reduceat(ranked * (labels[order] == 1), starts, axis=1)
    negative = np.add.reduceat(ranked * (labels[order] != 1), starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    total = positive.sum(1) * negative.sum(1)
    wins = (positive * below).sum(1)
    return np.divide(wins, total, out=np.full(len(wins), np.nan), where=total > 0)
