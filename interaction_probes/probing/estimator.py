"""The linear probe as a scikit-learn estimator."""

from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from interaction_probes.common.values.containers import unwrapped
from interaction_probes.common.values.labels_and_numbers import check_same_index, discrete_codes

from .linear import choose_penalties, refit
from .metrics import METRICS, Metric
from .model_selection import check_penalties
from .pca_basis import PCABasis
from .solver.path import fit_logistic
from .splits import stratified_split
from .standardiser import Standardiser

#: Relative accuracy of the last refit's objective, in float64. Errors of probabilities go with its
#: square root.
FINAL_TOLERANCE = 1e-12


class LinearProbe(ClassifierMixin, BaseEstimator):
    """Multinomial logistic regression on standardised features, its L2 penalty chosen inside.

    The probe of every run (docs/measurement.md) for scikit-learn's pipelines, searches and
    cross-validation. `fit` standardises the features, holds out a stratified part of the samples,
    chooses the penalty λ of mean cross-entropy + λ/2 ‖W‖² by one metric on it, and refits on all
    samples to convergence. In scikit-learn's terms λ = 1 / (C · n).

    >>> import numpy as np
    >>> from sklearn.model_selection import cross_val_score
    >>> rng = np.random.default_rng(0)
    >>> labels = np.array(["cat", "dog", "owl"])[np.arange(150) % 3]
    >>> features = np.eye(3)[np.arange(150) % 3] + 0.1 * rng.normal(size=(150, 3))
    >>> cross_val_score(LinearProbe(), features, labels).mean()
    np.float64(1.0)

    Args:
        penalties: the λ to choose from. With a single one nothing is held out.
        validation_fraction: share of the samples that the penalty is chosen on, above 0 and at
            most one half. A class with a single sample is not held out.
        metric: by which the penalty is chosen: "accuracy" (macro), "auc" (of two classes; of more,
            as "accuracy") or "bits" (least cross-entropy).
        random_state: draws the samples that are held out: a seed, a RandomState, or None for
            another draw at each fit.

    Attributes:
        classes_: the labels [c], sorted.
        penalty_: the λ that was chosen.
        standardiser_: how features are scaled before the weights apply.
        coef_: float64 [c, d], or [1, d] for two classes: weights of the standardised features.
        intercept_: float64 [c], or [1].
        n_features_in_: d.
        feature_names_in_: names of the columns [d], where `X` had them.
    """

    def __init__(
        self,
        penalties: Sequence[float] = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7),
        validation_fraction: float = 0.4,
        metric: Metric = "accuracy",
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.penalties = penalties
        self.validation_fraction = validation_fraction
        self.metric = metric
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> "LinearProbe":
        """Choose the penalty and fit.

        Args:
            X: features [n, d].
            y: labels [n], of any kind that can be sorted.

        Raises:
            ValueError: an argument out of its range, one class only, labels that are missing or
                masked or of mixed kinds, features that are masked, no numbers, not finite or all
                constant, pandas objects of different indexes, or too few samples to choose a
                penalty on.
        """
        penalties = self._check_arguments()
        check_same_index({"X": X, "y": y})
        X, y = _features(X), _array(y, "y")
        matrix, labels = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        given = discrete_codes(labels if y is None else y, "y")
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        classes = len(self.classes_)
        if classes <= given.max():
            raise ValueError("y has labels that NumPy merges, 1 and '1' say: give one kind")
        if classes < 2:
            raise ValueError(
                f"a probe needs 2 classes or more; y has one class, {self.classes_[0]!r}"
            )
        self.standardiser_ = Standardiser.of(matrix)
        basis = PCABasis.of(torch.from_numpy(self.standardiser_(matrix)))
        del X, matrix  # memory: a thousand classes take several times the features
        exact = basis.rotated, basis.variance
        problem = exact[0].float(), exact[1].float()
        if len(penalties) == 1:
            self.penalty_ = penalties[0]
            fitted = fit_logistic(*problem, torch.from_numpy(codes), classes, penalties)
        else:
            rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
            split = stratified_split(codes, rng, float(self.validation_fraction))
            selection = choose_penalties(*problem, codes, classes, penalties, split)
            best = selection.best[self.metric]
            self.penalty_ = penalties[best]
            selection = replace(selection, best={self.metric: best})
            fitted = refit(*problem, codes, classes, penalties, selection).fitted
        del problem
        # float32 leaves a thousandth of a probability to the order of the samples.
        fitted = fit_logistic(
            *exact,
            torch.from_numpy(codes),
            classes,
            [self.penalty_],
            fitted.double(),
            FINAL_TOLERANCE,
        )
        # Back from the eigenbasis.
        weight = basis.rotate_back(fitted.weight[0]) / basis.scale.deviation
        self.coef_ = (weight * basis.scale.unit).numpy()
        self.intercept_ = (fitted.bias[0] - weight @ basis.scale.mean).numpy()
        return self

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Logits: [n, c], or [n] for two classes, those of the second."""
        check_is_fitted(self)
        matrix = validate_data(self, _features(X), dtype=np.float64, reset=False)
        logits = self.standardiser_(matrix) @ self.coef_.T + self.intercept_
        return logits[:, 0] if len(self.classes_) == 2 else logits

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The label of the largest logit: [n]."""
        logits = self._logits(X)
        return self.classes_[logits.argmax(1)]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Probabilities of the classes, in the order of `classes_`: [n, c]."""
        return softmax(self._logits(X), axis=1)

    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Their logarithms, in nats: [n, c]."""
        return log_softmax(self._logits(X), axis=1)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Macro (balanced) accuracy, unlike scikit-learn's classifiers, which give the plain one.

        Args:
            X: features [n, d].
            y: labels [n].
            sample_weight: [n], how much each sample counts.

        Raises:
            ValueError: features or labels that `fit` refuses.
        """
        check_same_index({"X": X, "y": y})
        y = _array(y, "y")
        discrete_codes(y, "y")
        return float(balanced_accuracy_score(y, self.predict(X), sample_weight=sample_weight))

    def _logits(self, X: ArrayLike) -> np.ndarray:
        """[n, c], for two classes as well."""
        logits = self.decision_function(X)
        return np.stack([np.zeros_like(logits), logits], axis=1) if logits.ndim == 1 else logits

    def _check_arguments(self) -> list[float]:
        """The penalties.

        Raises:
            ValueError: an argument out of its range.
        """
        penalties = check_penalties(self.penalties)
        fraction = self.validation_fraction
        if not isinstance(fraction, Real) or not 0 < fraction <= 0.5:
            raise ValueError(
                f"validation_fraction is a number above 0 and at most 0.5, not {fraction!r}"
            )
        if not isinstance(self.metric, str) or self.metric not in METRICS:
            raise ValueError(f"metric is one of {', '.join(METRICS)}, not {self.metric!r}")
        return penalties


def _features(X: ArrayLike) -> ArrayLike:
    """What scikit-learn's checks take: tensors as arrays, nothing masked, no texts or dates.

    Raises:
        ValueError: features that scikit-learn would read as other numbers.
    """
    read: ArrayLike = _array(X, "X")
    dtype = getattr(read, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "mMSU":
        raise ValueError(f"X holds no real numbers but {dtype}")
    return read


def _array(values: Any, name: str) -> Any:
    """Values as they are, but tensors as arrays.

    Raises:
        ValueError: values that are masked, of which scikit-learn drops the mask.
    """
    if isinstance(values, np.ma.MaskedArray) and (masked := np.ma.getmaskarray(values)).any():
        row = int(np.argwhere(masked)[0][0])
        raise ValueError(
            f"{name} has {int(masked.sum())} masked values, the first in row {row}: leave their "
            "rows out"
        )
    return unwrapped(values, name) if hasattr(values, "detach") else values
