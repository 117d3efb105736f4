"""The linear probe by scikit-learn's own LogisticRegression: a check of this toolkit's solver."""

import threading
import warnings
from dataclasses import replace

import numpy as np
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from .examples import Examples, check_examples
from .metrics import METRICS
from .result import ProbeResult, score_log_probabilities
from .standardiser import FeatureScale

#: L-BFGS stops at a gradient of this size, or after so many iterations.
GRADIENT_TOLERANCE = 1e-6
MAX_ITERATIONS = 20_000
#: Tasks are probed in threads, and Python's list of warnings is one for all of them.
_WARNINGS = threading.Lock()


def sklearn_probe(
    train: Examples,
    test: Examples,
    classes: int,
    penalty: float,
    resample_counts: np.ndarray | None = None,
) -> ProbeResult:
    """Fit scikit-learn's LogisticRegression at a given penalty and score it once.

    Every metric is of the one probe. Features are standardised as for the linear probe and passed
    on in float64. C = 1 / (λ n) makes the objective that of
    :func:`interaction_probes.probing.linear.linear_probe`.

    Args:
        train: features [n, d] and labels int64 [n] of the fitting pairs.
        test: features [m, d] and labels [m] of the scoring pairs, read once.
        classes: number of classes.
        penalty: the L2 penalty λ.
        resample_counts: [b, m] of a bootstrap over the scoring pairs, for intervals.

    Returns:
        The metrics; in `chosen`, ``accuracy_strength`` is the λ, and ``converged`` is 1, or 0 if
        scikit-learn warned that its solver did not converge.

    Raises:
        ValueError: as :func:`interaction_probes.probing.linear.linear_probe`, but for the split.
    """
    check_examples(train, test, classes)
    scale = FeatureScale.of(train[0])
    x, scored = (scale(features).double().cpu().numpy() for features in (train[0], test[0]))
    labels = train[1]
    model = LogisticRegression(
        C=1 / (penalty * len(labels)), tol=GRADIENT_TOLERANCE, max_iter=MAX_ITERATIONS
    )
    converged = _fit(model, x, labels)
    logits = model.decision_function(scored)
    if logits.ndim == 1:
        logits = np.stack([np.zeros_like(logits), logits], axis=1)
    # A class without fitting pairs is never predicted.
    found = np.full((len(scored), classes), np.log(np.finfo(float).tiny))
    found[:, model.classes_] = log_softmax(logits, axis=1)
    result = score_log_probabilities(dict.fromkeys(METRICS, found), test[1], resample_counts)
    return replace(result, chosen={"accuracy_strength": penalty, "converged": float(converged)})


def _fit(model: LogisticRegression, features: np.ndarray, labels: np.ndarray) -> bool:
    """Fit in place; whether scikit-learn says that it converged."""
    with _WARNINGS, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(features, labels)
    others = [each for each in caught if not issubclass(each.category, ConvergenceWarning)]
    for each in others:
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    return len(others) == len(caught)
