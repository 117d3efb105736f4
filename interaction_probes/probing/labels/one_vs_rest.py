"""AUC of several classes: one against the rest, the mean over the classes."""

import numpy as np

from .multilabel_metrics import column_auc
from .resampling import over_resamplings, where_undefined


def one_vs_rest_auc(
    labels: np.ndarray, log_probabilities: np.ndarray, counts: np.ndarray | None = None
) -> np.ndarray:
    """The mean AUC over the classes that the labels have, each against the rest: [b].

    It is scikit-learn's ``roc_auc_score(multi_class="ovr")``, which needs all classes. A resampling
    that lacks a class takes its AUC of all rows.

    Args:
        labels: int64 [m] in 0..k − 1, of two classes or more.
        log_probabilities: [m, k], in nats.
        counts: [b, m]; None for the rows as they are.
    """
    present = np.unique(labels)
    one_hot = labels[:, None] == present
    scores = one_vs_rest_log_odds(log_probabilities)[:, present]

    def measure(some: np.ndarray) -> dict[str, np.ndarray]:
        return {"auc": column_auc(one_hot, scores, some)}

    found = over_resamplings(measure, None, len(labels))["auc"]
    if counts is None:
        return found.mean(1)
    resampled = over_resamplings(measure, counts, len(labels))["auc"]
    return where_undefined(resampled, found[0]).mean(1)


def one_vs_rest_log_odds(log_probabilities: np.ndarray) -> np.ndarray:
    """log p − log (1 − p) of every class, [m, k], which ranks rows that are all but certain, too.

    1 − p of the likeliest class is summed from the others: taken from p, it has no digits near 0.
    """
    # Imported here: its import takes .2 s, which runs on images need not wait for.
    from scipy.special import logsumexp

    rest = np.empty_like(log_probabilities)
    likeliest = log_probabilities.argmax(1)[:, None]
    others = log_probabilities.copy()
    np.put_along_axis(others, likeliest, -np.inf, axis=1)
    rest[:] = np.log1p(-np.exp(others))  # of probabilities of at most ½
    np.put_along_axis(rest, likeliest, logsumexp(others, axis=1, keepdims=True), axis=1)
    return log_probabilities - rest
