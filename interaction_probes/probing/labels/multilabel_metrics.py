"""Metrics of a multi-label's logits, per column and under many resamplings at once."""

from collections.abc import Mapping

import numpy as np

from interaction_probes.probing.metrics import roc_auc

from .resampling import Values

#: The metrics, each of which chooses a penalty of its own.
METRICS = ("macro_f1", "micro_f1", "auc", "bits")


def multilabel_metrics(
    labels: np.ndarray, logits: Mapping[str, np.ndarray], counts: np.ndarray
) -> Values:
    """Every metric of every column.

    A column is predicted where its probability is above .5, its logit above 0. A column without a
    positive row has an F1 of 0, as scikit-learn has it (``zero_division=0``), and no AUC.

    Args:
        labels: bool [m, k].
        logits: metric → [m, k], of the probe that was chosen for it.
        counts: float64 [b, m].

    Returns:
        ``macro_f1`` (F1 of each column), ``auc``, ``cross_entropy``, ``bits`` and
        ``label_entropy``, in bits, [b, k] each; ``micro_f1`` [b, 1]. F1 and AUC are NaN where a
        resampling lacks the positive (or the negative) rows that a column has. Bits are, as of
        classes (:class:`interaction_probes.probing.metrics.MetricValues`), the mean of the
        pointwise information at the frequencies before resampling.
    """
    total = counts.sum(1, keepdims=True)
    positives = counts @ labels
    hits, predicted = _hits(labels, logits["macro_f1"] > 0, counts)
    f1 = _ratio(2 * hits, positives + predicted)
    hits, predicted = _hits(labels, logits["micro_f1"] > 0, counts)
    micro = _ratio(2 * hits.sum(1), (positives + predicted).sum(1))
    signed = np.where(labels, -logits["bits"], logits["bits"])
    surprise = np.logaddexp(0, signed) / np.log(2)
    share = labels.mean(0)
    alone = -np.log2(np.where(labels, share, 1 - share))  # of labels that occur: above 0
    cross_entropy = counts @ surprise / total
    return {
        "macro_f1": np.where((positives == 0) & labels.any(0), np.nan, f1),
        "micro_f1": micro[:, None],
        "auc": column_auc(labels, logits["auc"], counts),
        "cross_entropy": cross_entropy,
        "bits": counts @ alone / total - cross_entropy,
        "label_entropy": _binary_entropy(positives / total),
    }


def column_auc(labels: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """AUC of every column, [b, k]; NaN where all its rows are positive, or all negative."""
    found = np.full((len(counts), labels.shape[1]), np.nan)
    for k in np.flatnonzero(labels.any(0) & ~labels.all(0)):
        found[:, k] = roc_auc(labels[:, k].astype(np.int64), scores[:, k], counts)
    return found


def multilabel_scores(found: Values) -> dict[str, float]:
    """Means of F1 and AUC over the columns, sums of bits; an AUC that no column has is absent.

    Args:
        found: of :func:`multilabel_metrics`, of the rows as they are: one row each.
    """
    scores = {name: float(found[name].mean()) for name in ("macro_f1", "micro_f1")}
    if not np.isnan(found["auc"]).all():
        scores["auc"] = float(np.nanmean(found["auc"]))
    return scores | {name: float(np.nansum(found[name])) for name in ("cross_entropy", "bits")}


def _hits(
    labels: np.ndarray, predicted: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How many rows of each column are predicted rightly, and how many are predicted: [b, k]."""
    return counts @ (labels & predicted), counts @ predicted


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _binary_entropy(share: np.ndarray) -> np.ndarray:
    logs = [np.log2(p, out=np.zeros_like(p), where=p > 0) for p in (share, 1 - share)]
    return -share * logs[0] - (1 - share) * logs[1]
