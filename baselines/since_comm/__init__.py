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
    from .disentangled import (
        DisentangledSSL,
        disentangled_shared_loss,
        disentangled_specific_loss,
    )
    from .mae import MAE, mae_loss

__all__ = [
    "MAE",
    "DisentangledSSL",
    "disentangled_shared_loss",
    "disentangled_specific_loss",
    "mae_loss",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "DisentangledSSL": "disentangled",
        "MAE": "mae",
        "disentangled_shared_loss": "disentangled",
        "disentangled_specific_loss": "disentangled",
        "mae_loss": "mae",
    },
)
