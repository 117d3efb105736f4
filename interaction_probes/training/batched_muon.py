"""``torch.optim.Muon`` with matrices of one shape in one batch: the same updates in less time."""

import inspect
import math
from collections import defaultdict
from typing import Any

import torch
from torch import Tensor

from interaction_probes.runtime.adamw import UNWRAPPED


class BatchedMuon(torch.optim.Muon):
    """``torch.optim.Muon``, whose matrices of one shape are orthogonalised together.

    torch's step runs one matrix after another, some twenty small operations each. The towers of a
    method have the same shapes, and so have most matrices of its fusion and head. What a batch of
    them saves: ``benchmarks/speed/muon.py``. On a CPU every matrix gets the same bytes as from
    torch's step; a GPU may round batched products differently.

    Updates are scaled as by ``adjust_lr_fn="match_rms_adamw"``, and momentum is Nesterov's; a state
    with others is refused. Like :class:`~interaction_probes.runtime.adamw.AdamW` it does without
    the import of torch's compiler.

    Args:
        parameters: matrices.
        lr: the rate.
        weight_decay: decoupled, per step and rate.
        ns_steps: iterations that orthogonalise an update.
    """

    def __init__(
        self, parameters: list[torch.nn.Parameter], lr: float, weight_decay: float, ns_steps: int
    ) -> None:
        super().__init__(
            parameters,
            lr=lr,
            weight_decay=weight_decay,
            ns_steps=ns_steps,
            adjust_lr_fn="match_rms_adamw",
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state of this class or of ``torch.optim.Muon``.

        Raises:
            ValueError: it is of other parameters, or of updates that this class does not make.
        """
        for group in state_dict["param_groups"]:
            if (group.get("nesterov"), group.get("adjust_lr_fn")) != (True, "match_rms_adamw"):
                raise ValueError(
                    "the state is of Muon with another momentum or another scale of its updates: "
                    'nesterov=True and adjust_lr_fn="match_rms_adamw" can be taken over'
                )
        inspect.unwrap(torch.optim.Muon.load_state_dict)(self, state_dict)

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """One update of all matrices that have a gradient."""
        for group in self.param_groups:
            # One shape after another: what a batch needs then stays in a core's cache.
            alike: dict[tuple[torch.Size, torch.device], list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    alike[matrix.shape, matrix.device].append(matrix)
            for matrices in alike.values():
                self._update(matrices, group)

    def _update(self, matrices: list[Tensor], group: dict[str, Any]) -> None:
        """One update of matrices of one shape."""
        gradients = [matrix.grad for matrix in matrices if matrix.grad is not None]
        buffers = [
            self._buffer(matrix, gradient)
            for matrix, gradient in zip(matrices, gradients, strict=True)
        ]
        # torch's own optimisers use these functions of lists, which have no public name.
        torch._foreach_lerp_(buffers, gradients, 1 - group["momentum"])
        updates = torch._foreach_lerp(gradients, buffers, group["momentum"])
        batch = torch.stack([update.bfloat16() for update in updates])
        directions = orthogonalised(
            batch, group["ns_coefficients"], group["ns_steps"], group["eps"]
        )
        rate = group["lr"] * (0.2 * math.sqrt(max(matrices[0].shape)))
        for matrix in matrices:  # one by one: a list of float16 is rounded otherwise
            matrix.mul_(1 - group["lr"] * group["weight_decay"])
        torch._foreach_add_(matrices, [*directions.unbind()], alpha=-rate)

    def _buffer(self, matrix: Tensor, gradient: Tensor) -> Tensor:
        """The momentum of a matrix, 0 before its first update."""
        state = self.state[matrix]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        kept: Tensor = state["momentum_buffer"]
        return kept


for _name in UNWRAPPED:
    if _name not in vars(BatchedMuon):
        setattr(BatchedMuon, _name, inspect.unwrap(getattr(torch.optim.Muon, _name)))


def orthogonalised(
    matrices: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Tensor:
    """The Newton-Schulz iteration of Muon on a batch of matrices, in their own precision.

    Args:
        matrices: [k, a, b].
        coefficients: of the polynomial that maps singular values, a x + b x³ + c x⁵.
        steps: how often it is applied.
        eps: the least norm that a matrix is divided by.

    Returns:
        [k, a, b], singular values near 1.
    """
    a, b, c = coefficients
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    # One by one, since a batch of norms is summed in another order.
    norms = torch.stack([each.norm() for each in x]).clamp(min=eps)
    x = x / norms[:, None, None]
    for _ in range(steps):
        gram = torch.bmm(x, x.mT)
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    return x.mT if tall else x
