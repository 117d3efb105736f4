"""Cross (CLIP): the images of a pair find each other in the batch.

Source: Radford et al., *Learning transferable visual models from natural language supervision*,
ICML 2021, arXiv 2103.00020, figure 3; the set-up on Trifeature is the CoMM paper's.
"""

import itertools
import math
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.contrast.distributed import gather
from interaction_probes.contrast.losses import check_rows
from interaction_probes.contrast.method import Batch, ModelConfig
from interaction_probes.contrast.row_blocks import by_rows, whole
from interaction_probes.contrast.views.config import MILD_CROP, ViewConfig

from .late_fusion import LateFusion, require_multimodal

#: s = 1 / τ at the start of the training.
_FIRST_SCALE = 1 / 0.07
_GREATEST_SCALE = 100.0


def clip_loss(a: Tensor, b: Tensor, scale: Tensor | float = _FIRST_SCALE) -> Tensor:
    """CLIP's loss, InfoNCE in both directions: ½ [CE(s ab', diagonal) + CE(s ba', diagonal)].

    The rows of a and b are normalised, and CE is the mean cross-entropy of N-way classification:
    the positive of a row is the row of the other side with its number, the other N − 1 rows of that
    side are its in-batch negatives. (:func:`interaction_probes.contrast.losses.nce` has the rows of
    both sides as negatives.) The cosines are computed in float32 or finer, also under autocast.

    Source: Radford et al., ICML 2021, arXiv 2103.00020, figure 3.

    Args:
        a: [N, d], floating point.
        b: [N, d], b_i the positive of a_i; the other rows of b are its negatives.
        scale: s = 1 / τ, which multiplies the cosines: a number, or a scalar that is learnt. The
            paper starts it at 1 / .07 and holds it to 100.

    Returns:
        The mean over the 2N anchors, a scalar in nats.

    Raises:
        ValueError: shapes that differ or are not [N, d], rows that are not floating point, or
            N < 2.
    """
    check_rows("CLIP", a, b)
    fine = torch.promote_types(a.dtype, torch.float32)
    scaled, other = scale * F.normalize(a.to(fine), dim=1), F.normalize(b.to(fine), dim=1)
    if not whole(len(a), len(b)):
        both = [_entropies(scaled, other), _entropies(other, scaled)]
        return 0.5 * torch.stack(both).sum(0).mean()
    with torch.autocast(a.device.type, enabled=False):
        logits = scaled @ other.T
    positive = logits.diagonal()
    return 0.5 * ((logits.logsumexp(1) - positive) + (logits.logsumexp(0) - positive)).mean()


def _entropies(anchors: Tensor, candidates: Tensor) -> Tensor:
    """The cross-entropy of finding each anchor's candidate, which has its number: [N]."""

    def entropies(block: Tensor, first: int) -> Tensor:
        with torch.autocast(block.device.type, enabled=False):
            logits = block @ candidates.T
        return logits.logsumexp(1) - logits.diagonal(first)

    return by_rows(entropies, anchors, len(candidates))


class CLIP(LateFusion):
    """Cross-entropy of finding the other image of a pair in the batch, one mild crop of each.

    One term, ``cross``: the mean over pairs of modalities. A linear projection without bias leads
    from e_m (256 wide at the paper's scale) to `config.dim` (512). The scale of the cosines is
    learnt, from 1 / .07, and held to 100 by clamping its parameter, so that its gradient never
    vanishes there. `config.temperature` is not used. One view per image, a crop of at least half
    of it and no other augmentation.

    Raises:
        ValueError: fewer than two modalities, or images too small for the tower.
    """

    terms: Mapping[str, float] = {"cross": 1.0}
    n_views: ClassVar[int] = 1
    capturable = True
    paper = "CLIP, ICML 2021, arXiv 2103.00020"
    places: ClassVar[Mapping[str, str]] = {
        "projection": "projected vectors, concatenated",
        **LateFusion.places,
    }

    ignores: ClassVar[tuple[str, ...]] = (
        *LateFusion.ignores,
        "model.temperature",
        "model.projection",
        *(f"views.{field.name}" for field in fields(ViewConfig) if field.name != "crop_ratio"),
    )

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        require_multimodal(modalities)
        self.projections = nn.ModuleList(
            nn.Linear(self.width, config.dim, bias=False) for _ in range(modalities)
        )
        self.log_scale = nn.Parameter(torch.tensor(math.log(_FIRST_SCALE)))

    def views(self, config: ViewConfig) -> ViewConfig:
        return replace(MILD_CROP, crop_ratio=config.crop_ratio)

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        with torch.no_grad():
            self.log_scale.clamp_(max=math.log(_GREATEST_SCALE))
        projected = [
            gather(projection(embedded.flatten(0, 1)))
            for projection, embedded in zip(self.projections, self.embed_views(batch), strict=True)
        ]
        scale = self.log_scale.exp()
        crossed = [clip_loss(a, b, scale) for a, b in itertools.combinations(projected, 2)]
        return {"cross": torch.stack(crossed).mean()}

    def encode(self, modality: int, images: Tensor) -> Tensor:
        embedded = self.embed(modality, images)
        if self.place == "projection":
            embedded = self.projections[modality](embedded)
        return embedded
