"""Methods since CoMM: HRIL, COrAL, DeCUR, DisentangledSSL and masked prediction; one file each.

May import: baselines, comm, contrast, common.
Must not know: data, probes.
"""

from typing import TYPE_CHECKING

from interaction_probes.common.lazy import attach

if TYPE_CHECKING:
    from .decur import DeCUR, decur_loss

__all__ = [
    "DeCUR",
    "decur_loss",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "DeCUR": "decur",
        "decur_loss": "decur",
    },
)
