"""The vector twin of the images, as a run learns from it and is probed on it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.encoders.inputs import InputConfig
from interaction_probes.contrast.method import Method
from interaction_probes.datasets.schema import Modality
from interaction_probes.settings.config import OptimConfig, RunConfig
from interaction_probes.settings.presets import preset_of
from interaction_probes.training.loop import Epoch, pretrain_modalities
from interaction_probes.training.optim import Optimizer
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples
from trifeature.dataset.vectors import VectorDesign, draw_factors, vector_arrays

from .image_data import ImageData
from .run_data import OnStep


def with_vectors(config: RunConfig) -> RunConfig:
    """Complete a config of vectors: its `model.inputs`, where they are not described yet.

    Args:
        config: configuration of the run.

    Raises:
        ValueError: options of images that vectors have no meaning for.
    """
    if config.probe.protocol == "public":
        raise ValueError("--probe public crops images, and these samples are vectors: leave it out")
    if config.model.inputs:
        return config
    described = config.data.encoded(InputConfig("vectors", (vector_design(config).width,)))
    return replace(config, model=replace(config.model, inputs=(described,) * config.modalities))


def vector_design(config: RunConfig) -> VectorDesign:
    """What the vectors of a run are, besides their seed: those of ``trifeature generate``."""
    return VectorDesign(config.images.counts, config.images.renders)


def drawn_vectors(config: RunConfig) -> PairedImages | ImageSamples:
    """Factors, samples, labels and truth of a run on vectors; its images are empty.

    Raises:
        ValueError: a design that allows no sample.
    """
    rules = config.design if config.modalities == 2 else config.samples
    return draw_factors(vector_design(config), rules, config.seed, config.n_pairs)


def probed_vectors(
    config: RunConfig, samples: PairedImages | ImageSamples, device: torch.device
) -> tuple[Tensor, Tensor]:
    """The vectors of the samples that probes are fitted to and scored on.

    Returns:
        float32 [modalities, samples, width] each.
    """
    arrays = vector_arrays(samples, vector_design(config), config.seed)
    values = torch.from_numpy(np.stack([arrays[name] for name in _names(samples)])).to(device)
    fitted, scored = (arrays[f"split.{part}"] for part in ("train", "test"))
    return values[:, fitted], values[:, scored]


def _names(samples: PairedImages | ImageSamples) -> list[str]:
    return [f"modality.image{m + 1}" for m in range(samples.modalities)]


class VectorData(ImageData):
    """Pairs or samples of vectors of one run: in all but the vectors those of its images.

    The vectors are those of ``python -m trifeature generate --kind vectors`` for the same design
    and seed. Every sample has noise of its own, so that it has vectors of its own as well.
    """

    def __post_init__(self) -> None:
        self.modalities = self.samples.modalities
        arrays = vector_arrays(self.samples, vector_design(self.config), self.config.seed)
        self.vectors = [
            Modality(name.removeprefix("modality."), "vectors", arrays[name], None)
            for name in _names(self.samples)
        ]
        self.rows: np.ndarray = arrays["split.pretrain"]
        self.pretraining = len(self.rows)
        self.train, self.test = probed_vectors(self.config, self.samples, self.device)

    def notes(self) -> list[str]:
        lines = super().notes()
        if self.config.probe.has("public"):
            lines.append("no protocol of the released code: it crops images")
        preset = preset_of(self.config.preset, self.config.preset_version)
        if self.modalities > 2 and preset and self.config.images.renders != preset.images.renders:
            lines.append(
                f"images.renders {self.config.images.renders} only says how often one sample may "
                f"recur: samples of {self.modalities} vectors are drawn evenly from all "
                "combinations of factors, however many renders each has"
            )
        return lines

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
            self.vectors,
            optim,
            weights,
            self.config.seed,
            self.rows,
            finished_epochs=finished_epochs,
            on_step=on_step,
            labels=self.samples.pretrain.labels,
        )
