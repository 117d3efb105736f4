"""One modality's tokens, and what attention makes of them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .folded_attention import FoldedAttention


@dataclass(frozen=True)
class Tokens:
    """One modality's t tokens in the form that attention needs, before masks over them are known.

    Attributes:
        x: [n, t, c], the channels of the features at each position.
        scores: [n, t, heads], without the part that all tokens share.
        inverse_deviation: [n, t, 1], of each token over d.
        weight: [d, c], the converter, centred over d.
        fixed: [t, d], bias and position codes, centred over d.
        attention: what the scores were taken by.
        valid: bool [n, t], False at padded tokens, whose scores are −∞; None where none is padded.
    """

    x: Tensor
    scores: Tensor
    inverse_deviation: Tensor
    weight: Tensor
    fixed: Tensor
    attention: FoldedAttention
    valid: Tensor | None = None


@dataclass(frozen=True)
class Summary:
    """One modality's tokens after attention within the modality.

    Attributes:
        mass: [n, heads], the log-sum-exp of the tokens' scores.
        value: [n, heads, d / heads], the pooled values.
        attention: what they were taken by; None of rows that were stored.
    """

    mass: Tensor
    value: Tensor
    attention: FoldedAttention | None = None

    def flatten(self) -> Tensor:
        """[n, heads + d]: one row per sample, for storage."""
        return torch.cat([self.mass, self.value.flatten(1)], dim=1)

    @classmethod
    def unflatten(cls, rows: Tensor, heads: int) -> "Summary":
        """The inverse of :meth:`flatten`."""
        return cls(rows[:, :heads], rows[:, heads:].unflatten(1, (heads, -1)))
