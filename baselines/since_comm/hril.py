"""HRIL: single images against the fused pair, aligned views, and no dominant product of images."""

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from interaction_probes.comm.loss import Views, masked_term
from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.losses import check_rows
from interaction_probes.contrast.method import Batch, ModelConfig

from .tucker import tucker_core, tucker_factors

#: Added to the variance under the root, VICReg's; HRIL's own is not published.
_EPSILON = 1e-4


def hril_loss(
    alone: Sequence[Views] | Tensor,
    joint: Views,
    bases: Sequence[Tensor],
    temperature: float = 0.1,
    alignment: float = 1.0,
    synergy: float = 1.0,
) -> Tensor:
    """HRIL's loss over n modalities: Σ_i L_i + λ_a L_align + λ_s L_syn.

    L_i is CoMM's :func:`interaction_probes.comm.loss.masked_term`, L_align
    :func:`alignment_term`, L_syn :func:`synergy_term`; the term of all modalities is left out.

    Source: the HRIL paper, from its equations; its title, year and arXiv id are not known here. λ_a
    and λ_s are not published; 1 is this project's choice, not tuned.

    Args:
        alone: per modality, the projections z_i', z_i'' of the two views under the mask that keeps
            it alone: [N, d] each.
        joint: the projections z', z'' of all modalities: [N, d] each.
        bases: per modality P_m, [d, r].
        temperature: τ.
        alignment: λ_a.
        synergy: λ_s.

    Returns:
        A scalar.

    Raises:
        ValueError: fewer than two modalities; else as the terms.
    """
    unimodal = torch.stack([masked_term(z, joint, temperature) for z in alone]).sum()
    return unimodal + alignment * alignment_term(alone) + synergy * synergy_term(alone, bases)


def alignment_term(alone: Sequence[Views] | Tensor, floor: float = 0.5) -> Tensor:
    """L_align: mean_b (1 − cos(A'_b, A''_b))² + mean_d [γ − √(Var_b((A' + A'') / 2)_d + ε)]⁺.

    A is the projections of the single modalities, each normalised, concatenated, and normalised
    again. The second part keeps dimensions from collapsing. Rows of length 1 have a mean variance
    of at most 1 / D, D the dimensions of A: of codes that use their dimensions alike the root stays
    far below .5, and the part is a constant less the mean deviation. Var is over the batch (1 / (N
    − 1)) and ε 1e-4, both as in VICReg (ICLR 2022, arXiv 2105.04906), since the paper leaves them
    open. Computed in float32 or finer, also under autocast.

    Args:
        alone: per modality, the projections of its two views: [N, d] each.
        floor: γ; .5 is the paper's.

    Returns:
        A scalar.

    Raises:
        ValueError: as :func:`hril_loss`.
    """
    first, second = (
        F.normalize(torch.cat([F.normalize(rows, dim=1) for rows in view], dim=1), dim=1)
        for view in _by_view(alone)
    )
    cosines = (first * second).sum(1)
    deviation = (((first + second) / 2).var(0) + _EPSILON).sqrt()
    return (1 - cosines).square().mean() + (floor - deviation).relu().mean()


def synergy_term(
    alone: Sequence[Views] | Tensor,
    bases: Sequence[Tensor],
    floor: float = 0.5,
    rank: int | None = None,
) -> Tensor:
    """L_syn: ½ Σ_views [ξ − (1 − ρ(G))]⁺, ρ(G) = :func:`dominance` of T = mean_b ⊗_m (z_m P_m).

    Of two modalities T is a matrix with singular values σ, and ρ = σ_1² / Σ σ².

    Args:
        alone: per modality, the projections of its two views: [N, d] each.
        bases: per modality P_m with orthonormal columns: [d, r].
        floor: ξ; .5 is the paper's.
        rank: of the Tucker core on each side; r where none is given. The paper leaves it open.

    Returns:
        A scalar.

    Raises:
        ValueError: as :func:`hril_loss`, another number of bases, or one that is not [d, r].
    """
    values = []
    for view in _by_view(alone):
        if len(bases) != len(view):
            raise ValueError(f"{len(view)} modalities need as many bases, not {len(bases)}")
        for z, basis in zip(view, bases, strict=True):
            if basis.ndim != 2 or len(basis) != z.shape[1] or not basis.shape[1]:
                raise ValueError(
                    f"a basis of projections of {z.shape[1]} dimensions is [{z.shape[1]}, r], r of "
                    f"1 or more, not {[*basis.shape]}"
                )
        with torch.autocast(view[0].device.type, enabled=False):
            projected = [z @ basis.to(z) for z, basis in zip(view, bases, strict=True)]
            values.append((floor - (1 - dominance(_mean_product(projected), rank))).relu())
    return torch.stack(values).mean()


