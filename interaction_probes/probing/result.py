"""The scores of one probe: every metric, its interval, and what held-out pairs chose."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .intervals import Interval, metric_intervals
from .metrics import METRICS, Metric, MetricValues, measure, missed_variance


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
        ValueError: two classes of which only one is present, or resample counts of another form.
    """
    if resample_counts is not None and np.shape(resample_counts)[1:] != (len(labels),):
        raise ValueError(
            f"resample counts are [b, {len(labels)}], not {list(np.shape(resample_counts))}"
        )
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
