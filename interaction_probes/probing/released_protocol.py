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

from interaction_probes.contrast.views.config import MILD_CROP
from interaction_probes.runtime.threads import threads_for

from .examples import Examples, check_examples
from .metrics import METRICS
from .model_selection import best_candidates, checked_split, score_candidates
from .pca_basis import PCABasis
from .result import ProbeResult, score_log_probabilities
from .solver.lbfgs import minimise
from .solver.objective import Logistic
from .solver.path import Fitted, solve
from .solver.preconditioner import block_preconditioner
from .splits import Split

#: Penalties λ of mean cross-entropy + λ ‖W‖₂ to choose from; ``--probe.strengths`` does not apply.
PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4)
#: What is done to every image of a pair, at fit and at test.
CROP = MILD_CROP


def public_probe(
    train: Examples,
    test: Examples,
    classes: int,
    split: Split,
    basis: PCABasis | None = None,
    resample_counts: np.ndarray | None = None,
    penalties: Sequence[float] = PENALTIES,
) -> ProbeResult:
    """Fit with the unsquared penalty and score once; every metric is of the one probe.

    Args:
        train: features [n, d] of cropped pairs and labels int64 [n].
        test: features [m, d] of cropped pairs and labels [m], read once.
        classes: number of classes.
        split: rows of the fitting pairs to fit and to validate on; the penalty of the best macro
            accuracy there is refitted on all.
        basis: of the fitting features, where several tasks share them; not standardised.
        resample_counts: [b, m] of a bootstrap over the scoring pairs, for intervals.
        penalties: λ to choose from.

    Raises:
        ValueError: as :func:`interaction_probes.probing.linear.linear_probe`.
    """
    check_examples(train, test, classes)
    features, labels = train
    rows = checked_split(labels, split)
    basis = basis or PCABasis.of(features, standardise=False)
    rotated = basis.rotated
    kept, held_out = (torch.from_numpy(part).to(features.device) for part in rows)
    y = torch.from_numpy(labels).to(features.device)
    path = fit_unsquared(rotated[kept], basis.variance, y[kept], classes, penalties)
    held_out_log_probabilities = path.log_probabilities(rotated[held_out]).double().cpu().numpy()
    scores = score_candidates(held_out_log_probabilities, labels[rows[1]])
    best = best_candidates(scores)["accuracy"]
    probe = fit_unsquared(rotated, basis.variance, y, classes, [penalties[best]])
    [log_probabilities] = probe.log_probabilities(basis.rotate(test[0])).double().cpu().numpy()
    same = dict.fromkeys(METRICS, log_probabilities)
    result = score_log_probabilities(same, test[1], resample_counts)
    return result.with_chosen(dict.fromkeys(METRICS, best), penalties, "strength")


def fit_unsquared(
    features: Tensor, variance: Tensor, labels: Tensor, classes: int, penalties: Sequence[float]
) -> Fitted:
    """Minimise mean cross-entropy + λ ‖W‖₂ for each λ; W has a row per class, bias not penalised.

    At a minimum W is 0, or the minimum with the squared penalty λ / ‖W‖. Two classes share one row
    w here, in place of the rows ± w / 2, whose norm is ‖w‖ / √2.

    Args:
        features: [n, d], rotated by a PCABasis.
        variance: [d], about the second moment of each rotated feature.
        labels: int64 [n] in 0..classes − 1.
        classes: number of classes.
        penalties: the λ.
    """
    problem = Logistic(features, variance, labels, classes)
    solutions = [
        _solve(problem, penalty / math.sqrt(2) if classes == 2 else penalty)
        for penalty in penalties
    ]
    parameters = torch.stack([solution for solution, _ in solutions])
    objectives = torch.stack([objective for _, objective in solutions])
    return Fitted(parameters[:, :, :-1], parameters[:, :, -1], objectives)


def _solve(problem: Logistic, penalty: float) -> tuple[Tensor, Tensor]:
    constant = problem.class_frequencies()
    loss, gradient = problem.cross_entropy(constant)
    if float(gradient[:, :-1].norm()) <= penalty:
        return constant, loss  # the minimum is W = 0: any weight costs more than it gains

    def evaluate(parameters: Tensor) -> tuple[Tensor, Tensor]:
        loss, gradient = problem.cross_entropy(parameters)
        weight = problem.penalty_mask * parameters
        norm = weight.norm()
        return loss + penalty * norm, gradient + penalty * weight / norm.clamp(min=1e-12)

    # Fixed-point iteration for the equivalent squared penalty λ / ‖W‖; three solves suffice.
    squared = penalty
    parameters = problem.origin
    for _ in range(3):
        parameters, _ = solve(problem, parameters, squared)
        squared = penalty / max(float((problem.penalty_mask * parameters).norm()), 1e-3)
    with threads_for(problem.features.numel()):
        return minimise(evaluate, parameters, block_preconditioner(problem, parameters, squared))
