"""Cross (CLIP): the images of a pair find each other in the batch.

Source: Radford et al., *Learning transferable visual models from natural language supervision*,
ICML 2021, arXiv 2103.00020, figure 3; the set-up on Trifeature is the CoMM paper's.
"""

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.contrast.losses import check_rows, check_temperature
from interaction_probes.contrast.method import Batch, ModelConfig
from interaction_probes.contrast.row_blocks import by_rows, whole

from .cross_modal import CrossModal
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
        ValueError: shapes that differ or are not [N, d], rows that are not floating point,
            N < 2, or a scale that is not one positive number.
    """
    check_rows("CLIP", a, b)
    check_temperature(scale, "CLIP's scale")
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


def pairwise_clip_loss(projected: Sequence[Tensor], scale: Tensor | float = _FIRST_SCALE) -> Tensor:
    """CLIP on all pairs: the mean of :func:`clip_loss` over the n (n − 1) / 2 pairs of modalities.

    For two modalities it is CLIP's loss. It is the full graph of CMC (Tian et al., ECCV 2020, arXiv
    1906.05849) with in-batch negatives.

    Args:
        projected: per modality [N, d], row i of each from sample i.
        scale: as :func:`clip_loss`.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: fewer than two modalities; else as :func:`clip_loss`.
    """
    require_multimodal(len(projected))
    pairs = itertools.combinations(projected, 2)
    return torch.stack([clip_loss(a, b, scale) for a, b in pairs]).mean()


class CLIP(CrossModal):
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
    sees: ClassVar[Mapping[str, str]] = {"cross": "each pair of images"}
    capturable = True
    paper = "CLIP, ICML 2021, arXiv 2103.00020"
    places: ClassVar[Mapping[str, str]] = {
        "projection": CrossModal.places["projection"],
        **LateFusion.places,
    }

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.log_scale = nn.Parameter(torch.tensor(math.log(_FIRST_SCALE)))

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        with torch.no_grad():
            self.log_scale.clamp_(max=math.log(_GREATEST_SCALE))
        return {"cross": pairwise_clip_loss(self.project(batch), self.log_scale.exp())}
