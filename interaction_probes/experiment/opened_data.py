"""From a config to what its run learns from."""

from pathlib import Path

import torch

from interaction_probes.settings.config import RunConfig

from .data import dataset
from .dataset_data import DatasetData
from .image_data import ImageData
from .own_dataset import own_dataset
from .run_data import RunData


def open_data(config: RunConfig, device: torch.device, cache: Path | None = None) -> RunData:
    """What a run learns from and is probed on.

    Args:
        config: configuration of the run, with the checksum of its images or its dataset.
        device: where images are kept.
        cache: folder of rendered images.

    Raises:
        ValueError: data that are unusable, or not those of the checksum.
        OSError: data that cannot be read.
    """
    if config.data.path:
        return DatasetData(config, own_dataset(config))
    return ImageData(config, dataset(config, cache), device)
