"""CoMM's objective (Dufumier, Castillo-Navarro et al., ICLR 2025, arXiv 2409.07402)."""

from torch import Tensor

from interaction_probes.contrast.losses import nce


def masked_term(
    masked: tuple[Tensor, Tensor], joint: tuple[Tensor, Tensor], temperature: float
) -> Tensor:
    """L_i = ½ [NCE(z_i', z_12'') + NCE(z_i'', z_12')] for one mask i over the modalities.

    Args:
        masked: projections of the two views under mask i: [N, d] each.
        joint: projections of the two views under the mask of all modalities: [N, d] each.
        temperature: τ.

    Returns:
        A scalar in nats. Minimised with i the mask of all modalities it captures R + S + ΣU, with
        i a single modality R + U_i.

    Raises:
        ValueError: as :func:`interaction_probes.contrast.losses.nce`.
    """
    first, second = masked
    joint_first, joint_second = joint
    return 0.5 * (nce(first, joint_second, temperature) + nce(second, joint_first, temperature))
