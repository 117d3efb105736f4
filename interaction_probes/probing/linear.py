"""Linear probes: what a frozen representation exposes about each task."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from interaction_probes.common.renamed import renamed_arguments
from interaction_probes.common.values.labels_and_numbers import check_same_index, numbers

from .intervals import Interval, metric_intervals
from .lbfgs import TOLERANCE
from .logistic import Fitted, fit_logistic
from .metrics import METRICS, Metric, MetricValues, measure, missed_variance
from .model_selection import best_candidates, check_penalties, check_split, score_candidates
from .pca_basis import PCABasis
from .splits import Split

#: Penalties are compared by solutions of this relative accuracy, which takes half the passes over
#: the data. The probes that are scored are refitted to convergence.
SELECTION_TOLERANCE = 1e-5
#: Logits in memory at a time while penalties are compared: of a few classes those of all penalties.
LOGITS_AT_A_TIME = 1 << 22
#: A refit at the smallest penalty goes by continuation through this many larger penalties of the
#: grid: held-out pairs can have huge losses there, so the solution without them is a poor start.
CONTINUATION_STEPS = 2

#: Features [n, d] and labels int64 [n].
Examples = tuple[Tensor, np.ndarray]


@dataclass(frozen=True)
class ProbeResult:
    """One probe's metrics on the test pairs.

    Attributes:
        accuracy: macro (balanced) accuracy, in [0, 1]: the paper's number.
        auc: area under the ROC curve for two classes, else None.
        cross_entropy: of the probe, in bits.
        bits: V-usable information H(Y) − cross-entropy, in bits.
        intervals: metric → its interval, where resample counts of a bootstrap were given.
        chosen: what held-out fitting pairs chose, by name, such as ``accuracy_strength``, the L2
            penalty of the probe whose accuracy is scored.
        predicted: int64 [m], the class that the probe scored by accuracy predicts for each pair.
        replicates: the metrics under those resample counts, [b] each.
    """

    accuracy: float
    auc: float | None
    cross_entropy: float
    bits: float
    intervals: dict[str, Interval] = field(default_factory=dict)
    chosen: dict[str, float] = field(default_factory=dict)
    predicted: np.ndarray | None = field(default=None, compare=False, repr=False)
    replicates: MetricValues | None = field(default=None, compare=False, repr=False)

    def metrics(self) -> Iterator[tuple[str, float]]:
        """(name, value) of each metric, of the ends of its interval, and of what was chosen."""
        for name in ("accuracy", "auc", "cross_entropy", "bits"):
            value = getattr(self, name)
            if value is not None:
                yield name, value
            if name in self.intervals:
                yield f"{name}_low", self.intervals[name].low
                yield f"{name}_high", self.intervals[name].high
        yield from self.chosen.items()

    def with_chosen(
        self, best: Mapping[Metric, int], candidates: Sequence[float], kind: str
    ) -> "ProbeResult":
        """The same result with the candidate of each metric: ``accuracy_strength`` and so on.

        Args:
            best: metric → index of its candidate.
            candidates: values of all candidates.
            kind: what they are, such as "strength" or "epoch".
        """
        found = {
            f"{metric}_{kind}": float(candidates[best[metric]])
            for metric in METRICS
            if metric != "auc" or self.auc is not None
        }
        return replace(self, chosen={**self.chosen, **found})


#: The name of :class:`ProbeResult` in earlier versions.
Score = ProbeResult


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
            pairs than classes, fewer than two classes among the fitting or the scoring pairs, too
            few fitting pairs to validate on, a pair both fitted and validated on, penalties that
            are not positive, or features that are not finite or all constant.
    """
    penalties = check_penalties(penalties)
    train, test = as_examples(train, "fitting"), as_examples(test, "scoring")
    check_examples(train, test, classes)
    if resample_counts is not None and np.shape(resample_counts)[1:] != (len(test[1]),):
        raise ValueError(
            f"resample counts are [b, {len(test[1])}], not {list(np.shape(resample_counts))}"
        )
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
    kept, held_out = split
    check_split(labels, split)
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


