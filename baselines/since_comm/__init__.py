"""Methods since CoMM: HRIL, COrAL, DeCUR, DisentangledSSL and masked prediction; one file each.

May import: baselines, comm, contrast, common.
Must not know: data, probes.
"""

from typing import TYPE_CHECKING

from interaction_probes.common.lazy import attach

if TYPE_CHECKING:
    from .coral import COrAL, coral_loss
    from .decur import DeCUR, decur_loss
    from .hril import HRIL, hril_loss
    from .tucker import tucker_core, tucker_factors

__all__ = [
    "HRIL",
    "COrAL",
    "DeCUR",
    "coral_loss",
    "decur_loss",
    "hril_loss",
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
    },
)
