"""Muon for matrices and kernels, AdamW for vectors, behind one optimiser's interface.

Source: Jordan et al., *Muon: an optimizer for hidden layers in neural networks*, 2024; the scale of
the update by Liu et al., *Muon is scalable for LLM training*, 2025, arXiv 2502.16982.
"""

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from interaction_probes.runtime.adamw import UNWRAPPED, AdamW

#: The rate of vectors (biases, norms, the CLS token) as a part of that of matrices. Chosen with the
#: quick preset's rate, in its trials (docs/quick-preset.md).
VECTOR_SHARE = 0.5
#: Steps of the iteration that orthogonalises an update: 3 learn as much as torch's 5 in the quick
#: preset's trials, at three fifths of the cost.
ITERATIONS = 3


class _Muon(torch.optim.Muon):
    """``torch.optim.Muon`` without the import of torch's compiler, as :class:`AdamW` here."""


for _name in UNWRAPPED:
    setattr(_Muon, _name, inspect.unwrap(getattr(torch.optim.Muon, _name)))
_Muon.step = torch.no_grad()(_Muon.step)  # type: ignore[method-assign]


class MuonAdamW:
    """Muon on every parameter of two or more dimensions, AdamW on the others.

    A kernel [out, in, height, width] is updated as a matrix [out, in · height · width]: torch's
    Muon takes matrices only, so it updates flat copies, which are then written back. An update has
    the root mean square that AdamW's usually has, .2 times the rate, whatever the matrix's shape.

    It has the part of ``torch.optim.Optimizer`` that training and checkpoints use.

    Args:
        parameters: of a method.
        lr: rate of the matrices; vectors take `VECTOR_SHARE` of it.
        weight_decay: of the matrices; vectors have none.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], lr: float, weight_decay: float) -> None:
        self._matrices = [p for p in parameters if p.ndim > 1]
        vectors = [p for p in parameters if p.ndim <= 1]
        self._flat = [nn.Parameter(p.detach().flatten(1).clone()) for p in self._matrices]
        self._parts: list[torch.optim.Optimizer] = []
        if self._flat:
            self._parts.append(
                _Muon(
                    self._flat,
                    lr=lr,
                    weight_decay=weight_decay,
                    ns_steps=ITERATIONS,
                    adjust_lr_fn="match_rms_adamw",
                )
            )
        if vectors:
            group = {"params": vectors, "weight_decay": 0.0, "lr_share": VECTOR_SHARE}
            self._parts.append(AdamW([group], lr=VECTOR_SHARE * lr, fused=True))

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of both; a rate is the group's share, ``lr_share``, of the schedule's."""
        return [group for part in self._parts for group in part.param_groups]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in (*self._matrices, *self._flat):
            parameter.grad = None
        for part in self._parts:
            part.zero_grad()

    @torch.no_grad()
    def step(self) -> None:
        """One update of all parameters that have a gradient."""
        for parameter, flat in zip(self._matrices, self._flat, strict=True):
            flat.copy_(parameter.flatten(1))  # it may have been loaded anew
            flat.grad = None if parameter.grad is None else parameter.grad.flatten(1)
        for part in self._parts:
            part.step()
        for parameter, flat in zip(self._matrices, self._flat, strict=True):
            if flat.grad is not None:
                parameter.copy_(flat.view(parameter.shape))

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
