"""CoMM as a method: towers, fusion, head and the two named terms of its loss."""

from collections.abc import Collection, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from interaction_probes.contrast.encoders import stack_views
from interaction_probes.contrast.heads import projection_head
from interaction_probes.contrast.method import Batch, Method, ModelConfig

from .fusion import Fusion, Summary
from .loss import masked_term


class CoMM(Method):
    """Contrastive multimodal learning of the shared, unique and synergistic information.

    Terms, for n modalities: ``joint`` is L, every modality against every modality; ``unimodal``
    is Σ L_i, each modality alone against all. The paper's loss is the mean over the n + 1 masks,
    hence the default weights for n = 2.
    """

    terms: ClassVar = {"joint": 1 / 3, "unimodal": 1 / 3}

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.fusion = Fusion([self.feature_shape] * modalities, config.dim, config.heads)
        self.head = projection_head((config.dim, config.dim, config.dim, config.projection))

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        n_views = self.n_views
        summaries = []  # summaries[m][v]
        for m, views in enumerate(batch.views):
            features = self.encoders[m](views.flatten(0, 1))
            whole = self.fusion.summarise(m, features)
            summaries.append(whole.chunk(n_views))
        masks: list[list[int]] = [[m] for m in range(len(summaries))] if "unimodal" in terms else []
        masks.append(list(range(len(summaries))))
        merged = [self.fusion.merge([summaries[m][v] for m in mask]) for mask in masks for v in range(n_views)]
        projected = [self.head(z).float() for z in merged]
        by_mask = [tuple(projected[k : k + n_views]) for k in range(0, len(projected), n_views)]
        joint = by_mask[-1]
        values = {}
        tau = self.config.temperature
        if "joint" in terms:
            values["joint"] = masked_term(joint, joint, tau)
        if "unimodal" in terms:
            values["unimodal"] = sum(masked_term(single, joint, tau) for single in by_mask[:-1])
        return values

    def encode(self, modality: int, images: Tensor) -> Tensor:
        return self.fusion.summarise(modality, self.encoders[modality](images)).flatten()

    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        present = [Summary.unflatten(rows, self.config.heads) for rows in encoded if rows is not None]
        return self.fusion.merge(present)