def score_log_probabilities(
    log_probabilities: Mapping[Metric, np.ndarray],
    labels: np.ndarray,
    resample_counts: np.ndarray | None = None,
) -> ProbeResult:
    """Every metric of the probe that was chosen for it, with its interval.

    Args:
        log_probabilities: metric → [m, classes], in nats.
        labels: int64 [m].
        resample_counts: [b, m] of a bootstrap, for intervals.

    Raises:
        ValueError: two classes of which only one is present.
    """
    found = measure(log_probabilities, labels)
    predicted = log_probabilities["accuracy"].argmax(1)
    replicates, intervals = None, {}
    if resample_counts is not None:
        replicates = measure(log_probabilities, labels, resample_counts)
        missed = missed_variance(labels, resample_counts, predicted)
        intervals = metric_intervals(found, replicates, missed)
    return ProbeResult(
        accuracy=float(found.accuracy[0]),
        auc=None if found.auc is None else float(found.auc[0]),
        cross_entropy=float(found.cross_entropy[0]),
        bits=float(found.bits[0]),
        intervals=intervals,
        predicted=predicted,
        replicates=replicates,
    )


def as_examples(examples: tuple[Any, Any], name: str) -> Examples:
    """Features as a tensor and labels as int64, from arrays, frames, lists or tensors.

    Args:
        examples: features [n, d] and labels [n].
        name: what an error calls them: "fitting" or "scoring".

    Raises:
        ValueError: features or labels that are missing, masked or no numbers, labels that are not
            whole, or pandas objects of different indexes.
    """
    features, labels = examples
    check_same_index({f"{name} features": features, f"{name} labels": labels})
    features = as_features(features, name)
    if type(labels) is not np.ndarray or labels.dtype != np.int64:
        read = numbers(labels, f"the array of {name} labels")
        if read.shape[1] > 1 or (read != np.round(read)).any():
            raise ValueError(f"labels of the {name} pairs are whole numbers [n]")
        labels = read[:, 0].astype(np.int64)
    return features, labels


def as_features(features: Any, name: str) -> Tensor:
    """Features [n, d] as a tensor of float32 or float64, from arrays, frames, lists or tensors.

    Args:
        features: [n, d].
        name: what an error calls their rows.

    Raises:
        ValueError: features that are missing, masked or no numbers.
    """
    if not isinstance(features, Tensor) or features.layout != torch.strided:
        features = torch.from_numpy(numbers(features, f"the array of {name} features"))
    features = features.detach()
    if features.dtype not in (torch.float32, torch.float64) and not features.is_complex():
        features = features.float()  # exact: half and bfloat16 have fewer digits
    return features


def check_examples(train: Examples, test: Examples, classes: int) -> None:
    """Refuse what cannot be probed, in a line that says which pairs are at fault.

    Raises:
        ValueError: as :func:`linear_probe` lists.
    """
    if train[0].ndim != 2 or train[0].shape[1:] != test[0].shape[1:]:
        shapes = f"{list(train[0].shape)} and {list(test[0].shape)}"
        raise ValueError(f"features of fitting and scoring pairs are [n, d] each, not {shapes}")
    for name, (features, labels) in (("fitting", train), ("scoring", test)):
        if labels.ndim != 1:
            raise ValueError(f"labels of the {name} pairs are [n], not {list(labels.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} {name} features have {len(labels)} labels")
        found = np.unique(labels)
        if len(found) < 2:
            raise ValueError(
                f"all {len(labels)} {name} pairs are of one class: nothing to probe; more pairs "
                "or more factor values may help"
            )
        if found[0] < 0 or found[-1] >= classes:
            raise ValueError(f"labels of the {name} pairs lie outside 0..{classes - 1}")
        if len(labels) < classes:
            raise ValueError(f"{len(labels)} {name} pairs are fewer than the {classes} classes")
        if not torch.isfinite(features).all():
            raise ValueError(f"the features of the {name} pairs are not finite")
