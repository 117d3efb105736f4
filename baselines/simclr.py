"""SimCLR on each modality alone: two views of an image agree.

Source: Chen et al., *A simple framework for contrastive learning of visual representations*, ICML
2020, arXiv 2002.05709.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from interaction_probes.contrast.distributed import gather
from interaction_probes.contrast.heads import project_groups, projection_head
from interaction_probes.contrast.losses import nce
from interaction_probes.contrast.method import Batch, ModelConfig

from .late_fusion import LateFusion

#: Two views of a modality: a pair of [N, d], or one tensor [2, N, d].
Views = Sequence[Tensor] | Tensor


def simclr_loss(projected: Sequence[Views], temperature: float = 0.1) -> Tensor:
    """SimCLR's loss of each modality, (1/n) Σ_m NCE(z_m', z_m''): two views of an image agree.

    For two modalities ½ [NCE(z_1', z_1'') + NCE(z_2', z_2'')], with
    :func:`interaction_probes.contrast.losses.nce` the NT-Xent loss; of one modality it is that.

    Source: Chen et al., ICML 2020, arXiv 2002.05709, equation 1.

    Args:
        projected: per modality, the projections of its two views: [N, d] each.
        temperature: τ; .1 is the paper's for ImageNet.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: no modality, not two views of one; else as
            :func:`interaction_probes.contrast.losses.nce`.
    """
    if len(projected) == 0:
        raise ValueError("SimCLR's loss needs the projections of at least one modality")
    for views in projected:
        if len(views) != 2:
            raise ValueError(f"SimCLR compares two views of a modality, not {len(views)}")
    return torch.stack([nce(z[0], z[1], temperature) for z in projected]).mean()


class SimCLR(LateFusion):
    """InfoNCE between two views of the same image, each modality on its own.

    One term, ``self``. The head of a modality is 256-1024-1024-256 at the paper's scale: from e_m
    over twice `config.dim` to `config.projection`.

    Raises:
        ValueError: no modality, or images too small for the tower.
    """

    terms: Mapping[str, float] = {"self": 1.0}
    sees: ClassVar[Mapping[str, str]] = {"self": "each image alone"}
    paper = "SimCLR, ICML 2020, arXiv 2002.05709"
    capturable = True
    places: ClassVar[Mapping[str, str]] = {
        **LateFusion.places,
        "projection": "what the loss compares, concatenated",
    }

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        widths = (self.width, 2 * config.dim, 2 * config.dim, config.projection)
        self.heads = nn.ModuleList(projection_head(widths) for _ in range(modalities))

    def project(self, batch: Batch) -> list[Tensor]:
        """Per modality, the projections of its two views: [2, N, projection].

        Of the whole batch, where processes share it.
        """
        return [
            gather(project_groups(head, embedded), dim=1)
            for head, embedded in zip(self.heads, self.embed_views(batch), strict=True)
        ]

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        return {"self": simclr_loss(self.project(batch), self.config.temperature)}

    def encode(self, modality: int, images: Tensor) -> Tensor:
        embedded = self.embed(modality, images)
        return self.heads[modality](embedded) if self.place == "projection" else embedded
