"""The losses of DisentangledSSL's two steps.

Source: Wang et al., *An information criterion for controlled disentanglement of multimodal data*,
ICLR 2025, arXiv 2410.23996.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from interaction_probes.contrast.losses import check_rows, nce

#: τ, the paper's.
TEMPERATURE = 0.07


def disentangled_shared_loss(
    samples: Sequence[Tensor],
    means: Sequence[Tensor],
    compression: float = 1.0,
    temperature: float = TEMPERATURE,
) -> Tensor:
    """Step 1: NCE(z_s1, z_s2) + β mean ‖μ_1 − μ_2‖².

    z_sm is a sample of q(z_sm | x_m), and μ_m its mean. NCE is
    :func:`interaction_probes.contrast.losses.nce`, which is the SupCon loss without labels. The
    second term, which bounds what a shared code says about its own image alone, is
    :func:`mean_distance`.

    Source: Wang et al., ICLR 2025, arXiv 2410.23996.

    Args:
        samples: z_s1 and z_s2, [N, d] each.
        means: μ_1 and μ_2, [N, d] each.
        compression: β.
        temperature: τ.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: not two samples and two means, or as
            :func:`interaction_probes.contrast.losses.nce` and :func:`mean_distance`.
    """
    if len(samples) != 2 or len(means) != 2:
        raise ValueError(
            f"step 1 has samples and means of two images, not {len(samples)} and {len(means)}"
        )
    first, second = samples
    return nce(first, second, temperature) + compression * mean_distance(*means)


def disentangled_specific_loss(
    shared: Sequence[Sequence[Tensor]],
    specific: Sequence[Sequence[Tensor]],
    orthogonality: float = 1.0,
    temperature: float = TEMPERATURE,
) -> Tensor:
    """Step 2: Σ_m NCE([z_m'; z_sm'], [z_m''; z_sm'']) + λ ½ Σ_m ‖Ẑ_mᵀ Ẑ_sm‖_F.

    The second term is the mean over the two views. Codes are scaled to unit length before they are
    concatenated, so both weigh the same in the cosines.

    Source: Wang et al., ICLR 2025, arXiv 2410.23996.

    Args:
        shared: per modality, the shared codes of its two views: [N, d] each.
        specific: per modality, the specific codes of its two views: [N, k] each.
        orthogonality: λ.
        temperature: τ.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: shared and specific codes of different numbers of modalities, or of none; else
            as :func:`agreement` and :func:`overlap`.
    """
    if not len(shared) or len(shared) != len(specific):
        raise ValueError(
            "step 2 has shared and specific codes of each modality, not of "
            f"{len(shared)} and of {len(specific)}"
        )
    agreements, overlaps = [], []
    for of_shared, of_specific in zip(shared, specific, strict=True):
        agreements.append(agreement(of_shared, of_specific, temperature))
        pairs = zip(of_specific, of_shared, strict=True)
        overlaps.append(torch.stack([overlap(*views) for views in pairs]).mean())
    return torch.stack(agreements).sum() + orthogonality * 0.5 * torch.stack(overlaps).sum()


def mean_distance(first: Tensor, second: Tensor) -> Tensor:
    """mean_i ‖μ_1i − μ_2i‖², in float32 or finer.

    Args:
        first: μ_1, [N, d].
        second: μ_2, [N, d].

    Raises:
        ValueError: shapes that differ or are not [N, d], rows that are not floating point, N < 2.
    """
    check_rows("the distance of means", first, second)
    fine = torch.promote_types(first.dtype, torch.float32)
    return (first.to(fine) - second.to(fine)).square().sum(1).mean()


def agreement(
    shared: Sequence[Tensor], specific: Sequence[Tensor], temperature: float = TEMPERATURE
) -> Tensor:
    """NCE([z'; z_s'], [z''; z_s'']) of one modality, both codes of unit length.

    Args:
        shared: z_s' and z_s'', [N, d] each.
        specific: z' and z'', [N, k] each.
        temperature: τ.

    Raises:
        ValueError: not two views, or as :func:`interaction_probes.contrast.losses.nce`.
    """
    if len(shared) != 2 or len(specific) != 2:
        raise ValueError(f"two views agree, not {len(shared)} and {len(specific)}")
    first, second = (
        torch.cat([unit_rows(z), unit_rows(z_s)], dim=1)
        for z, z_s in zip(specific, shared, strict=True)
    )
    return nce(first, second, temperature)


def overlap(specific: Tensor, shared: Tensor) -> Tensor:
    """‖Ẑᵀ Ẑ_s‖_F of codes with rows of unit length: 0 where no two features vary together.

    It is not centred, and grows with the root of the batch: it is at most N, and about √N for
    codes that are independent. Computed in float32 or finer, also under autocast.

    Args:
        specific: Z, [N, k].
        shared: Z_s, [N, d].

    Raises:
        ValueError: not [N, k] and [N, d] of the same N.
    """
    if specific.ndim != 2 or shared.ndim != 2 or len(specific) != len(shared):
        raise ValueError(
            f"the overlap is of [N, k] and [N, d] codes, not {[*specific.shape]} and "
            f"{[*shared.shape]}"
        )
    with torch.autocast(specific.device.type, enabled=False):
        return torch.linalg.matrix_norm(unit_rows(specific).T @ unit_rows(shared))


def unit_rows(rows: Tensor) -> Tensor:
    """Rows of unit length, in float32 or finer."""
    return F.normalize(rows.to(torch.promote_types(rows.dtype, torch.float32)), dim=-1)
