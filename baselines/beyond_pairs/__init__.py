"""Methods whose loss compares three or more modalities at once: Symile, GRAM, TRIANGLE, ConFu.

>>> import torch
>>> from interaction_probes.baselines.beyond_pairs import symile_loss
>>> x, y, z = torch.eye(4), torch.eye(4), torch.eye(4)
>>> bool(symile_loss([x, y, z]) < symile_loss([x, y, z.flip(0)]))
True

May import: baselines, contrast, common.
Must not know: data, probes.
"""

from typing import TYPE_CHECKING

from interaction_probes.common.lazy import attach

if TYPE_CHECKING:
    from .confu import ConFu, confu_loss
    from .gram import GRAM, gram_loss, gram_volume
    from .symile import Symile, symile_loss
    from .triangle import TRIANGLE, triangle_area, triangle_loss

__all__ = [
    "GRAM",
    "TRIANGLE",
    "ConFu",
    "Symile",
    "confu_loss",
    "gram_loss",
    "gram_volume",
    "symile_loss",
    "triangle_area",
    "triangle_loss",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "ConFu": "confu",
        "GRAM": "gram",
        "Symile": "symile",
        "TRIANGLE": "triangle",
        "confu_loss": "confu",
        "gram_loss": "gram",
        "gram_volume": "gram",
        "symile_loss": "symile",
        "triangle_area": "triangle",
        "triangle_loss": "triangle",
    },
)
