"""Solutions of a logistic objective along a path of penalties, from the largest to the smallest.

Each solution starts from a quadratic extrapolation of the last three in log λ (a warm start), which
halves the passes over the data. Each problem is solved by L-BFGS, preconditioned with the
block-diagonal Hessian at the start. Tens of passes are enough, where plain L-BFGS needs hundreds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from interaction_probes.runtime.threads import threads_for

from .lbfgs import TOLERANCE, minimise
from .objective import Logistic, LogisticColumns
from .preconditioner import block_preconditioner

#: Solutions from which the next start is extrapolated.
EXTRAPOLATION_POINTS = 3


@dataclass(frozen=True)
class Fitted:
    """Solutions for k penalties.

    Attributes:
        weight: [k, c, d], c rows of logits (one for two classes).
        bias: [k, c].
        objective: [k], mean cross-entropy plus penalty, in nats.
    """

    weight: Tensor
    bias: Tensor
    objective: Tensor

    def log_probabilities(self, features: Tensor) -> Tensor:
        """[n, d] → [k, n, classes], in nats."""
        logits = self.logits(features)
        if logits.shape[1] == 1:
            logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
        return logits.log_softmax(1).mT

    def logits(self, features: Tensor) -> Tensor:
        """[n, d] → [k, c, n]."""
        return (features @ self.weight.mT).mT + self.bias[:, :, None]

    def parameters(self) -> Tensor:
        """Weights and biases, as :class:`LogisticColumns` takes them: [k, c, d + 1]."""
        return torch.cat([self.weight, self.bias[:, :, None]], dim=2)

    def double(self) -> "Fitted":
        """The same in float64."""
        return Fitted(self.weight.double(), self.bias.double(), self.objective.double())

    def select(self, indices: Sequence[int]) -> "Fitted":
        """The solutions of some of the penalties, by their index."""
        rows = list(indices)
        return Fitted(self.weight[rows], self.bias[rows], self.objective[rows])


def solve(
    problem: LogisticColumns, start: Tensor, penalty: float, tolerance: float = TOLERANCE
) -> tuple[Tensor, Tensor]:
    """The minimum and its objective, searched from `start`."""
    with threads_for(problem.features.numel()):
        return minimise(
            lambda parameters: problem.evaluate(parameters, penalty),
            start,
            block_preconditioner(problem, start, penalty),
            tolerance,
        )


def fit_logistic(
    features: Tensor,
    variance: Tensor,
    labels: Tensor,
    classes: int,
    penalties: Sequence[float],
    start: Fitted | None = None,
    tolerance: float | Sequence[float] = TOLERANCE,
) -> Fitted:
    """Minimise mean cross-entropy + λ/2 · ‖W‖² for each λ (:class:`Logistic`).

    Args:
        features: [n, d], rotated by a PCABasis.
        variance: [d], about the second moment of each rotated feature.
        labels: int64 [n] in 0..classes − 1.
        classes: number of classes.
        penalties: the λ, one or more, in any order.
        start: solutions of a similar problem for the same penalties.
        tolerance: relative accuracy of the minima, one for all penalties or one for each; see
            :func:`~interaction_probes.probing.solver.lbfgs.minimise`.
    """
    problem = Logistic(features, variance, labels, classes)
    return solve_path(problem, penalties, start, tolerance)


def solve_path(
    problem: LogisticColumns,
    penalties: Sequence[float],
    start: Fitted | None = None,
    tolerance: float | Sequence[float] = TOLERANCE,
) -> Fitted:
    """The solutions of a problem for each λ.

    Args:
        problem: a label of several classes, or binary regressions that are independent.
        penalties: as for :func:`fit_logistic`, as are the next two.
        start: see there.
        tolerance: see there.
    """
    tolerances = [tolerance] * len(penalties) if isinstance(tolerance, float) else tolerance
    starts = [problem.origin] * len(penalties) if start is None else start.parameters()
    found: dict[float, tuple[Tensor, Tensor]] = {}
    # (log λ, solution − its start) of the penalties that are solved
    offsets: list[tuple[float, Tensor]] = []
    last = problem.origin
    for k in sorted(range(len(penalties)), key=lambda k: (-penalties[k], tolerances[k])):
        if penalties[k] in found:
            continue
        log_penalty = math.log(penalties[k])
        parameters = starts[k]
        if offsets:
            parameters = starts[k] + extrapolate(offsets[-EXTRAPOLATION_POINTS:], log_penalty)
        if len(offsets) > 1:  # with uneven steps the extrapolation can be worse than no step
            candidates = [parameters, last]
            values = [float(problem.evaluate(each, penalties[k])[0]) for each in candidates]
            parameters = candidates[values.index(min(values))]
        found[penalties[k]] = solve(problem, parameters, penalties[k], tolerances[k])
        last = found[penalties[k]][0]
        offsets.append((log_penalty, last - starts[k]))
    solutions = torch.stack([found[penalty][0] for penalty in penalties])
    objectives = torch.stack([found[penalty][1] for penalty in penalties])
    return Fitted(solutions[:, :, :-1], solutions[:, :, -1], objectives)


def extrapolate(known: Sequence[tuple[float, Tensor]], at: float) -> Tensor:
    """The value at `at` of the polynomial through known (position, value): Lagrange's formula."""
    total = torch.zeros_like(known[0][1])
    for k, (here, value) in enumerate(known):
        others = [there for j, (there, _) in enumerate(known) if j != k]
        total += math.prod((at - there) / (here - there) for there in others) * value
    return total
