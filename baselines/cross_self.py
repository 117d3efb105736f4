"""Cross+Self: images of a pair agree, and so do two views of an image.

Source: Mu et al., *SLIP*, ECCV 2022, arXiv 2112.12750, and Yuan et al., *Multimodal contrastive
training*, CVPR 2021; the objective as the CoMM paper states it.
"""

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from interaction_probes.contrast.losses import nce
from interaction_probes.contrast.method import Batch

from .late_fusion import require_multimodal
from .simclr import SimCLR, Views, simclr_loss


def cross_self_loss(projected: Sequence[Views], temperature: float = 0.1) -> Tensor:
    """Cross + Self: :func:`cross_term` + :func:`interaction_probes.baselines.simclr.simclr_loss`.

    For two modalities ½ [NCE(z_1', z_2') + NCE(z_1'', z_2'')] + ½ [NCE(z_1', z_1'') +
    NCE(z_2', z_2'')].

    Source: CoMM, ICLR 2025, arXiv 2409.07402, after SLIP, ECCV 2022, arXiv 2112.12750.

    Args:
        projected: per modality, the projections of its two views: [N, d] each.
        temperature: τ; .1 is CoMM's.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: fewer than two modalities, not two views of one; else as
            :func:`interaction_probes.contrast.losses.nce`.
    """
    return cross_term(projected, temperature) + simclr_loss(projected, temperature)


def cross_term(projected: Sequence[Views], temperature: float = 0.1) -> Tensor:
    """NCE(z_1, z_2), the mean over views and over pairs of modalities.

    Args:
        projected: per modality, the projections of its views: [n_views, N, d]. The v-th view of a
            modality meets the v-th view of the others.
        temperature: τ; .1 is CoMM's.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: fewer than two modalities; else as
            :func:`interaction_probes.contrast.losses.nce`.
    """
    require_multimodal(len(projected))
    return torch.stack(
        [
            nce(a, b, temperature)
            for first, second in itertools.combinations(projected, 2)
            for a, b in zip(first, second, strict=True)
        ]
    ).mean()


class CrossSelf(SimCLR):
    """InfoNCE between the two images of a pair, plus between two views of each image.

    Terms: ``cross`` compares modalities, ``self`` the views of each; both read the same heads.

    Raises:
        ValueError: fewer than two modalities, or images too small for the tower.
    """

    terms: Mapping[str, float] = {"cross": 1.0, "self": 1.0}
    sees: ClassVar[Mapping[str, str]] = {"cross": "each pair of images", **SimCLR.sees}
    paper = "SLIP, ECCV 2022, arXiv 2112.12750"
    capturable = True
    min_modalities: ClassVar[int] = 2

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        projected = self.project(batch)
        objective = {"cross": cross_term, "self": simclr_loss}
        return {term: objective[term](projected, self.config.temperature) for term in terms}
