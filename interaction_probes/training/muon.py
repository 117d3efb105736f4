"""Muon for matrices and kernels, AdamW for vectors, behind one optimiser's interface.

Source: Jordan et al., *Muon: an optimizer for hidden layers in neural networks*, 2024; the scale of
the update by Liu et al., *Muon is scalable for LLM training*, 2025, arXiv 2502.16982.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from interaction_probes.runtime.adamw import AdamW

from .batched_muon import BatchedMuon

#: The rate of vectors (biases, norms, the CLS token) as a part of that of matrices. Chosen with the
#: quick preset's rate, in its trials (docs/quick-preset.md).
VECTOR_SHARE = 0.5
#: Steps of the iteration that orthogonalises an update, where torch's default is 5: three fifths of
#: the cost, and no worse in the single runs that tried both (docs/quick-preset.md).
ITERATIONS = 3


class MuonAdamW:
    """Muon on every parameter of two or more dimensions, AdamW on the others.

    A kernel [out, in, height, width] is updated as a matrix [out, in · height · width]: Muon takes
    matrices only, so it updates a flat copy, which is then written back. An update has the root
    mean square that AdamW's usually has, .2 times the rate, whatever the matrix's shape.

    It has the part of ``torch.optim.Optimizer`` that training and checkpoints use.

    Args:
        parameters: of a method.
        lr: rate of the matrices; vectors take `VECTOR_SHARE` of it.
        weight_decay: of the matrices; vectors have none.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], lr: float, weight_decay: float) -> None:
        self._kernels = [p for p in parameters if p.ndim > 2]
        vectors = [p for p in parameters if p.ndim <= 1]
        flat = {p: nn.Parameter(p.detach().flatten(1).clone()) for p in self._kernels}
        self._flat = [*flat.values()]
        self._parts: list[torch.optim.Optimizer] = []
        if matrices := [flat.get(p, p) for p in parameters if p.ndim > 1]:
            self._parts.append(BatchedMuon(matrices, lr, weight_decay, ITERATIONS))
        if vectors:
            group = {"params": vectors, "weight_decay": 0.0, "lr_share": VECTOR_SHARE}
            self._parts.append(AdamW([group], lr=VECTOR_SHARE * lr, fused=True))

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of both; a rate is the group's share, ``lr_share``, of the schedule's."""
        return [group for part in self._parts for group in part.param_groups]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for kernel in self._kernels:
            kernel.grad = None
        for part in self._parts:
            part.zero_grad()

    @torch.no_grad()
    def step(self) -> None:
        """One update of all parameters that have a gradient."""
        for kernel, flat in zip(self._kernels, self._flat, strict=True):
            flat.copy_(kernel.flatten(1))  # it may have been loaded anew
            flat.grad = None if kernel.grad is None else kernel.grad.flatten(1)
        for part in self._parts:
            part.step()
        for kernel, flat in zip(self._kernels, self._flat, strict=True):
            if flat.grad is not None:
                kernel.copy_(flat.view(kernel.shape))

    def state_dict(self) -> dict[str, Any]:
        """The states of both parts, in torch's own form."""
        return {"parts": [part.state_dict() for part in self._parts]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over the states of both parts.

        Raises:
            ValueError: they are of another optimiser or of other parameters.
        """
        parts = state.get("parts")
        if not isinstance(parts, list) or len(parts) != len(self._parts):
            raise ValueError("the state is of another optimiser")
        for part, kept in zip(self._parts, parts, strict=True):
            part.load_state_dict(kept)

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:
        """What is kept of every parameter; of a matrix by its flat copy."""
        return {p: kept for part in self._parts for p, kept in part.state.items()}
