"""CoMM: fusion by attention, its loss as a function, and the method.

With z_i', z_i'' the projections of two augmented views under mask i over n modalities (i keeps one
of them, or all: z', z''), CoMM minimises the mean over its n + 1 masks

    L = 1/(n + 1) Σ_i ½ [NCE(z_i', z'') + NCE(z_i'', z')],

with NCE the NT-Xent loss. The term of the mask that keeps all captures R + S + ΣU, that of a single
modality R + U_i. Source: Dufumier, Castillo-Navarro et al., ICLR 2025, arXiv 2409.07402.

>>> import torch
>>> from interaction_probes.comm import Fusion, comm_loss
>>> fusion = Fusion(shapes=[(64, 6, 6), (20, 32)], dim=16, heads=4)  # a feature map, 20 tokens
>>> views = [[torch.randn(8, 64, 6, 6), torch.randn(8, 20, 32)] for _ in range(2)]
>>> joint = [fusion(view) for view in views]
>>> alone = [[fusion(view, mask=[m]) for view in views] for m in range(2)]
>>> comm_loss(alone, joint, temperature=0.1).shape
torch.Size([])

May import: contrast, common.
Must not know: data, probes.
"""

from typing import TYPE_CHECKING

from interaction_probes.common.lazy import attach

if TYPE_CHECKING:
    from .fusion import Fusion
    from .loss import comm_loss, masked_term
    from .method import CoMM, FusionMethod

__all__ = ["CoMM", "Fusion", "FusionMethod", "comm_loss", "masked_term"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "CoMM": "method",
        "Fusion": "fusion",
        "FusionMethod": "method",
        "comm_loss": "loss",
        "masked_term": "loss",
    },
)
