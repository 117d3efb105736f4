"""GRAM: the images of a sample span a small volume, images of different samples a large one.

Source: Cicchetti, Grassucci, Sigillo, Comminiello, *Gramian multimodal representation learning and
alignment*, ICLR 2025, arXiv 2412.11959.
"""

from collections.abc import Collection, Mapping, Sequence
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

#: Modalities up to which the determinant is expanded; n! products are few then.
_MOST_EXPANDED = 5


def gram_loss(
    anchor: Tensor,
    others: Sequence[Tensor],
    temperature: float = 0.07,
    label_smoothing: float = 0.1,
) -> Tensor:
    """GRAM's loss: N-way classification by −V_ij / τ in both directions, with label smoothing.

    V_ij is :func:`gram_volume` of the anchor x_i with the other modalities of sample j, which stay
    together.

    Source: Cicchetti et al., ICLR 2025, arXiv 2412.11959, section 3.

    Args:
        anchor: [N, d], floating point: one modality.
        others: the other modalities, [N, d] each, row j of each from sample j.
        temperature: τ.
        label_smoothing: share of the target that is spread over all N.

    Returns:
        The mean over the 2N anchors, a scalar in nats.

    Raises:
        ValueError: as :func:`gram_volume`, τ not positive, or a smoothing out of [0, 1).
    """
    check_temperature(temperature)
    return symmetric_cross_entropy(-gram_volume(anchor, others) / temperature, label_smoothing)


def gram_volume(anchor: Tensor, others: Sequence[Tensor]) -> Tensor:
    """V_ij = √|det G|, the volume that the normalised x_i and y_j, z_j, … span: [N, N].

    G is the Gram matrix of the n vectors. V is 1 where they are orthogonal and 0 where they are
    linearly dependent. For three vectors with cosines a, b, c, det G = 1 + 2abc − a² − b² − c². A
    determinant below what rounding leaves of 0 has no gradient, where a square root would have an
    infinite one. Computed in float32 or finer, also under autocast.

    Args:
        anchor: [N, d], floating point: x.
        others: y, z, …: [N, d] each, row j of each from sample j.

    Raises:
        ValueError: no other modality, shapes that differ or are not [N, d], rows that are not
            floating point, or N < 2.
    """
    if not len(others):
        raise ValueError("GRAM compares an anchor with one other modality or more, not with none")
    for other in others:
        check_rows("GRAM", anchor, other)
    fine = torch.promote_types(anchor.dtype, torch.float32)
    x, *rest = (F.normalize(rows.to(fine), dim=1) for rows in (anchor, *others))
    with torch.autocast(x.device.type, enabled=False):
        across = [x @ y.T for y in rest]  # [N, N], by i and j
        squared = (_expanded if len(rest) < _MOST_EXPANDED else _bordered)(across, rest)
    return squared.abs().clamp(min=torch.finfo(fine).eps ** 2).sqrt()


def _expanded(across: Sequence[Tensor], rest: Sequence[Tensor]) -> Tensor:
    """det G by Laplace's expansion: [N, N]."""
    gram: list[list[Tensor | float]] = [[1.0, *across]]
    for k, y in enumerate(rest):
        within: list[Tensor | float] = [(y * z).sum(1) for z in rest]  # [N], by j
        within[k] = 1.0
        gram.append([across[k], *within])
    squared = _determinant(gram)
    assert isinstance(squared, Tensor)
    return squared


def _bordered(across: Sequence[Tensor], rest: Sequence[Tensor]) -> Tensor:
    """det G = det B − cᵀ adj(B) c: [N, N], B the Gram matrix of all but x_i, c their cosines to it.

    Laplace's expansion has n! products. This one is a polynomial as well, which a factorisation is
    not: where B is singular it has the same gradient.
    """
    rows = torch.stack([*rest], dim=1)  # [N, n − 1, d], by j
    diagonal = torch.eye(len(rest), dtype=torch.bool, device=rows.device)
    determinant, adjugate = _adjugate((rows @ rows.mT).masked_fill(diagonal, 1.0))
    cosines = torch.stack([c.T for c in across], dim=2)  # [N, N, n − 1], by j and i
    return (determinant[:, None] - ((cosines @ adjugate) * cosines).sum(2)).T


def _adjugate(matrices: Tensor) -> tuple[Tensor, Tensor]:
    """det A and adj(A) of matrices [N, k, k], by the algorithm of Faddeev and LeVerrier.

    In float64: its sums cancel, and lose two digits of eight rows.
    """
    a = matrices.double()
    size = a.shape[-1]
    unit = torch.eye(size, dtype=a.dtype, device=a.device)
    found = unit.expand_as(a)
    for k in range(1, size):
        product = a @ found
        trace = product.diagonal(dim1=1, dim2=2).sum(1)
        found = product - trace[:, None, None] / k * unit
    found = (-1) ** (size - 1) * found
    determinant = (a[:, 0] * found[:, :, 0]).sum(1)  # A adj(A) = det A
    return determinant.to(matrices.dtype), found.to(matrices.dtype)


def _determinant(rows: Sequence[Sequence[Tensor | float]]) -> Tensor | float:
    """Laplace's expansion: polynomials of the entries, with a gradient where G is singular."""
    first, *below = rows
    if not below:
        return first[0]
    total: Tensor | float = 0.0
    for k, entry in enumerate(first):
        minor = [[*row[:k], *row[k + 1 :]] for row in below]
        total = total + (-1) ** k * entry * _determinant(minor)
    return total


class GRAM(CrossModal):
    """Cross-entropy of image 1 with the other images of its sample by the volume that they span.

    One term, ``volume``. As published, one modality is the anchor, here the first; the others stay
    together. Views and projections are those of CLIP
    (:class:`interaction_probes.baselines.cross_modal.CrossModal`), τ is .07 and label smoothing .1.
    The authors' further matching loss, of a fusion encoder for text and video, is left out.

    Args:
        config: the parts that the method is built from.
        modalities: how many there are.

    Raises:
        ValueError: fewer than three modalities, or images too small for the tower.
    """

    terms: Mapping[str, float] = {"volume": 1.0}
    sees: ClassVar[Mapping[str, str]] = {"volume": "all images at once, image 1 the anchor"}
    capturable = True
    paper = "GRAM, ICLR 2025, arXiv 2412.11959"
    min_modalities: ClassVar[int] = 3
    with_fewer: ClassVar[str] = "with 2 the volume is a function of the cosine, as in CLIP"

    def __init__(self, config: ModelConfig, modalities: int = 3) -> None:
        super().__init__(config, modalities)

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        anchor, *others = self.project(batch)
        return {"volume": gram_loss(anchor, others)}
