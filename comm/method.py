"""CoMM as a method: towers, fusion, head and the two named terms of its loss."""

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from interaction_probes.contrast.heads import project_groups, projection_head
from interaction_probes.contrast.method import Batch, Method, ModelConfig

from .fusion import Fusion, Summary
from .loss import masked_term


class CoMM(Method):
    """Contrastive multimodal learning of the shared, unique and synergistic information.

    Terms, for n modalities: ``joint`` is L, every modality against every modality; ``unimodal``
    is Σ L_i, each modality alone against all. The paper's loss is the mean over the n + 1 masks,
    so each term's default weight is 1 / (n + 1).

    Args:
        config: the parts that the method is built from.
        modalities: n.

    Raises:
        ValueError: no modality, images too small for the tower, or a width that the heads do not
            divide.
    """

    terms: Mapping[str, float] = {"joint": 1 / 3, "unimodal": 1 / 3}

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.terms = dict.fromkeys(self.terms, 1 / (modalities + 1))
        self.fusion = Fusion([self.feature_shape] * modalities, config.dim, config.heads)
        self.head = projection_head((config.dim, config.dim, config.dim, config.projection))

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        modalities = range(len(self.encoders))
        summaries = [
            self.fusion.summarise(m, encoder(views.flatten(0, 1)))
            for m, (encoder, views) in enumerate(zip(self.encoders, batch.views, strict=True))
        ]
        masks: list[Collection[int]] = [modalities]
        if "unimodal" in terms:
            masks += [[m] for m in modalities]
        fused = self.fusion.merge(summaries, masks)  # [masks, views · N, d]
        groups = fused.unflatten(1, (self.n_views, -1)).flatten(0, 1)
        projected = project_groups(self.head, groups).unflatten(0, (len(masks), -1))
        joint, *alone = ((first, second) for first, second in projected)
        tau = self.config.temperature
        values = {}
        if "joint" in terms:
            values["joint"] = masked_term(joint, joint, tau)
        if "unimodal" in terms:
            values["unimodal"] = torch.stack([masked_term(z, joint, tau) for z in alone]).sum()
        return values

    def encode(self, modality: int, images: Tensor) -> Tensor:
        return self.fusion.summarise(modality, self.encoders[modality](images)).flatten()

    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        present = [
            Summary.unflatten(rows, self.config.heads) for rows in encoded if rows is not None
        ]
        return self.fusion.merge(present)
