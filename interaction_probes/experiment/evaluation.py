"""Probing a method in the middle of a run: encode, combine, score every task and the controls."""

import contextlib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor

from interaction_probes.analysis.schema import (
    ConfusionCell,
    Measurement,
    RepresentationRow,
    image_only_probe,
    subset_probe,
)
from interaction_probes.common.streams import stream
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views.augment import augment
from interaction_probes.probing.bilinear import RANKS, RANKS_OF_THREE, bilinear_probe
from interaction_probes.probing.intervals import draw_resample_counts
from interaction_probes.probing.linear import ProbeResult, linear_probe
from interaction_probes.probing.mlp import mlp_probe
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.released_protocol import CROP, public_probe
from interaction_probes.probing.representation.collapse import chance_result
from interaction_probes.probing.splits import Split
from interaction_probes.probing.standardiser import CollapsedError
from interaction_probes.runtime.precision import autocast_towers, full_float32, training_dtype
from interaction_probes.runtime.threads import run_in_threads
from interaction_probes.runtime.torch_streams import torch_stream
from interaction_probes.settings.config import Control, RunConfig
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples
from trifeature.information.profile import Subset, subsets
from trifeature.pairs.design import Task

from .confusion import confusion_cells
from .controls.factors import (
    FACTORS_MLP_PROBE,
    FACTORS_PROBE,
    available_bits,
    with_factor_tasks,
)
from .controls.model_pid import pid_rows
from .held_out import split_of
from .representation_rows import basis_and_row
from .representations import ENCODING_BATCH, encode_images, image_only, masked_samples

#: Task, labels to fit on, labels to score, split → the result of a probe.
_Probe = Callable[[Task, np.ndarray, np.ndarray, Split], ProbeResult]


def interactions(data: PairedImages | ImageSamples) -> list[str]:
    """The tasks that controls are about: of synergy, S or S13, S123, S12to3 and so on."""
    return [task.name for task in data.tasks if task.name.startswith("S")]


@torch.no_grad()
@full_float32()
def probe_epoch(
    method: Method,
    data: PairedImages | ImageSamples,
    train: Tensor,
    test: Tensor,
    config: RunConfig,
    final: bool,
    epoch: int = 0,
    confusion: list[ConfusionCell] | None = None,
    representations: list[RepresentationRow] | None = None,
) -> list[Measurement]:
    """Probe every task.

    Each image is encoded once per modality and each sample combined once; all tasks share both.
    The public code's protocol follows where the config asks for it at every probing, and after the
    last epoch the controls that it names.

    Args:
        method: the model, on the images' device.
        data: samples of any number of modalities, and labels.
        train: uint8 [n, 3, h, w], the training images.
        test: uint8 [m, 3, h, w], the held-out images.
        config: the run's.
        final: whether the controls are due.
        epoch: epochs trained, for the measurements.
        confusion: a list to which the linear probe's confusion matrices are appended, cell by cell;
            None where they are not wanted.
        representations: a list to which a row per probed representation is appended.

    Returns:
        The scores; those of a representation that has collapsed are chance.

    Raises:
        ValueError: a task that cannot be probed, by its name and the probe's; features that are not
            finite.
    """
    method.eval()
    probing = _Probing(method, data, (train, test), config, epoch, [])
    results = probing.linear("linear")
    if confusion is not None:
        design = data.design if isinstance(data, ImageSamples) else config.design
        for task in data.tasks:
            predicted = results[task.name].predicted
            assert predicted is not None
            labels = data.probe_test.labels[task.name]
            confusion += confusion_cells(epoch, "linear", task, design, labels, predicted)
    if config.probe.protocol == "public":
        probing.public()
    if final:
        probing.controls(results)
    if representations is not None:
        representations += probing.representations
    return probing.measurements


def omitted_controls(config: RunConfig, modalities: int) -> list[str]:
    """A line per control that the config names and that samples of so many modalities rule out."""
    names: dict[Control, str]
    if config.modalities > 2:
        names = {"pid": "no decomposition of predictions", "factors": "no probe of every factor"}
    elif modalities > 2:
        names = {"bilinear": "no bilinear probe", "pid": "no decomposition of predictions"}
    else:
        return []
    return [
        f"{name}: it is stated for 2 modalities, and these samples have {modalities}"
        for control, name in names.items()
        if config.probe.has(control)
    ]


