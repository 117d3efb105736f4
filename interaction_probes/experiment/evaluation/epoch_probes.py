"""The probes of one epoch: samples encoded once, and every task scored from what they share."""

import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from torch import Tensor

from interaction_probes.analysis.schema import Measurement, RepresentationRow
from interaction_probes.common.streams import stream
from interaction_probes.contrast.combining import combined, told_of_what_is_hidden
from interaction_probes.contrast.method import Method
from interaction_probes.probing.intervals import draw_resample_counts
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.mlp import mlp_probe
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.representation.collapse import chance_result
from interaction_probes.probing.result import ProbeResult
from interaction_probes.probing.splits import Split
from interaction_probes.probing.standardiser import CollapsedError
from interaction_probes.runtime.precision import autocast_towers, training_dtype
from interaction_probes.runtime.threads import run_in_threads
from interaction_probes.runtime.torch_streams import torch_stream
from interaction_probes.settings.config import RunConfig
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples
from trifeature.pairs.design import Task

from .held_out import split_of
from .representation_rows import basis_and_row
from .representations import encode_inputs, image_only, masked_samples, rows_of

#: Task, labels to fit on, labels to score, split → the result of a probe.
Probe = Callable[[Task, np.ndarray, np.ndarray, Split], ProbeResult]


@dataclass
class EpochProbes:
    """The probes of one epoch, and what they measured so far."""

    method: Method
    data: PairedImages | ImageSamples
    images: tuple[Tensor, Tensor]
    config: RunConfig
    epoch: int
    measurements: list[Measurement]
    representations: list[RepresentationRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        data, seed = self.data, self.config.seed
        self.samples = data.probe_train, data.probe_test
        with self.towers():
            self.encoded = [
                encode_inputs(self.method, images, self.config) for images in self.images
            ]
        self.rows = [
            rows_of(images, samples.index)
            for images, samples in zip(self.images, self.samples, strict=True)
        ]
        self.weights = draw_resample_counts(
            data.probe_test.index, len(data.test), stream(seed, "bootstrap")
        )

    def linear(
        self,
        name: str,
        present: Collection[int] | None = None,
        shuffled: bool = False,
        only: Collection[str] | None = None,
    ) -> dict[str, ProbeResult]:
        """The linear probe of every task, or of some, from the modalities that a mask shows."""
        features = [self.represent(split, present) for split in range(2)]
        spectrum, row = basis_and_row(features, self.epoch, name)
        if not shuffled:  # whose features are those of the probe before
            self.representations.append(row)
        return self.score(
            name,
            self.linear_fit(features, spectrum),
            shuffled,
            only,
        )

    def linear_fit(self, features: Sequence[Tensor], basis: PCABasis | None) -> Probe:
        """The linear probe of features of both splits, as a function of a task's labels."""
        return lambda task, labels, scored, split: linear_probe(
            (features[0], labels),
            (features[1], scored),
            task.classes,
            self.config.probe.strengths,
            split,
            basis,
            self.weights,
        )

    def mlp_fit(self, features: Sequence[Tensor]) -> Probe:
        """The same of the MLP probe."""
        return lambda task, labels, scored, split: mlp_probe(
            (features[0], labels),
            (features[1], scored),
            task.classes,
            split,
            torch_stream(self.config.seed, "mlp probe", task.name),
            self.weights,
        )

    def score(
        self,
        name: str,
        probe: Probe,
        shuffled: bool = False,
        only: Collection[str] | None = None,
        data: PairedImages | ImageSamples | None = None,
    ) -> dict[str, ProbeResult]:
        """Probe every task, or some only, and keep the measurements: task → its result.

        Other tasks than the run's are those of `data`, whose samples are the same.
        """
        data = data or self.data

        def score(task: Task) -> ProbeResult:
            labels = data.probe_train.labels[task.name]
            scored = data.probe_test.labels[task.name]
            if shuffled:
                # The scored ones too: a chance direction of features that hold the task ranks its
                # true labels far above or below a coin, and no interval over images tells that.
                rng = stream(self.config.seed, "shuffle", task.name)
                labels, scored = rng.permutation(labels), rng.permutation(scored)
            try:
                split = split_of(self.config, data, task.name, labels)
                return probe(task, labels, scored, split)
            except CollapsedError:
                return chance_result(labels, scored, task.classes, intervals=True)
            except ValueError as error:
                raise ValueError(f"task {task.name}: {error}") from error

        probed = [task for task in data.tasks if only is None or task.name in only]
        works = [partial(score, task) for task in probed]
        results = run_in_threads(works, self.images[0].device)
        by_task = {task.name: result for task, result in zip(probed, results, strict=True)}
        self.measurements += [
            Measurement(self.epoch, task, name, metric, value)
            for task, result in by_task.items()
            for metric, value in result.metrics()
        ]
        return by_task

    def towers(self) -> contextlib.AbstractContextManager[None]:
        """The towers run in the type that they trained in."""
        dtype = training_dtype(self.config.optim, self.images[0].device)
        return autocast_towers(dtype, self.method)

    def represent(self, split: int, present: Collection[int] | None = None) -> Tensor:
        """Representations of a split's samples under a mask."""
        rows = self.rows[split]
        return combined(self.method, masked_samples(self.encoded[split], rows, present)).float()

    def combines_one(self) -> bool:
        """Whether the method represents a single modality.

        Raises:
            ValueError: it fails where one is absent, or returns no representation.
        """
        one = masked_samples(self.encoded[0], self.rows[0][:2], image_only(0))
        try:
            with told_of_what_is_hidden(self.method):
                combined(self.method, one)
        except NotImplementedError:
            return False
        return True
