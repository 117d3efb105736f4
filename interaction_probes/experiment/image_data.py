"""Pairs or samples of images, as a run learns from them and is probed on them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import torch

from interaction_probes.analysis.conclusions.emergence import emergence
from interaction_probes.analysis.schema import ConfusionCell, Measurement, RepresentationRow
from interaction_probes.contrast.method import Method
from interaction_probes.settings.config import OptimConfig, RunConfig
from interaction_probes.training.loop import Epoch, pretrain
from interaction_probes.training.optim import Optimizer
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples

from .evaluation.epoch import probe_epoch
from .evaluation.final_controls import omitted_controls
from .evaluation.representations import pixels
from .run_data import OnStep, RunData
from .scores import score_line, truth_rows


@dataclass
class ImageData(RunData):
    """Pairs or samples of images of one run.

    Attributes:
        config: the run's.
        samples: images, samples and labels.
        device: where the images are kept.
    """

    config: RunConfig
    samples: PairedImages | ImageSamples
    device: torch.device

    def __post_init__(self) -> None:
        self.modalities = self.samples.modalities
        self.pretraining = len(self.samples.pretrain.index)
        self.train, self.test = (
            pixels(split.images).to(self.device)
            for split in (self.samples.train, self.samples.test)
        )

    def notes(self) -> list[str]:
        return omitted_controls(self.config, self.modalities)

    def limits(self) -> list[Measurement]:
        return truth_rows(self.samples)

    def pretrain(
        self,
        method: Method,
        optimizer: Optimizer,
        optim: OptimConfig,
        weights: Mapping[str, float],
        finished_epochs: int,
        on_step: OnStep,
    ) -> Iterator[Epoch]:
        known = self.samples.pretrain
        return pretrain(
            method,
            optimizer,
            self.train,
            torch.from_numpy(known.index),
            self.config.views,
            optim,
            weights,
            self.config.seed,
            finished_epochs=finished_epochs,
            on_step=on_step,
            labels={task: torch.from_numpy(labels) for task, labels in known.labels.items()},
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
        images = self.train, self.test
        return probe_epoch(
            method, self.samples, *images, self.config, final, epoch, confusion, representations
        )

    def score_line(self, scores: Sequence[Measurement]) -> str:
        return score_line(scores)

    def dynamics(self, metrics: pd.DataFrame) -> pd.DataFrame:
        return emergence(metrics)
