"""Where a training's batches come from: the views of some samples, whatever they are."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from interaction_probes.contrast.distributed import local_shard
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views.augment import augment
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.runtime.torch_streams import torch_stream


class Source(ABC):
    """The samples of a training and their augmented views.

    Attributes:
        device: where the views are made.
    """

    device: torch.device

    @abstractmethod
    def __len__(self) -> int:
        """How many samples there are."""

    @abstractmethod
    def streams(self, seed: int, epoch: int) -> Any:
        """The random streams of an epoch's views, for :meth:`views`."""

    @abstractmethod
    def prepare(self, rows: Tensor) -> None:
        """Begin to read what the next call of :meth:`views`, with these rows, will need."""

    @abstractmethod
    def views(self, rows: Tensor, streams: Any, dtype: torch.dtype) -> list[Tensor]:
        """Views of this process's shard of a batch: [n_views, N, …] per modality.

        Args:
            rows: int64 [batch], the samples of the whole batch, on the CPU.
            streams: of the epoch; one batch after another draws from them.
            dtype: of the arithmetic on pixels.
        """


def checked_views(method: Method, views: ViewConfig) -> ViewConfig:
    """The strengths of the images' augmentation that a method asks for.

    Raises:
        ValueError: they are no ViewConfig.
    """
    chosen = method.views(views)
    if not isinstance(chosen, ViewConfig):
        raise ValueError(f"the method's views are a ViewConfig, not {type(chosen).__name__}")
    return chosen


class ImageSource(Source):
    """Samples that are rows of one set of images.

    Args:
        method: whose number and size of views it is.
        images: uint8 [n, 3, h, w], on the method's device.
        index: int64 [N, modalities], rows of the images.
        views: strengths of the augmentation.

    Raises:
        ValueError: the method asks for views that are no ViewConfig.
    """

    def __init__(self, method: Method, images: Tensor, index: Tensor, views: ViewConfig) -> None:
        self.n_views, self.size = method.n_views, method.config.size
        self.images, self.index = images, index
        self.config = checked_views(method, views)
        self.device = images.device

    def __len__(self) -> int:
        return len(self.index)

    def streams(self, seed: int, epoch: int) -> torch.Generator:
        return torch_stream(seed, "augmentation", epoch)

    def prepare(self, rows: Tensor) -> None:
        """Nothing: the images are in memory."""

    def views(self, rows: Tensor, streams: torch.Generator, dtype: torch.dtype) -> list[Tensor]:
        n, whole = self.n_views, len(rows) * self.n_views
        shard = local_shard(len(rows), n)
        modalities = []
        for index in self.index[rows].T.to(self.device, non_blocking=True):
            # What indexing gives, which on a CPU goes pixel by pixel and takes 20 times as long.
            images = self.images.index_select(0, index.repeat(n)[shard])
            views = augment(images, self.config, streams, self.size, dtype, whole, shard)
            modalities.append(views.unflatten(0, (n, -1)))
        return modalities
