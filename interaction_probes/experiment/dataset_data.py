"""A user's own dataset, as a run learns from it and is probed on it."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from interaction_probes.analysis.conclusions.emergence import emergence
from interaction_probes.analysis.schema import ConfusionCell, Measurement, RepresentationRow
from interaction_probes.common.streams import stream
from interaction_probes.contrast.combining import told_of_what_is_hidden
from interaction_probes.contrast.method import Method
from interaction_probes.datasets.file_states import FileStates
from interaction_probes.datasets.schema import PARTS, MultimodalDataset
from interaction_probes.probing.labels.best_epoch import best_epoch
from interaction_probes.probing.labels.profile import MOST_MODALITIES, LabelOfParts
from interaction_probes.probing.labels.units import draw_unit_counts, units_of
from interaction_probes.settings.config import OptimConfig, RunConfig
from interaction_probes.training.encoding import combine_modalities, encode_modalities
from interaction_probes.training.loop import Epoch, pretrain_modalities
from interaction_probes.training.optim import Optimizer

from .evaluation.label_scores import LabelScores, label_confusion, label_limits
from .run_data import OnStep, RunData

#: What a line of the log shows of a label: its metrics in this order, the first that it has.
_SHOWN = ("accuracy", "macro_f1", "r2")


@dataclass
class DatasetData(RunData):
    """The dataset of one run.

    The probes are fitted to the training rows, choose on the validation rows, are refitted to both
    and scored on the test rows. The rows to pretrain on are the split's own.

    Attributes:
        config: the run's.
        dataset: its modalities, labels and split.
        files: what it was read from, as it was before. Modalities that stay on disk are read all
            along the run.
    """

    config: RunConfig
    dataset: MultimodalDataset
    files: FileStates | None = None

    def __post_init__(self) -> None:
        split = self.dataset.split
        self.modalities = len(self.dataset.modalities)
        self.pretraining = len(split.pretraining)
        self.rows = [getattr(split, part) for part in PARTS]
        self.labels = {
            label.name: LabelOfParts(
                label.kind, [label.values[rows] for rows in self.rows], label.classes
            )
            for label in self.dataset.labels
        }
        units = units_of(split.test, self.dataset.units)
        with warnings.catch_warnings():  # of few units, as the warnings of the data say already
            warnings.simplefilter("ignore", UserWarning)
            self.counts = draw_unit_counts(units, stream(self.config.seed, "bootstrap"))

    def notes(self) -> list[str]:
        if not self.config.probe.has("masks") or self.modalities <= MOST_MODALITIES:
            return []
        return [
            f"no control masks: {self.modalities} modalities have too many subsets; up to "
            f"{MOST_MODALITIES} are probed"
        ]

    def check_unchanged(self) -> None:
        if self.files:
            self.files.check(self.dataset)

    def limits(self) -> list[Measurement]:
        return label_limits(self.labels)

    def pretrain(
        self,
        method: Method,
        optimizer: Optimizer,
        optim: OptimConfig,
        weights: Mapping[str, float],
        finished_epochs: int,
        on_step: OnStep,
    ) -> Iterator[Epoch]:
        return pretrain_modalities(
            method,
            optimizer,
            self.dataset.modalities,
            optim,
            weights,
            self.config.seed,
            self.dataset.split.pretraining,
            self.config.views,
            finished_epochs,
            on_step,
            {label.name: label.values for label in self.dataset.labels if label.kind == "classes"},
        )

    def probe(
        self,
        method: Method,
        epoch: int,
        final: bool,
        confusion: list[ConfusionCell] | None,
        representations: list[RepresentationRow],
        earlier: Sequence[Measurement] = (),
    ) -> list[Measurement]:
        """Probe a method, as :meth:`.run_data.RunData.probe`.

        A label's profile is probed at every epoch whose validation score is above all earlier ones,
        since that epoch may be the one that is chosen, and at the last.
        """
        encoded = encode_modalities(
            method, self.dataset.modalities, self.config.optim, np.concatenate(self.rows)
        )
        ends = np.cumsum([len(rows) for rows in self.rows])[:-1]

        def represent(present: frozenset[int]) -> Sequence[np.ndarray]:
            if len(present) == self.modalities:
                return np.split(combine_modalities(method, encoded), ends)
            with told_of_what_is_hidden(method):
                return np.split(combine_modalities(method, encoded, present), ends)

        scores = LabelScores(
            represent,
            self.modalities,
            self.labels,
            self.config.probe,
            self.config.seed,
            epoch,
            self.counts,
        )
        results = scores.linear()
        if confusion is not None:
            confusion += label_confusion(epoch, self.labels, results)
        scores.masks(
            list(self.labels) if final else self._improved(epoch, [*earlier, *scores.measurements])
        )
        if final:
            scores.shuffled()
        representations += scores.representations
        return scores.measurements

    def score_line(self, scores: Sequence[Measurement]) -> str:
        values = {(each.task, each.metric): each.value for each in scores if each.probe == "linear"}
        parts = []
        for label in self.labels:
            metric = next(name for name in _SHOWN if (label, name) in values)
            value = values[label, metric]
            parts.append(
                f"{label} {100 * value:.1f}" if metric == "accuracy" else f"{label} {value:.3f}"
            )
        return "  ".join(parts)

    def conclusions(self, measurements: Sequence[Measurement]) -> list[Measurement]:
        """Each label's epoch of the highest validation score, as metric ``best_epoch``."""
        last = max(each.epoch for each in measurements)
        chosen = {label: best_epoch(_validation(measurements, label)) for label in self.labels}
        return [
            Measurement(last, label, "linear", "best_epoch", float(epoch))
            for label, epoch in chosen.items()
        ]

    def _improved(self, epoch: int, measurements: Sequence[Measurement]) -> list[str]:
        """The labels for which an epoch is the best one so far."""
        scores = {label: _validation(measurements, label) for label in self.labels}
        return [label for label, found in scores.items() if found and best_epoch(found) == epoch]

    def dynamics(self, metrics: pd.DataFrame) -> pd.DataFrame:
        """Of labels that are one of several classes, which have an accuracy."""
        classes = [name for name, label in self.labels.items() if label.kind == "classes"]
        return emergence(metrics[metrics["task"].isin(classes)])


def _validation(measurements: Sequence[Measurement], label: str) -> dict[int, float]:
    """Epoch → the validation score of a label's linear probe."""
    return {
        each.epoch: each.value
        for each in measurements
        if (each.task, each.probe, each.metric) == (label, "linear", "validation")
    }
