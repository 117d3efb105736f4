"""The other methods, the supervised ceiling, and the floors; one file each.

>>> import torch
>>> from interaction_probes.baselines import clip_loss
>>> images, texts = torch.eye(4), torch.eye(4)
>>> bool(clip_loss(images, texts) < clip_loss(images, texts.flip(0)))
True

May import: comm, contrast, common.
Must not know: data, probes.
"""

from typing import TYPE_CHECKING

from interaction_probes.common.lazy import attach

if TYPE_CHECKING:
    from .clip import CLIP, clip_loss, pairwise_clip_loss
    from .cross_modal import CrossModal
    from .cross_self import CrossSelf, cross_self_loss
    from .factorcl import FactorCL, factorcl_loss
    from .infmasking import InfMasking, infmasking_loss
    from .late_fusion import LateFusion
    from .pixels import Pixels
    from .random_init import RandomInit
    from .simclr import SimCLR, simclr_loss
    from .supervised import Supervised

__all__ = [
    "CLIP",
    "CrossModal",
    "CrossSelf",
    "FactorCL",
    "InfMasking",
    "LateFusion",
    "Pixels",
    "RandomInit",
    "SimCLR",
    "Supervised",
    "clip_loss",
    "cross_self_loss",
    "factorcl_loss",
    "infmasking_loss",
    "pairwise_clip_loss",
    "simclr_loss",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "CLIP": "clip",
        "CrossModal": "cross_modal",
        "CrossSelf": "cross_self",
        "FactorCL": "factorcl",
        "InfMasking": "infmasking",
        "LateFusion": "late_fusion",
        "Pixels": "pixels",
        "RandomInit": "random_init",
        "SimCLR": "simclr",
        "Supervised": "supervised",
        "clip_loss": "clip",
        "cross_self_loss": "cross_self",
        "factorcl_loss": "factorcl",
        "infmasking_loss": "infmasking",
        "pairwise_clip_loss": "clip",
        "simclr_loss": "simclr",
    },
)
