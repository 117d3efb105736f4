"""What every method shares: encoders, heads, losses, views, the Method protocol, ranks.

>>> import torch
>>> from interaction_probes.contrast import nce
>>> a = torch.eye(4)
>>> bool(nce(a, a, temperature=0.1) < nce(a, a.flip(0), temperature=0.1))
True

May import: common.
Must not know: data, methods by name.
"""

from typing import TYPE_CHECKING

from interaction_probes.common.lazy import attach

if TYPE_CHECKING:
    from .distributed import gather
    from .encoders import EncoderConfig, InputConfig, build_encoder, mean_features
    from .heads import project_groups, projection_head
    from .losses import club_upper_bound, infonce_lower_bound, nce
    from .method import Batch, Method, ModelConfig

__all__ = [
    "Batch",
    "EncoderConfig",
    "InputConfig",
    "Method",
    "ModelConfig",
    "build_encoder",
    "club_upper_bound",
    "gather",
    "infonce_lower_bound",
    "mean_features",
    "nce",
    "project_groups",
    "projection_head",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Batch": "method",
        "EncoderConfig": "encoders",
        "InputConfig": "encoders",
        "Method": "method",
        "ModelConfig": "method",
        "build_encoder": "encoders",
        "club_upper_bound": "losses",
        "gather": "distributed",
        "infonce_lower_bound": "losses",
        "mean_features": "encoders",
        "nce": "losses",
        "project_groups": "heads",
        "projection_head": "heads",
    },
)
