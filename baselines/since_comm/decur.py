"""DeCUR: some dimensions agree between the modalities, the others do not.

Source: Wang, Albrecht, Ait Ali Braham, Liu, Xiong, Zhu, *Decoupling common and unique
representations for multimodal self-supervised learning*, ECCV 2024, arXiv 2309.05300.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from interaction_probes.baselines.simclr import SimCLR, Views
from interaction_probes.contrast.losses import check_rows
from interaction_probes.contrast.method import Batch, ModelConfig

#: Weight of the off-diagonal entries, Barlow Twins'.
_OFF_DIAGONAL = 0.0051


def decur_loss(projected: Sequence[Views], common: int) -> Tensor:
    """DeCUR's loss of two modalities: ``intra`` + ½ (``common`` + ``unique``).

    With C(a, b) the :func:`cross_correlation` and BT(C) its :func:`redundancy` with target 1,

        BT(C(z_1', z_1'')) + BT(C(z_2', z_2'')) + ½ [BT(C_c) + redundancy(C_u, 0)],

    C_c the first k rows and columns of C(z_1', z_2'), C_u the others. Only the first views meet
    across modalities.

    Source: Wang et al., ECCV 2024, arXiv 2309.05300, section 3.

    Args:
        projected: per modality, the projections of its two views: [N, d] each.
        common: k, how many dimensions both modalities share, 1 to d − 1.

    Returns:
        A scalar.

    Raises:
        ValueError: other than two modalities of two views, k that is no whole number or out of its
            range; else as :func:`cross_correlation`.
    """
    return intra_term(projected) + 0.5 * sum(common_and_unique_terms(projected, common))


def intra_term(projected: Sequence[Views]) -> Tensor:
    """Σ_m BT(C(z_m', z_m'')): two views of an image agree in every dimension.

    Raises:
        ValueError: as :func:`decur_loss`.
    """
    _check(projected)
    within = [redundancy(cross_correlation(z[0], z[1]), 1.0) for z in projected]
    return torch.stack(within).sum()


def common_and_unique_terms(projected: Sequence[Views], common: int) -> tuple[Tensor, Tensor]:
    """BT of the first k dimensions of C(z_1', z_2'), and redundancy of the others with target 0.

    Raises:
        ValueError: as :func:`decur_loss`.
    """
    _check(projected)
    width = projected[0][0].shape[-1]
    whole = isinstance(common, int) and not isinstance(common, bool)
    if not whole or not 0 < common < width:
        raise ValueError(
            f"of {width} dimensions 1 to {width - 1} are common to both modalities, not {common!r}"
        )
    between = cross_correlation(projected[0][0], projected[1][0])
    return (
        redundancy(between[:common, :common], 1.0),
        redundancy(between[common:, common:], 0.0),
    )


def cross_correlation(a: Tensor, b: Tensor) -> Tensor:
    """C(a, b) = BN(a)ᵀ BN(b) / N: [d, d], in float32 or finer, also under autocast.

    BN is BatchNorm without weights, its variance that of the batch (1 / N) plus 1e-5.

    Args:
        a: [N, d], floating point.
        b: [N, d], row i of both from sample i.

    Raises:
        ValueError: shapes that differ or are not [N, d], rows that are not floating point, or
            N < 2.
    """
    check_rows("DeCUR", a, b)
    fine = torch.promote_types(a.dtype, torch.float32)
    normalised = []
    for rows in (a.to(fine), b.to(fine)):
        variance, mean = torch.var_mean(rows, 0, correction=0)
        normalised.append((rows - mean) * torch.rsqrt(variance + 1e-5))
    with torch.autocast(a.device.type, enabled=False):
        return normalised[0].T @ normalised[1] / len(a)


def redundancy(correlation: Tensor, target: float) -> Tensor:
    """Σ_d (C_dd − target)² + .0051 Σ_{d≠e} C_de².

    With target 1 it is the loss of Barlow Twins, with target 0 dimensions that share nothing.

    Source: Zbontar et al., *Barlow Twins*, ICML 2021, arXiv 2103.03230, equation 1.

    Args:
        correlation: C, [d, d].
        target: of the diagonal.
    """
    diagonal = correlation.diagonal()
    off_diagonal = correlation.square().sum() - diagonal.square().sum()
    return (diagonal - target).square().sum() + _OFF_DIAGONAL * off_diagonal


def _check(projected: Sequence[Views]) -> None:
    if len(projected) != 2:
        raise ValueError(f"DeCUR compares two modalities, not {len(projected)}")
    for views in projected:
        if len(views) != 2:
            raise ValueError(f"DeCUR compares two views of a modality, not {len(views)}")


class DeCUR(SimCLR):
    """Barlow Twins between two views of an image, and across images in some dimensions alone.

    Terms: ``intra``, two views of each image; ``common``, the first k dimensions of the first views
    of both images, which correlate; ``unique``, the others, which do not. Encoders and heads are
    those of :class:`interaction_probes.baselines.simclr.SimCLR`: the paper's heads are 8,192 wide,
    these `config.projection`. k is three quarters of the dimensions. It is this project's choice,
    not tuned; the paper chooses it for each data set.

    Raises:
        ValueError: a number of modalities other than two, images too small for the tower, or
            projections of too few dimensions to be common in part: fewer than 3, also where the
            terms that tell common from unique have weight 0.
    """

    terms: Mapping[str, float] = {"intra": 1.0, "common": 0.5, "unique": 0.5}
    sees: ClassVar[Mapping[str, str]] = {
        "intra": "each image alone",
        "common": "both images",
        "unique": "both images",
    }
    paper = "DeCUR, ECCV 2024, arXiv 2309.05300"
    capturable = True
    min_modalities: ClassVar[int] = 2
    max_modalities: ClassVar[int | None] = 2
    ignores: ClassVar[tuple[str, ...]] = (*SimCLR.ignores, "model.temperature")
    #: k / d, the share of the dimensions that are common.
    common_share: ClassVar[float] = 0.75

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        #: k, how many dimensions are common.
        self.common = round(self.common_share * config.projection)
        if not 0 < self.common < config.projection:
            raise ValueError(
                f"DeCUR has dimensions that are common and others that are not, and "
                f"{config.projection} in all leave none: raise model.projection"
            )

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        projected = self.project(batch)
        values = {}
        if "intra" in terms:
            values["intra"] = intra_term(projected)
        if {"common", "unique"} & {*terms}:
            found = common_and_unique_terms(projected, self.common)
            across = zip(("common", "unique"), found, strict=True)
            values |= {term: value for term, value in across if term in terms}
        return values
