"""Linear probes: what a frozen representation exposes about each task."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.stats import rankdata
from torch import Tensor

from .logistic import Spectrum, fit_logistic

_VALIDATION_SHARE = 0.4


@dataclass(frozen=True)
class Score:
    """One probe's result on the scoring pairs.

    Attributes:
        accuracy: macro (balanced) accuracy, in [0, 1]: the paper's number.
        auc: area under the ROC curve for two classes, else None.
        cross_entropy: of the probe, in bits.
        bits: V-usable information H(Y) − cross-entropy, in bits.
    """

    accuracy: float
    auc: float | None
    cross_entropy: float
    bits: float


def linear_probe(
    fit: tuple[Tensor, np.ndarray],
    score: tuple[Tensor, np.ndarray],
    classes: int,
    strengths: Sequence[float],
    rng: np.random.Generator,
    spectrum: Spectrum | None = None,
) -> Score:
    """Fit multinomial logistic regression on frozen features and score it once.

    Features are standardised with the statistics of the fitting pairs. The L2 strength is chosen
    on a stratified 60/40 split of the fitting pairs, then the probe is refitted on all of them:
    for accuracy and AUC by macro accuracy, for cross-entropy and bits by cross-entropy, since the
    most accurate probe is often an over-confident one.

    Args:
        fit: features [n, d] and labels int64 [n] to fit and to choose the strength on.
        score: features [m, d] and labels [m] that are read once, at the very end.
        classes: number of classes.
        strengths: L2 strengths λ to choose from; ties go to the one that stands first.
        rng: draws the 60/40 split.
        spectrum: of the fitting features, where several tasks share them.

    Raises:
        ValueError: fewer than two classes among the fitting labels, or features not finite.
    """
    features, labels = fit
    if len(np.unique(labels)) < 2:
        raise ValueError("the fitting pairs have a single class: nothing to probe")
    if not (torch.isfinite(features).all() and torch.isfinite(score[0]).all()):
        raise ValueError("the features are not finite")
    spectrum = spectrum or Spectrum.of(features)
    rotated, scored = spectrum.rotate(features), spectrum.rotate(score[0])
    y = torch.from_numpy(labels).to(features.device)
    kept, held_out = (
        torch.from_numpy(part).to(features.device) for part in stratified_split(labels, rng)
    )
    tried = fit_logistic(rotated[kept], spectrum.variance, y[kept], classes, strengths)
    guesses = tried.log_probabilities(rotated[held_out]).double().cpu().numpy()
    validation = [measure(guess, labels[held_out.cpu().numpy()]) for guess in guesses]
    by_accuracy = strengths[int(np.argmax([v.accuracy for v in validation]))]
    by_entropy = strengths[int(np.argmin([v.cross_entropy for v in validation]))]
    final = fit_logistic(rotated, spectrum.variance, y, classes, [by_accuracy, by_entropy])
    accurate, calibrated = (
        measure(guess, score[1]) for guess in final.log_probabilities(scored).double().cpu().numpy()
    )
    return replace(accurate, cross_entropy=calibrated.cross_entropy, bits=calibrated.bits)


def stratified_split(labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows to fit (60 %) and rows to validate (40 %), each class in the same proportion."""
    order = rng.permutation(len(labels))
    ranked = order[np.argsort(labels[order], kind="stable")]
    counts = np.bincount(labels)
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (rank + 0.5) / np.repeat(counts, counts)
    return np.sort(ranked[share >= _VALIDATION_SHARE]), np.sort(ranked[share < _VALIDATION_SHARE])


def macro_accuracy(labels: np.ndarray, guesses: np.ndarray) -> float:
    """Mean over the classes present of the fraction of each that is recognised."""
    hits = np.bincount(labels, guesses == labels)
    counts = np.bincount(labels)
    return float((hits[counts > 0] / counts[counts > 0]).mean())


def roc_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Chance that a positive scores above a negative; ties count one half."""
    positives = labels == 1
    n_positive, n_negative = int(positives.sum()), int((~positives).sum())
    ranks = rankdata(scores)[positives].sum()
    return float((ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def measure(log_probabilities: np.ndarray, labels: np.ndarray) -> Score:
    """Metrics of predicted log-probabilities [n, classes] in nats."""
    frequency = np.bincount(labels) / len(labels)
    frequency = frequency[frequency > 0]
    uncertainty = float(-(frequency * np.log2(frequency)).sum())
    cross_entropy = float(-log_probabilities[np.arange(len(labels)), labels].mean() / np.log(2))
    binary = log_probabilities.shape[1] == 2
    return Score(
        accuracy=macro_accuracy(labels, log_probabilities.argmax(1)),
        auc=roc_auc(labels, log_probabilities[:, 1] - log_probabilities[:, 0]) if binary else None,
        cross_entropy=cross_entropy,
        bits=uncertainty - cross_entropy,
    )
