"""CoMM's objective (Dufumier, Castillo-Navarro et al., ICLR 2025, arXiv 2409.07402)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from interaction_probes.contrast.losses import batched_nce, nce

#: Two views: a pair of [N, d], or one tensor [2, N, d].
Views = Sequence[Tensor] | Tensor


def comm_loss(masked: Sequence[Views] | Tensor, joint: Views, temperature: float = 0.1) -> Tensor:
    """CoMM's loss over n modalities, the mean over its n + 1 masks: (L + Σ_i L_i) / (n + 1).

    Each L is a :func:`masked_term`: L_i of the mask that keeps modality i alone, L of the mask that
    keeps all. For two modalities this is (L + L_1 + L_2) / 3. Given further masks (of pairs, say),
    it is the mean over these, too.

    Source: CoMM, ICLR 2025, arXiv 2409.07402, section 3. The projections are of fused
    representations, and all masks share one fusion and one head.

    Args:
        masked: per modality, the projections z_i', z_i'' of the two views under the mask that keeps
            it alone: [N, d] each. Projections under further masks may follow.
        joint: the projections z', z'' under the mask of all modalities: [N, d] each.
        temperature: τ; .1 is the paper's.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: no masked projections, not two views of each; else as
            :func:`interaction_probes.contrast.losses.nce`.
    """
    if len(masked) == 0:
        raise ValueError("CoMM's loss needs the projections of each modality alone, not of none")
    terms = [masked_term(joint, joint, temperature)]
    terms += [masked_term(alone, joint, temperature) for alone in masked]
    return torch.stack(terms).mean()


def masked_term(masked: Views, joint: Views, temperature: float = 0.1) -> Tensor:
    """L_i = ½ [NCE(z_i', z'') + NCE(z_i'', z')] for one mask i over the modalities.

    Args:
        masked: projections z_i', z_i'' of the two views under mask i: [N, d] each.
        joint: projections z', z'' of the two views under the mask of all modalities: [N, d] each.
        temperature: τ; .1 is the paper's.

    Returns:
        A scalar in nats. Minimised with i the mask of all modalities it captures R + S + ΣU, with
        i a single modality R + U_i.

    Raises:
        ValueError: not two views; else as :func:`interaction_probes.contrast.losses.nce`.
    """
    for views in (masked, joint):
        if len(views) != 2:
            raise ValueError(f"CoMM compares two views of each mask, not {len(views)}")
    first, second = masked[0], masked[1]
    joint_first, joint_second = joint[0], joint[1]
    return 0.5 * (nce(first, joint_second, temperature) + nce(second, joint_first, temperature))


def masked_terms(masked: Tensor, joint: Tensor, temperature: float = 0.1) -> Tensor:
    """:func:`masked_term` of k masks, by one product for all.

    Args:
        masked: projections of both views under each mask, [k, 2, N, d].
        joint: projections of both views under the mask of all modalities, [2, N, d].
        temperature: τ; .1 is the paper's.

    Returns:
        L_i of each mask, [k], in nats.

    Raises:
        ValueError: as :func:`interaction_probes.contrast.losses.batched_nce`.
    """
    other_view = joint.flip(0).repeat(len(masked), 1, 1)  # z'', z' once per mask
    return batched_nce(masked.flatten(0, 1), other_view, temperature).view(-1, 2).mean(1)
