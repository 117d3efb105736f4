"""Scores of labels of any kind at one epoch: all modalities, every subset, shuffled labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from interaction_probes.analysis.schema import (
    ConfusionCell,
    Measurement,
    RepresentationRow,
    subset_probe,
)
from interaction_probes.common.streams import stream
from interaction_probes.probing.labels.probe import probe_prepared
from interaction_probes.probing.labels.profile import MOST_MODALITIES, LabelOfParts, Represent
from interaction_probes.probing.labels.result import MAIN_METRIC, LabelResult
from interaction_probes.probing.labels.rows import ProbedFeatures
from interaction_probes.probing.metrics import column_entropy
from interaction_probes.probing.representation.effective_rank import effective_rank
from interaction_probes.settings.probe_config import Control, ProbeConfig
from trifeature.information.profile import subsets

from .confusion import count_cells

#: The controls that are stated for labels of any kind.
CONTROLS: tuple[Control, ...] = ("masks", "shuffled")
#: Classes up to which a confusion matrix is kept.
_MOST_CELLS = 100


@dataclass
class LabelScores:
    """The probes of one epoch, and what they measured so far.

    Attributes:
        represent: features of the training, validation and test rows from some modalities.
        modalities: how many there are.
        labels: name → label of the three parts.
        config: how representations are probed.
        seed: the run's.
        epoch: epochs trained.
        counts: [b, m] of a bootstrap over the units of the test rows.
        measurements: what was measured.
        representations: a row per probed representation.
    """

    represent: Represent
    modalities: int
    labels: Mapping[str, LabelOfParts]
    config: ProbeConfig
    seed: int
    epoch: int
    counts: np.ndarray
    measurements: list[Measurement] = field(default_factory=list)
    representations: list[RepresentationRow] = field(default_factory=list)

    def linear(self) -> dict[str, LabelResult]:
        """The linear probe of every label from all modalities, with its validation score.

        Raises:
            ValueError: features that are not finite, or a label that cannot be probed.
        """
        return self._score("linear", frozenset(range(self.modalities)), self.labels)

    def masks(self, names: Sequence[str]) -> None:
        """The control ``masks`` of some labels, where the config names it.

        It probes every subset of the modalities but all of them, of up to 6 modalities; a method
        that needs all modalities has none.
        """
        if not names or not self.config.has("masks") or self.modalities > MOST_MODALITIES:
            return
        labels = {name: self.labels[name] for name in names}
        for subset in [*subsets(self.modalities)][:-1]:
            present = frozenset(number - 1 for number in subset)
            try:
                self._score(subset_probe(subset), present, labels)
            except NotImplementedError:
                break

    def shuffled(self) -> None:
        """The control ``shuffled``, where the config names it: labels permuted in each part."""
        if self.config.has("shuffled"):
            shuffled = {name: self._shuffled(name) for name in self.labels}
            self._score("shuffled", frozenset(range(self.modalities)), shuffled)

    def _shuffled(self, name: str) -> LabelOfParts:
        rng = stream(self.seed, "shuffle", name)
        label = self.labels[name]
        return replace(label, parts=[rng.permutation(part) for part in label.parts])

    def _score(
        self, probe: str, present: frozenset[int], labels: Mapping[str, LabelOfParts]
    ) -> dict[str, LabelResult]:
        parts = self.represent(present)
        try:
            features = ProbedFeatures.of(parts)
        except ValueError as error:
            raise ValueError(
                f"probe {probe}: {error} after epoch {self.epoch}; where a method has diverged, a "
                "lower learning rate may help"
            ) from error
        if probe != "shuffled":  # whose features are those of the linear probe
            self.representations.append(self._row(probe, parts, features))
        results = {}
        for name, label in labels.items():
            try:
                results[name] = probe_prepared(
                    *(label.kind, features, label.parts, self.config.strengths),
                    *(self.counts, label.classes),
                )
            except ValueError as error:
                raise ValueError(f"label {name}, probe {probe}: {error}") from error
            found = [*results[name].metrics()]
            found.append(("validation", results[name].validation[MAIN_METRIC[label.kind]]))
            self.measurements += [
                Measurement(self.epoch, name, probe, metric, value)
                for metric, value in found
                if not np.isnan(value)
            ]
        return results

    def _row(
        self, probe: str, parts: Sequence[np.ndarray], features: ProbedFeatures
    ) -> RepresentationRow:
        train = torch.as_tensor(parts[0])
        if features.fitted is None:
            return RepresentationRow(self.epoch, probe, 1.0, train.shape[1], 1)
        return RepresentationRow(self.epoch, probe, effective_rank(train), train.shape[1], 0)


def label_confusion(
    epoch: int, labels: Mapping[str, LabelOfParts], results: Mapping[str, LabelResult]
) -> list[ConfusionCell]:
    """The confusion matrices of the linear probe on the test rows, of labels of up to 100 classes.

    Args:
        epoch: epochs trained.
        labels: name → label of the three parts.
        results: name → the probe's result.
    """
    cells: list[ConfusionCell] = []
    for name, result in results.items():
        label = labels[name]
        if label.kind == "classes" and len(label.classes) <= _MOST_CELLS:
            assert result.predicted is not None
            tested = np.asarray(label.parts[2])
            cells += count_cells(epoch, "linear", name, label.classes, tested, result.predicted)
    return cells


def label_limits(labels: Mapping[str, LabelOfParts]) -> list[Measurement]:
    """Chance of every metric, and H(Y) of the test rows, as measurements of probe ``exact``.

    ``bits`` is what a label has in all, H(Y), an upper bound: what the modalities have of it is not
    known. Of a multi-label it is the sum of H(Y_k) over the columns, as its bits are, which is more
    than H(Y) of all columns together where they depend on one another. Of real numbers there is R²
    of 1 in its place.

    Args:
        labels: name → label of the three parts.
    """
    rows: list[Measurement] = []
    for name, label in labels.items():
        tested = np.asarray(label.parts[2])
        limits: dict[str, float]
        if label.kind == "real":
            limits = {"r2": 1.0, "r2_chance": 0.0, "mse": 0.0}
            columns = tested.reshape(len(tested), -1)
            varies = columns.min(0) < columns.max(0)  # as R² and MSE of a probe
            limits["mse_chance"] = float(columns[:, varies].var(0).mean())
        else:
            columns = tested.T if label.kind == "multilabel" else tested[None]
            entropy = sum(map(column_entropy, columns))
            limits = {"bits": entropy, "bits_chance": 0.0, "auc": 1.0, "auc_chance": 0.5}
            limits |= {"cross_entropy": 0.0, "cross_entropy_chance": entropy}
        if label.kind == "classes":
            limits |= {"accuracy": 1.0, "chance": 1 / len(np.unique(tested))}
        rows += [Measurement(0, name, "exact", metric, value) for metric, value in limits.items()]
    return rows
