"""A floor: what a linear probe reads off the raw pixels."""

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.contrast.method import Batch, Method, ModelConfig

from .late_fusion import concatenate

_SIDE = 8


class Pixels(Method):
    """Nothing is learnt: raw pixels, averaged over the cells of an 8 × 8 grid.

    Raises:
        ValueError: no modality, or images too small for the tower that it does without.
    """

    terms: Mapping[str, float] = {}
    pairs: ClassVar[tuple[str, ...]] = ("unbiased",)
    places: ClassVar[Mapping[str, str]] = {"pixels": "8 × 8 pixels of each image, concatenated"}

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.encoders = nn.ModuleList()  # no tower reads them, so there is no parameter

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        return {}

    def encode(self, modality: int, images: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(images, _SIDE).flatten(1)

    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        return concatenate(encoded)
