"""What a probe of a label of any kind measured."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from interaction_probes.probing.intervals import Interval

#: One of several classes, any of several classes, or real numbers.
LabelKind = Literal["classes", "multilabel", "real"]
#: Kind of a label → its metric that a profile shows, and that an epoch is chosen by.
MAIN_METRIC: dict[LabelKind, str] = {"classes": "bits", "multilabel": "bits", "real": "r2"}


@dataclass(frozen=True)
class LabelResult:
    """One probe's metrics on the test rows.

    Attributes:
        kind: of the label.
        scores: metric → value on the test rows. Of classes: ``accuracy`` (macro), ``auc`` (of more
            than two classes the mean of one against the rest), ``cross_entropy``, ``bits``. Of a
            multi-label: ``macro_f1``, ``micro_f1``, ``auc`` (mean over columns), ``cross_entropy``
            and ``bits`` (sums over columns). Of real numbers: ``r2``, ``mse`` (means over the
            columns that vary in the test rows) and ``gaussian_bits``. A metric that is undefined is
            absent.
        intervals: metric → its interval, where resample counts of a bootstrap were given.
        validation: metric → value on the validation rows, of the probe fitted to the training rows
            with the penalty that is best by this metric. Epochs are chosen by it.
        chosen: metric and ``_strength`` → the L2 penalty that the validation rows chose.
        columns: metric → its value per column of the label, [k]; NaN where it is undefined. None of
            classes.
        collapsed: every feature is constant, so that the scores are chance.
        notes: what was left out, in sentences.
        predicted: what is predicted of the test rows: int64 [m], bool [m, k] or float64 [m, k].
        replicates: metric → its value under each of the resample counts, [b].
    """

    kind: LabelKind
    scores: dict[str, float]
    intervals: dict[str, Interval] = field(default_factory=dict)
    validation: dict[str, float] = field(default_factory=dict)
    chosen: dict[str, float] = field(default_factory=dict)
    columns: dict[str, np.ndarray] = field(default_factory=dict, compare=False)
    collapsed: bool = False
    notes: tuple[str, ...] = ()
    predicted: np.ndarray | None = field(default=None, compare=False, repr=False)
    replicates: dict[str, np.ndarray] = field(default_factory=dict, compare=False, repr=False)

    @property
    def main(self) -> float:
        """The metric of a profile: bits, or R² of real numbers."""
        return self.scores[MAIN_METRIC[self.kind]]

    def metrics(self) -> Iterator[tuple[str, float]]:
        """(name, value) of each metric, of the ends of its interval, and of what was chosen."""
        for name, value in self.scores.items():
            yield name, value
            if name in self.intervals:
                yield f"{name}_low", self.intervals[name].low
                yield f"{name}_high", self.intervals[name].high
        yield from self.chosen.items()
