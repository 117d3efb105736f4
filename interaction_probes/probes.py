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


@dataclass(frozen=True)
class Strengths:
    """The L2 strengths that validation chose.

    Attributes:
        accurate: the λ of the best macro accuracy, for accuracy and AUC.
        calibrated: the λ of the least cross-entropy, for cross-entropy and bits, since the most
            accurate probe is often an over-confident one.
    """

    accurate: float
    calibrated: float


def linear_probe(
    fit: tuple[Tensor, np.ndarray],
    score: tuple[Tensor, np.ndarray],
    classes: int,
    strengths: Sequence[float],
    rng: np.random.Generator,
    spectrum: Spectrum | None = None,
) -> Score:
    """Fit multinomial logistic regression on frozen features and score it once.

    Features are standardised with the statistics of the fitting pairs. The L2 strengths are chosen
    among the fitting pairs alone (:func:`choose_strengths`), then the probe is refitted on all of
    them.

    Args:
        fit: features [n, d] and labels int64 [n] to fit and to choose the strengths on.
        score: features [m, d] and labels [m] that are read once, at the very end.
        classes: number of classes.
        strengths: L2 strengths λ to choose from; ties go to the one that stands first.
        rng: draws the split on which strengths are chosen.
        spectrum: of the fitting features, where several tasks share them.

    Raises:
        ValueError: labels outside 0..classes − 1, fewer than two classes among the fitting or the
            scoring pairs, too few fitting pairs to validate on, or features that are not finite.
    """
    features, labels = fit
    scored_features, scored_labels = score
    _check("fitting", features, labels, classes)
    _check("scoring", scored_features, scored_labels, classes)
    spectrum = spectrum or Spectrum.of(features)
    rotated = spectrum.rotate(features)
    chosen = choose_strengths(rotated, spectrum.variance, labels, classes, strengths, rng)
    final = fit_logistic(
        rotated,
        spectrum.variance,
        torch.from_numpy(labels).to(features.device),
        classes,
        [chosen.accurate, chosen.calibrated],
    )
    guesses = final.log_probabilities(spectrum.rotate(scored_features)).double().cpu().numpy()
    accurate, calibrated = (measure(guess, scored_labels) for guess in guesses)
    return replace(accurate, cross_entropy=calibrated.cross_entropy, bits=calibrated.bits)


def choose_strengths(
    rotated: Tensor,
    variance: Tensor,
    labels: np.ndarray,
    classes: int,
    strengths: Sequence[float],
    rng: np.random.Generator,
) -> Strengths:
    """Choose L2 strengths on a stratified 60/40 split of the fitting pairs.

    Args:
        rotated: features [n, d] of the fitting pairs, rotated by a :class:`Spectrum`.
        variance: [d], the spectrum's.
        labels: int64 [n].
        classes: number of classes.
        strengths: λ to choose from; ties go to the one that stands first.
        rng: draws the split.

    Raises:
        ValueError: too few pairs to validate on.
    """
    kept, held_out = stratified_split(labels, rng)
    if not len(held_out):
        raise ValueError(
            f"{len(labels)} fitting pairs are too few to choose a strength on: no class has two"
        )
    device = rotated.device
    y = torch.from_numpy(labels[kept]).to(device)
    tried = fit_logistic(
        rotated[torch.from_numpy(kept).to(device)], variance, y, classes, strengths
    )
    guesses = tried.log_probabilities(rotated[torch.from_numpy(held_out).to(device)])
    validation = labels[held_out]
    by_strength = guesses.double().cpu().numpy()
    accuracies = [macro_accuracy(validation, guess.argmax(1)) for guess in by_strength]
    entropies = [cross_entropy(validation, guess) for guess in by_strength]
    return Strengths(strengths[int(np.argmax(accuracies))], strengths[int(np.argmin(entropies))])


def stratified_split(labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows to fit (60 %) and rows to validate (40 %), each class in the same proportion.

    A class with a single row is fitted, never validated.
    """
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


def cross_entropy(labels: np.ndarray, log_probabilities: np.ndarray) -> float:
    """Mean negative log-probability of the labels, in bits, from [n, classes] in nats."""
    return float(-log_probabilities[np.arange(len(labels)), labels].mean() / np.log(2))


def roc_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Chance that a positive scores above a negative; ties count one half.

    Raises:
        ValueError: no positives or no negatives, where it is undefined.
    """
    positives = labels == 1
    n_positive, n_negative = int(positives.sum()), int((~positives).sum())
    if not (n_positive and n_negative):
        raise ValueError("AUC is undefined where all labels are the same")
    ranks = rankdata(scores)[positives].sum()
    return float((ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def measure(log_probabilities: np.ndarray, labels: np.ndarray) -> Score:
    """Metrics of predicted log-probabilities [n, classes] in nats."""
    frequency = np.bincount(labels) / len(labels)
    frequency = frequency[frequency > 0]
    uncertainty = float(-(frequency * np.log2(frequency)).sum())
    entropy = cross_entropy(labels, log_probabilities)
    binary = log_probabilities.shape[1] == 2
    return Score(
        accuracy=macro_accuracy(labels, log_probabilities.argmax(1)),
        auc=roc_auc(labels, log_probabilities[:, 1] - log_probabilities[:, 0]) if binary else None,
        cross_entropy=entropy,
        bits=uncertainty - entropy,
    )


def _check(name: str, features: Tensor, labels: np.ndarray, classes: int) -> None:
    if len(features) != len(labels):
        raise ValueError(f"{len(features)} {name} features have {len(labels)} labels")
    found = np.unique(labels)
    if len(found) < 2:
        raise ValueError(
            f"all {len(labels)} {name} pairs are of one class: nothing to probe; more pairs or "
            "more factor values may help"
        )
    if found[0] < 0 or found[-1] >= classes:
        raise ValueError(f"labels of the {name} pairs lie outside 0..{classes - 1}")
    if not torch.isfinite(features).all():
        raise ValueError(f"the features of the {name} pairs are not finite")
