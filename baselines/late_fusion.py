"""Late fusion: e_m, a linear layer on the encoder of each modality, and their concatenation."""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.contrast.method import Batch, Method, ModelConfig


class LateFusion(Method):
    """Modalities that never meet before the loss; the representation is a concatenation.

    The encoder e_m of a modality is its tower and one linear layer on the flattened feature map.
    Images larger than the training views have larger maps: the layer then reads every window of
    the map that is as large as in training, and e_m is the mean over the windows (Simonyan &
    Zisserman, ICLR 2015, section 3.2).

    Args:
        config: the parts that the method is built from.
        modalities: how many there are.
        width: of e_m. Half of `config.dim` where none is given (256 at the paper's scale), so that
            two modalities together are as wide as a fused representation.

    Raises:
        ValueError: no modality, or images too small for the tower.
    """

    places: ClassVar[Mapping[str, str]] = {"encoder": "encoder outputs, concatenated"}
    ignores: ClassVar[tuple[str, ...]] = ("model.heads", "model.initialisation")

    def __init__(self, config: ModelConfig, modalities: int = 2, width: int | None = None) -> None:
        super().__init__(config, modalities)
        self.width = (config.dim + 1) // 2 if width is None else width
        self.linears = nn.ModuleList(
            nn.Linear(math.prod(shape), self.width) for shape in self.feature_shapes
        )

    def embed(self, modality: int, images: Tensor) -> Tensor:
        """e_m(x): [n, 3, side, side] → [n, width]."""
        features = flatten_windows(self.encoders[modality](images), self.feature_shapes[modality])
        embedded: Tensor = self.linears[modality](features)
        return embedded

    def embed_views(self, batch: Batch) -> list[Tensor]:
        """e_m of every view, in one pass per modality: [n_views, N, width] each."""
        return [
            self.embed(m, views.flatten(0, 1)).unflatten(0, views.shape[:2])
            for m, views in zip(range(len(self.encoders)), batch.views, strict=True)
        ]

    def encode(self, modality: int, images: Tensor) -> Tensor:
        return self.embed(modality, images)

    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        return concatenate(encoded)


def flatten_windows(features: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Flattened feature maps; of larger maps the mean over all windows of the size in training.

    A linear layer of the result is the mean of the layer over the windows: the two commute.

    Args:
        features: [n, channels, height, width].
        shape: (channels, height, width) of a feature map in training.

    Returns:
        [n, channels · height · width], of the height and width in training.
    """
    _, height, width = shape
    # How many windows there are, downwards and across.
    windows = features.shape[2] - height + 1, features.shape[3] - width + 1
    if windows != (1, 1):
        features = F.avg_pool2d(features, windows, stride=1)
    return features.flatten(1)


def concatenate(encoded: Sequence[Tensor | None]) -> Tensor:
    """The modalities that are present, side by side: [n, k] each → [n, Σk].

    Raises:
        ValueError: none is present.
    """
    present = [rows for rows in encoded if rows is not None]
    if not present:
        raise ValueError("a representation needs at least one modality")
    return torch.cat(present, dim=1)


def require_multimodal(modalities: int) -> None:
    """Refuse a single modality, where the objective compares modalities.

    Raises:
        ValueError: fewer than two modalities.
    """
    if modalities < 2:
        raise ValueError(f"this method compares modalities: it needs 2 or more, not {modalities}")
