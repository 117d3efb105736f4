"""From a config to what its run learns from."""

from pathlib import Path

import torch
from torch import Tensor

from interaction_probes.datasets.file_states import FileStates
from interaction_probes.settings.config import RunConfig
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples

from .data import dataset
from .dataset_data import DatasetData
from .evaluation.representations import pixels
from .image_data import ImageData
from .own_dataset import own_dataset
from .run_data import RunData
from .vector_data import VectorData, probed_vectors


def open_data(config: RunConfig, device: torch.device, cache: Path | None = None) -> RunData:
    """What a run learns from and is probed on.

    Args:
        config: configuration of the run, with the checksum of its images or its dataset.
        device: where images or vectors are kept.
        cache: folder of rendered images.

    Raises:
        ValueError: data that are unusable, or not those of the checksum.
        OSError: data that cannot be read.
    """
    if config.data.path:
        files = FileStates.of(config.data.path)  # before they are read
        return DatasetData(config, own_dataset(config), files)
    kind = VectorData if config.kind == "vectors" else ImageData
    return kind(config, dataset(config, cache), device)


def probed_inputs(
    config: RunConfig, samples: PairedImages | ImageSamples, device: torch.device
) -> tuple[Tensor, Tensor]:
    """What the probes of generated samples are fitted to and scored on, before it is encoded.

    Args:
        config: configuration of the run.
        samples: what :func:`interaction_probes.experiment.data.dataset` gave.
        device: where they are kept.

    Returns:
        The images of the training and of the held-out combinations, uint8 [n, 3, h, w]; or the
        vectors of the samples to fit on and of those to score, float32 [modalities, n, width].
    """
    if config.kind == "vectors":
        return probed_vectors(config, samples, device)
    train, test = (pixels(split.images).to(device) for split in (samples.train, samples.test))
    return train, test
