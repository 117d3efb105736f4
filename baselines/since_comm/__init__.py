"""Methods since CoMM: HRIL, COrAL, DeCUR, DisentangledSSL and masked prediction; one file each.

>>> import torch
>>> from interaction_probes.baselines.since_comm import mae_loss
>>> images, everywhere = torch.ones(2, 3, 4, 4), torch.ones(2, 1, 4, 4, dtype=torch.bool)
>>> float(mae_loss(torch.zeros_like(images), images, everywhere))
1.0

May import: baselines, comm, contrast, common.
Must not know: data, probes.
"""

from typing import TYPE_CHECKING

from interaction_probes.common.lazy import attach

if TYPE_CHECKING:
    from .coral import COrAL, coral_loss
    from .decur import DeCUR, decur_loss
    from .disentangled import DisentangledSSL
    from .disentangled_losses import disentangled_shared_loss, disentangled_specific_loss
    from .hril import HRIL, hril_loss
    from .mae import MAE, mae_loss
    from .tucker import tucker_core, tucker_factors

__all__ = [
    "HRIL",
    "MAE",
    "COrAL",
    "DeCUR",
    "DisentangledSSL",
    "coral_loss",
    "decur_loss",
    "disentangled_shared_loss",
    "disentangled_specific_loss",
    "hril_loss",
    "mae_loss",
    "tucker_core",
    "tucker_factors",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "COrAL": "coral",
        "DeCUR": "decur",
        "coral_loss": "coral",
        "HRIL": "hril",
        "decur_loss": "decur",
        "hril_loss": "hril",
        "tucker_core": "tucker",
        "tucker_factors": "tucker",
        "DisentangledSSL": "disentangled",
        "MAE": "mae",
        "disentangled_shared_loss": "disentangled_losses",
        "disentangled_specific_loss": "disentangled_losses",
        "mae_loss": "mae",
    },
)
