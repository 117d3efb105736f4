"""Linear probes: what a frozen representation exposes about each task."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from interaction_probes.common.renamed import renamed_arguments

from .examples import Examples, as_examples, check_examples
from .metrics import METRICS, Metric
from .model_selection import best_candidates, check_penalties, checked_split, score_candidates
from .pca_basis import PCABasis
from .result import ProbeResult, score_log_probabilities
from .solver.lbfgs import TOLERANCE
from .solver.path import Fitted, fit_logistic
from .splits import Split

#: Penalties are compared by solutions of this relative accuracy, which takes half the passes over
#: the data. The probes that are scored are refitted to convergence.
SELECTION_TOLERANCE = 1e-5
#: Logits in memory at a time while penalties are compared: of a few classes those of all penalties.
LOGITS_AT_A_TIME = 1 << 22
#: A refit at the smallest penalty goes by continuation through this many larger penalties of the
#: grid: held-out pairs can have huge losses there, so the solution without them is a poor start.
CONTINUATION_STEPS = 2


@dataclass(frozen=True)
class PenaltySelection:
    """What held-out pairs chose among the solutions of k penalties.

    Attributes:
        best: metric → index of its penalty.
        cross_entropy: of the probe chosen for "bits" on the held-out pairs, in bits.
        path: the solutions on the pairs that were not held out, one per penalty.
    """

    best: dict[Metric, int]
    cross_entropy: float
    path: Fitted


@dataclass(frozen=True)
class SelectedProbes:
    """The refitted probe of each metric.

    Attributes:
        metrics: the metrics that have one.
        fitted: their solutions, in this order.
    """

    metrics: tuple[Metric, ...]
    fitted: Fitted

    def log_probabilities(self, rotated: Tensor) -> dict[Metric, np.ndarray]:
        """Metric → float64 [n, classes], in nats, of rotated features [n, d]."""
        stacked = self.fitted.log_probabilities(rotated).double().cpu().numpy()
        return dict(zip(self.metrics, stacked, strict=True))


@renamed_arguments(
    fit="train", score="test", strengths="penalties", spectrum="basis", weights="resample_counts"
)
def linear_probe(
    train: Examples,
    test: Examples,
    classes: int,
    penalties: Sequence[float],
    split: Split,
    basis: PCABasis | None = None,
    resample_counts: np.ndarray | None = None,
) -> ProbeResult:
    """Fit multinomial logistic regression on frozen features and score it once.

    Features are standardised with the statistics of the fitting pairs. The L2 penalties are chosen
    on the fitting pairs alone (:func:`choose_penalties`), then the probe is refitted on all of
    them.

    Args:
        train: features [n, d] and labels int64 [n] of the fitting pairs; arrays and tensors alike.
        test: features [m, d] and labels [m] of the scoring pairs, read once, at the very end.
        classes: number of classes.
        penalties: L2 penalties λ to choose from, for each metric its own.
        split: rows of the fitting pairs to fit and to validate on while penalties are chosen.
        basis: of the fitting features, where several tasks share them.
        resample_counts: [b, m] of a bootstrap over the scoring pairs, for intervals.

    Raises:
        ValueError: values that are missing or no numbers, labels outside 0..classes − 1, fewer
            pairs than classes, fewer than two classes among the fitting or the scoring pairs, a
            class of scoring pairs that no fitting pair has, too few fitting pairs to validate on, a
            pair both fitted and validated on, penalties that are not positive, features that are
            not finite or all constant, or resample counts of another number of pairs.
    """
    penalties = check_penalties(penalties)
    train, test = as_examples(train, "fitting"), as_examples(test, "scoring")
    check_examples(train, test, classes)
    features, labels = train
    basis = basis or PCABasis.of(features)
    rotated = basis.rotated
    selection = choose_penalties(rotated, basis.variance, labels, classes, penalties, split)
    probes = refit(rotated, basis.variance, labels, classes, penalties, selection)
    result = score_log_probabilities(
        probes.log_probabilities(basis.rotate(test[0])), test[1], resample_counts
    )
    return result.with_chosen(selection.best, penalties, "strength")


def choose_penalties(
    rotated: Tensor,
    variance: Tensor,
    labels: np.ndarray,
    classes: int,
    penalties: Sequence[float],
    split: Split,
) -> PenaltySelection:
    """Choose L2 penalties on held-out fitting pairs.

    Args:
        rotated: features [n, d] of the fitting pairs, rotated by a PCABasis.
        variance: [d], of the basis.
        labels: int64 [n].
        classes: number of classes.
        penalties: λ to choose from.
        split: rows to fit and rows to validate on.

    Raises:
        ValueError: too few pairs to fit or to validate on.
    """
    kept, held_out = checked_split(labels, split)
    device = rotated.device
    path = fit_logistic(
        rotated[torch.from_numpy(kept).to(device)],
        variance,
        torch.from_numpy(labels[kept]).to(device),
        classes,
        penalties,
        tolerance=SELECTION_TOLERANCE,
    )
    held_out_features = rotated[torch.from_numpy(held_out).to(device)]
    scores = []
    at_a_time = max(1, LOGITS_AT_A_TIME // (len(held_out) * classes))
    for first in range(0, len(penalties), at_a_time):
        some = path.select(range(len(penalties))[first : first + at_a_time])
        log_probabilities = some.log_probabilities(held_out_features).double().cpu().numpy()
        scores += score_candidates(log_probabilities, labels[held_out])
    best = best_candidates(scores)
    return PenaltySelection(best, scores[best["bits"]].cross_entropy, path)


def refit(
    rotated: Tensor,
    variance: Tensor,
    labels: np.ndarray,
    classes: int,
    penalties: Sequence[float],
    selection: PenaltySelection,
) -> SelectedProbes:
    """The selected probes, fitted to all fitting pairs.

    Args:
        rotated: as for :func:`choose_penalties`, as are the next four.
        variance: see there.
        labels: see there.
        classes: see there.
        penalties: see there.
        selection: what was chosen.
    """
    metrics = tuple(metric for metric in METRICS if metric in selection.best)
    chosen = [selection.best[metric] for metric in metrics]
    path = continuation(chosen, penalties)
    fitted = fit_logistic(
        rotated,
        variance,
        torch.from_numpy(labels).to(rotated.device),
        classes,
        [penalties[k] for k in path],
        selection.path.select(path),
        [TOLERANCE if k in chosen else SELECTION_TOLERANCE for k in path],
    )
    return SelectedProbes(metrics, fitted.select([path.index(k) for k in chosen]))


def continuation(chosen: Sequence[int], penalties: Sequence[float]) -> list[int]:
    """Indices of the penalties that a refit solves: the chosen ones, then larger ones on the way.

    Args:
        chosen: indices of the chosen penalties; one may be named twice.
        penalties: λ in any order.
    """
    descending = sorted(range(len(penalties)), key=lambda k: -penalties[k])
    smallest = max(descending.index(k) for k in chosen)
    larger = descending[max(0, smallest - CONTINUATION_STEPS) : smallest]
    return list(dict.fromkeys([*chosen, *larger]))
