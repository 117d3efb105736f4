"""A floor: what a linear probe reads off the raw pixels."""

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.contrast.encoders.sequences import join_valid, split_valid
from interaction_probes.contrast.method import Batch, Method, ModelConfig

from .late_fusion import concatenate

_SIDE = 8


class Pixels(Method):
    """Nothing is learnt: raw pixels, averaged over the cells of an 8 × 8 grid.

    Vectors are as they are; sequences are averaged over 8 equal stretches of the steps, without
    those that are padded.

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
        described = self.config.described(modality)
        if described.kind == "vectors":
            return images
        if described.kind == "sequences":
            return _stretches(images, described.padded)
        return F.adaptive_avg_pool2d(images, _SIDE).flatten(1)

    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        return concatenate(encoded)


def _stretches(sequences: Tensor, padded: bool) -> Tensor:
    """Means over 8 stretches of the steps: [n, T, d] or [n, T, d + 1] → [n, 8 · d]."""
    if not padded:
        return F.adaptive_avg_pool1d(sequences.mT, _SIDE).flatten(1)
    values, valid = split_valid(sequences)
    sums = F.adaptive_avg_pool1d(join_valid(values, valid).mT, _SIDE)  # the last one is a share
    return (sums[:, :-1] / sums[:, -1:].clamp(min=1e-6)).flatten(1)
