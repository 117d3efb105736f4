"""Methods since CoMM: HRIL, COrAL, DeCUR, DisentangledSSL and masked prediction; one file each.

May import: baselines, comm, contrast, common.
Must not know: data, probes.
"""

from interaction_probes.common.lazy import attach

__all__: list[str] = []

__getattr__, __dir__ = attach(__name__, {})