def dominance(tensor: Tensor, rank: int | None = None) -> Tensor:
    """ρ(G) = max G² / ‖G‖², G the Tucker core of a tensor, ‖G‖² at least 1e-6.

    The gradient holds the factors fixed. For a matrix that is exact: the largest entry is
    σ_1 = u_1ᵀ T v_1, which turning u_1 and v_1 does not change to first order. From three sides on
    it is the gradient of an alternating step, and finite where singular values coincide.

    Args:
        tensor: [d_1, …, d_n], float32 or finer.
        rank: of the core on each side; full where none is given.
    """
    ranks = [side if rank is None else min(rank, side) for side in tensor.shape]
    factors: list[Tensor | None] = [*tucker_factors(tensor.detach(), ranks)]
    squares = tucker_core(tensor, factors).square()
    return squares.max() / squares.sum().clamp(min=1e-6)


def _mean_product(rows: Sequence[Tensor]) -> Tensor:
    """mean_b of the outer product over the modalities: [r_1, …, r_n]."""
    first, *others, last = rows
    product = first
    for z in others:
        product = (product[:, :, None] * z[:, None]).flatten(1)
    shape = [z.shape[1] for z in rows]
    return (product.T @ last / len(last)).view(shape)


def _by_view(alone: Sequence[Views] | Tensor) -> list[list[Tensor]]:
    """The rows of each modality in either view, in float32 or finer."""
    if len(alone) < 2:
        raise ValueError(f"HRIL needs 2 modalities or more, not {len(alone)}")
    for views in alone:
        if len(views) != 2:
            raise ValueError(f"HRIL compares two views of a modality, not {len(views)}")
        for rows in views:
            check_rows("HRIL", alone[0][0], rows)
    fine = torch.promote_types(alone[0][0].dtype, torch.float32)
    return [[views[v].to(fine) for views in alone] for v in range(2)]


class HRIL(CoMM):
    """InfoNCE of each image alone with the fused pair, aligned views, and a tensor without a peak.

    Terms: ``unimodal`` is Σ L_i of CoMM; ``alignment`` compares the concatenated projections of the
    single images between the views; ``synergy`` is the share of the largest entry of the Tucker
    core of the mean outer product of the single images' projections, beyond ½. Towers, fusion and
    head are CoMM's. P_m is drawn when the method is built, and fixed.

    The paper leaves both weights and the ranks of the core open. Weights of 1 and full ranks are
    this project's choice. At full ranks ρ falls below ½ as soon as codes hold several shared values
    alike, and `synergy` is then 0: in the trials of the quick preset it is below .0002 from the
    fourth epoch on.

    Raises:
        ValueError: fewer than two modalities; else as
            :class:`interaction_probes.comm.method.CoMM`.
    """

    terms: Mapping[str, float] = {"unimodal": 1.0, "alignment": 1.0, "synergy": 1.0}
    sees: ClassVar[Mapping[str, str]] = {
        "unimodal": CoMM.sees["unimodal"],
        "alignment": "each image alone",
        "synergy": "all images at once",
    }
    paper = "HRIL, title, year and arXiv id not known"
    min_modalities: ClassVar[int] = 2
    #: r, the columns of P_m; fewer where the projections are narrower.
    tensor_width: ClassVar[int] = 24
    #: the rank of the Tucker core on each side; full where None.
    core_rank: ClassVar[int | None] = None

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        width = min(self.tensor_width, config.projection)
        drawn = torch.randn(modalities, config.projection, width)
        self.register_buffer("bases", torch.linalg.qr(drawn).Q)

    @classmethod
    def terms_for(cls, modalities: int, classes: Mapping[str, int]) -> Mapping[str, float]:
        return dict(cls.terms)

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        projected = self.project_masks(self.tokenise_views(batch), ["unimodal"])
        alone = projected[1:]
        values: dict[str, Tensor] = {}
        if "unimodal" in terms:
            values |= self.compare(projected, ["unimodal"])
        if "alignment" in terms:
            values["alignment"] = alignment_term(alone)
        if "synergy" in terms:
            bases = [*self.get_buffer("bases")]
            values["synergy"] = synergy_term(alone, bases, rank=self.core_rank)
        return values