@dataclass
class _Probing:
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
        with self._towers():
            self.encoded = [
                encode_images(self.method, images, self.config) for images in self.images
            ]
        self.weights = draw_resample_counts(
            data.probe_test.index, len(data.test), stream(seed, "bootstrap")
        )

    def controls(self, results: Mapping[str, ProbeResult]) -> None:
        """The controls that the config names.

        Args:
            results: task → the linear probe's, whose predictions the control ``pid`` decomposes.
        """
        has = self.config.probe.has
        synergies = interactions(self.data)
        if has("masks") and self._combines_one():
            if isinstance(self.data, ImageSamples):
                for images in [*subsets(self.data.modalities)][:-1]:
                    self.linear(subset_probe(images), {number - 1 for number in images})
            else:
                for modality in range(self.data.modalities):
                    name = image_only_probe(modality)
                    self.linear(name, image_only(modality), only=synergies)
        if has("shuffled"):
            self.linear("shuffled", shuffled=True, only=synergies)
        if has("bilinear") and self._combines_one():
            for task, images in self._needed_images().items():
                self._products(task, images)
        if has("mlp"):
            features = [self._represent(split) for split in range(2)]
            self._score(
                "mlp",
                self._mlp_fit(features),
                only=synergies,
            )
        if has("public") and self.config.probe.protocol != "public":
            self.public()
        if has("sklearn"):
            # Imported here: only this control needs scikit-learn, which takes a second or two.
            from interaction_probes.probing.sklearn_probe import sklearn_probe

            represented = [self._represent(split) for split in range(2)]
            penalties = {
                each.task: each.value
                for each in self.measurements
                if (each.probe, each.metric) == ("linear", "accuracy_strength")
            }
            self._score(
                "sklearn",
                lambda task, labels, scored, split: sklearn_probe(
                    (represented[0], labels),
                    (represented[1], scored),
                    task.classes,
                    penalties.get(task.name, math.nan),  # none where it has collapsed
                    self.weights,
                ),
            )
        if has("pid") and isinstance(self.data, PairedImages) and self.data.modalities == 2:
            predicted = {
                task: result.predicted
                for task, result in results.items()
                if result.predicted is not None
            }
            self.measurements += pid_rows(
                self.epoch, self.data, self.config, predicted, self.weights
            )
        if has("factors") and isinstance(self.data, PairedImages):
            self._factors(self.data)

    def _factors(self, pairs: PairedImages) -> None:
        """The bits of every factor of every image, by a linear probe and by an MLP."""
        features = [self._represent(split) for split in range(2)]
        basis, _ = basis_and_row(features, self.epoch, FACTORS_PROBE)
        of_factors = with_factor_tasks(pairs)
        self._score(
            FACTORS_PROBE,
            self._linear_fit(features, basis),
            data=of_factors,
        )
        self._score(
            FACTORS_MLP_PROBE,
            self._mlp_fit(features),
            data=of_factors,
        )
        self.measurements += available_bits(self.epoch, of_factors)

    def linear(
        self,
        name: str,
        present: Collection[int] | None = None,
        shuffled: bool = False,
        only: Collection[str] | None = None,
    ) -> dict[str, ProbeResult]:
        """The linear probe of every task, or of some, from the modalities that a mask shows."""
        features = [self._represent(split, present) for split in range(2)]
        spectrum, row = basis_and_row(features, self.epoch, name)
        if not shuffled:  # whose features are those of the probe before
            self.representations.append(row)
        return self._score(
            name,
            self._linear_fit(features, spectrum),
            shuffled,
            only,
        )

    def public(self) -> None:
        """Every task by the public code's protocol: each image of each sample cropped anew."""
        with self._towers():
            features = [self._cropped(k, name) for k, name in enumerate(("fit", "score"))]
        spectrum, row = basis_and_row(features, self.epoch, "public", standardise=False)
        self.representations.append(row)
        self._score(
            "public",
            lambda task, labels, scored, split: public_probe(
                (features[0], labels),
                (features[1], scored),
                task.classes,
                split,
                spectrum,
                self.weights,
            ),
        )

    def _linear_fit(self, features: Sequence[Tensor], basis: PCABasis | None) -> _Probe:
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

    def _mlp_fit(self, features: Sequence[Tensor]) -> _Probe:
        """The same of the MLP probe."""
        return lambda task, labels, scored, split: mlp_probe(
            (features[0], labels),
            (features[1], scored),
            task.classes,
            split,
            torch_stream(self.config.seed, "mlp probe", task.name),
            self.weights,
        )

    def _score(
        self,
        name: str,
        probe: _Probe,
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

    def _towers(self) -> contextlib.AbstractContextManager[None]:
        """The towers run in the type that they trained in."""
        dtype = training_dtype(self.config.optim, self.images[0].device)
        return autocast_towers(dtype, self.method)

    def _represent(self, split: int, present: Collection[int] | None = None) -> Tensor:
        """Representations of a split's samples under a mask."""
        index = self.samples[split].index
        return self.method.combine(masked_samples(self.encoded[split], index, present)).float()

    def _needed_images(self) -> dict[str, Subset]:
        """Synergy task → the fewest images that have all its information, two or three."""
        if isinstance(self.data, ImageSamples):
            profiles = {name: self.data.truth[name] for name in interactions(self.data)}
            return {
                name: next(
                    images
                    for images in sorted(profile.bits, key=len)
                    if math.isclose(profile[images], profile.total, rel_tol=1e-9)
                )
                for name, profile in profiles.items()
            }
        return {"S": (1, 2)} if self.data.modalities == 2 else {}

    def _products(self, task: str, images: Subset) -> None:
        """The probe of a task on products of the codes of two or three images."""
        codes = [
            tuple(self._represent(split, image_only(number - 1)) for number in images)
            for split in range(2)
        ]
        three = len(images) == 3
        self._score(
            "trilinear" if three else "bilinear",
            lambda task, labels, scored, split: bilinear_probe(
                (codes[0], labels),
                (codes[1], scored),
                task.classes,
                self.config.probe.strengths,
                split,
                self.weights,
                RANKS_OF_THREE if three else RANKS,
            ),
            only=[task],
        )

    def _cropped(self, split: int, name: str) -> Tensor:
        """Representations of samples whose images are each cropped at random."""
        images = self.images[split]
        index = torch.from_numpy(self.samples[split].index).to(images.device)
        generator = torch_stream(self.config.seed, "public probe", name)
        encoded = []
        for m in range(self.data.modalities):
            parts = []
            for rows in index[:, m].split(ENCODING_BATCH):
                view = augment(images[rows], CROP, generator, self.config.probe_size)
                parts.append(self.method.encode(m, view).float())
            encoded.append(torch.cat(parts))
        return self.method.combine(encoded).float()

    def _combines_one(self) -> bool:
        """Whether the method represents a single modality."""
        try:
            one = self.samples[0].index[:2]
            self.method.combine(masked_samples(self.encoded[0], one, image_only(0)))
        except NotImplementedError:
            return False
        return True
