"""The linear probe as the public research code scores it, for parity with published numbers.

It departs from the protocol of this toolkit in its penalty, the norm of the weights and not its
square, and in its inputs, which are cropped at random at fit and at test: each image of each pair
anew.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.views.augment import ViewConfig
from interaction_probes.runtime.threads import threads_for

from .lbfgs import minimise
from .linear import Examples, Score, check_examples, score_guesses
from .logistic import Fitted, Logistic
from .model_selection import Places, check_split, choose, validate
from .pca_basis import PCABasis
from .splits import Split

#: Strengths λ of mean cross-entropy + λ ‖W‖₂ to choose from.
STRENGTHS = (1e-1, 1e-2, 1e-3, 1e-4)
#: What is done to every image of a pair, at fit and at test.
CROP = ViewConfig(
    crop_scale=(0.5, 1.0),
    jitter_probability=0.0,
    grayscale_probability=0.0,
    blur_probability=0.0,
    flip_probability=0.0,
)


def public_probe(
    fit: Examples,
    score: Examples,
    classes: int,
    split: Split,
    spectrum: PCABasis | None = None,
    weights: np.ndarray | None = None,
    strengths: Sequence[float] = STRENGTHS,
) -> Score:
    """Fit with the unsquared penalty and score once; every metric is of the one probe.

    Args:
        fit: features [n, d] of cropped pairs and labels int64 [n].
        score: features [m, d] of cropped pairs and labels [m], read once.
        classes: number of classes.
        split: rows of the fitting pairs to fit and to validate on; the strength of the best macro
            accuracy there is refitted on all.
        spectrum: of the fitting features, where several tasks share them; not standardised.
        weights: [b, m] of a bootstrap over the scoring pairs, for intervals.
        strengths: λ to choose from.

    Raises:
        ValueError: as :func:`interaction_probes.probing.linear.linear_probe`.
    """
    check_examples(fit, score, classes)
    features, labels = fit
    check_split(labels, split)
    spectrum = spectrum or PCABasis.of(features, standardise=False)
    rotated = spectrum.rotate(features)
    kept, held_out = (torch.from_numpy(rows).to(features.device) for rows in split)
    y = torch.from_numpy(labels).to(features.device)
    tried = fit_unsquared(rotated[kept], spectrum.variance, y[kept], classes, strengths)
    guesses = tried.log_probabilities(rotated[held_out]).double().cpu().numpy()
    best = choose(validate(guesses, labels[split[1]])).accurate
    final = fit_unsquared(rotated, spectrum.variance, y, classes, [strengths[best]])
    guesses = final.log_probabilities(spectrum.rotate(score[0])).double().cpu().numpy()
    found = score_guesses(guesses.repeat(3, axis=0), score[1], weights)
    return found.choosing(Places(best, best, best), strengths, "strength")


def fit_unsquared(
    features: Tensor, variance: Tensor, labels: Tensor, classes: int, strengths: Sequence[float]
) -> Fitted:
    """Minimise mean cross-entropy + λ ‖W‖₂ for each λ; W has a row per class, bias not penalised.

    At a minimum W is 0 or that of the squared penalty of strength λ / ‖W‖. Two classes share one
    row w here, which stands for the rows ± w / 2, whose norm is ‖w‖ / √2.

    Args:
        features: [n, d], rotated by a PCABasis.
        variance: [d], about the second moment of each rotated feature.
        labels: int64 [n] in 0..classes − 1.
        classes: number of classes.
        strengths: the λ.
    """
    problem = Logistic(features, variance, labels, classes)
    solutions = [
        _solve(problem, strength / math.sqrt(2) if classes == 2 else strength)
        for strength in strengths
    ]
    points = torch.stack([point for point, _ in solutions])
    objectives = torch.stack([objective for _, objective in solutions])
    return Fitted(points[:, :, :-1], points[:, :, -1], objectives)


def _solve(problem: Logistic, strength: float) -> tuple[Tensor, Tensor]:
    # The bias alone: a penalty that no weight can bear.
    constant = problem.frequencies()
    loss, gradient = problem.cross_entropy(constant)
    if float(gradient[:, :-1].norm()) <= strength:
        return constant, loss  # 0 is a minimum: no direction gains more than it costs

    def evaluate(point: Tensor) -> tuple[Tensor, Tensor]:
        loss, gradient = problem.cross_entropy(point)
        weight = problem.weighed * point
        norm = weight.norm()
        return loss + strength * norm, gradient + strength * weight / norm.clamp(min=1e-12)

    # The square of the right strength is near once its norm is known: two rounds find both.
    squared = strength
    point = problem.origin
    for _ in range(3):
        point, _ = problem.solve(point, squared)
        squared = strength / max(float((problem.weighed * point).norm()), 1e-3)
    with threads_for(problem.features.numel()):
        return minimise(evaluate, point, problem.precondition(point, squared))
