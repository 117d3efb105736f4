"""What CLIP and its relatives share: one mild crop of each image, and a linear projection."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import ClassVar

from torch import Tensor, nn

from interaction_probes.contrast.distributed import gather
from interaction_probes.contrast.method import Batch, ModelConfig
from interaction_probes.contrast.views.config import MILD_CROP, ViewConfig
from interaction_probes.contrast.views.noise import NoiseConfig

from .late_fusion import LateFusion


class CrossModal(LateFusion):
    """Modalities that only the loss compares: one view of each, linearly projected.

    A linear projection without bias leads from e_m (256 wide at the paper's scale) to `config.dim`
    (512). One view per image, a crop of at least half of it and no other augmentation, as the CoMM
    paper trains CLIP on Trifeature; of vectors and sequences a view with the modality's noise and
    no dropped steps.

    Args:
        config: the parts that the method is built from.
        modalities: how many there are.

    Raises:
        ValueError: as :meth:`interaction_probes.contrast.method.Method.check_modalities`, or images
            too small for the tower.
    """

    n_views: ClassVar[int] = 1
    min_modalities: ClassVar[int] = 2
    places: ClassVar[Mapping[str, str]] = {
        **LateFusion.places,
        "projection": "projected vectors, concatenated",
    }
    ignores: ClassVar[tuple[str, ...]] = (
        *LateFusion.ignores,
        "model.temperature",
        "model.projection",
        *(f"views.{field.name}" for field in fields(ViewConfig) if field.name != "crop_ratio"),
        "data.noise.drop",
        "data.noise.drop_probability",
    )

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.projections = nn.ModuleList(
            nn.Linear(self.width, config.dim, bias=False) for _ in range(modalities)
        )

    def views(self, config: ViewConfig) -> ViewConfig:
        return replace(MILD_CROP, crop_ratio=config.crop_ratio)

    def noise_views(self, config: NoiseConfig) -> NoiseConfig:
        return replace(config, drop_probability=0.0)

    def project(self, batch: Batch) -> list[Tensor]:
        """The projections of every modality: [N, dim] each.

        Of the whole batch, where processes share it.
        """
        return [
            gather(projection(embedded.flatten(0, 1)))
            for projection, embedded in zip(self.projections, self.embed_views(batch), strict=True)
        ]

    def encode(self, modality: int, images: Tensor) -> Tensor:
        embedded = self.embed(modality, images)
        if self.place == "projection":
            embedded = self.projections[modality](embedded)
        return embedded
