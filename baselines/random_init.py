"""A floor: CoMM's towers and fusion as they are initialised."""

from collections.abc import Collection, Mapping
from typing import ClassVar

from torch import Tensor

from interaction_probes.comm.method import FusionMethod
from interaction_probes.contrast.method import Batch


class RandomInit(FusionMethod):
    """Nothing is learnt: CoMM's towers and fusion with the parameters that they start from.

    They are the very parameters of a CoMM of the same seed before its first step.

    Raises:
        ValueError: no modality, images too small for the tower, or a width that the heads do not
            divide.
    """

    terms: Mapping[str, float] = {}
    pairs: ClassVar[tuple[str, ...]] = ("unbiased",)

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        return {}
