"""TRIANGLE: the three images of a sample are corners of a small triangle.

Source: Grassucci, Cicchetti, Comminiello, *A TRIANGLE enables multimodal alignment beyond cosine
similarity*, 2025.
"""

from collections.abc import Collection, Mapping
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from interaction_probes.baselines.cross_modal import CrossModal
from interaction_probes.contrast.losses import (
    check_rows,
    check_temperature,
    symmetric_cross_entropy,
)
from interaction_probes.contrast.method import Batch, ModelConfig


def triangle_loss(x: Tensor, y: Tensor, z: Tensor, temperature: float = 0.07) -> Tensor:
    """TRIANGLE's loss: N-way classification by −A_ij / τ in both directions.

    A_ij is :func:`triangle_area` of the anchor x_i with y_j and z_j, which stay together.

    Source: Grassucci et al., 2025.

    Args:
        x: [N, d], floating point: the anchor.
        y: [N, d].
        z: [N, d], row j of both from sample j.
        temperature: τ.

    Returns:
        The mean over the 2N anchors, a scalar in nats.

    Raises:
        ValueError: as :func:`triangle_area`, or τ not positive.
    """
    check_temperature(temperature)
    return symmetric_cross_entropy(-triangle_area(x, y, z) / temperature)


def triangle_area(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """A_ij = ½ √(‖u‖² ‖v‖² − (u·v)²), u = x_i − y_j, v = x_i − z_j, of normalised rows: [N, N].

    All follows from three cosines: ‖u‖² = 2 − 2 x·y, ‖v‖² = 2 − 2 x·z, u·v = 1 − x·y − x·z + y·z.
    An area below what rounding leaves of 0 has no gradient, where a square root would have an
    infinite one. Computed in float32 or finer, also under autocast.

    Args:
        x: [N, d], floating point.
        y: [N, d].
        z: [N, d], row j of both from sample j.

    Raises:
        ValueError: shapes that differ or are not [N, d], rows that are not floating point, or
            N < 2.
    """
    check_rows("TRIANGLE", x, y)
    check_rows("TRIANGLE", x, z)
    fine = torch.promote_types(x.dtype, torch.float32)
    x, y, z = (F.normalize(rows.to(fine), dim=1) for rows in (x, y, z))
    with torch.autocast(x.device.type, enabled=False):
        xy, xz = x @ y.T, x @ z.T
    yz = (y * z).sum(1)
    squared = (2 - 2 * xy) * (2 - 2 * xz) - (1 - xy - xz + yz).square()
    return 0.5 * squared.clamp(min=torch.finfo(fine).eps ** 2).sqrt()


class TRIANGLE(CrossModal):
    """Cross-entropy of image 1 with the other two of its sample by the area of their triangle.

    One term, ``area``. As published, one modality is the anchor, here the first; the others stay
    together. Views and projections are those of CLIP
    (:class:`interaction_probes.baselines.cross_modal.CrossModal`), τ is .07.

    Args:
        config: the parts that the method is built from.
        modalities: three.

    Raises:
        ValueError: a number of modalities other than three, or images too small for the tower.
    """

    terms: Mapping[str, float] = {"area": 1.0}
    sees: ClassVar[Mapping[str, str]] = {"area": "all three images at once, image 1 the anchor"}
    capturable = True
    paper = "TRIANGLE, 2025, arXiv id not known"
    min_modalities: ClassVar[int] = 3
    max_modalities: ClassVar[int | None] = 3
    with_fewer: ClassVar[str] = "with 2 there is no triangle"

    def __init__(self, config: ModelConfig, modalities: int = 3) -> None:
        super().__init__(config, modalities)

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        x, y, z = self.project(batch)
        return {"area": triangle_loss(x, y, z)}
