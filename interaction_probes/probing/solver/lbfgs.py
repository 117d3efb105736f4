"""L-BFGS with a preconditioner: smooth convex problems to the precision of their arithmetic."""

from collections.abc import Callable

import torch
from torch import Tensor

_MEMORY = 10
_MAX_ITERATIONS = 300
_MAX_HALVINGS = 12
_MAX_IDLE = 3  # iterations in a row that improve on the best by no more than rounding
#: What rounding changes in an objective: a share of it, and an amount where it is near 0.
_ROUNDING = {torch.float32: (1e-6, 1e-9), torch.float64: (1e-14, 1e-18)}
#: Relative accuracy of a converged minimum: see :func:`minimise`.
TOLERANCE = 2e-6

#: A point → its objective (a scalar) and gradient (of the point's shape).
Evaluate = Callable[[Tensor], tuple[Tensor, Tensor]]
#: A gradient → times a symmetric positive approximation of the inverse Hessian: a linear map.
Precondition = Callable[[Tensor], Tensor]


def minimise(
    evaluate: Evaluate, start: Tensor, precondition: Precondition, tolerance: float = TOLERANCE
) -> tuple[Tensor, Tensor]:
    """Minimise from `start`.

    Source: Nocedal & Wright, *Numerical Optimization*, algorithm 7.4, with backtracking.

    Args:
        evaluate: the problem.
        start: a point, of any shape.
        precondition: approximates the inverse Hessian near the start.
        tolerance: stop where the quadratic model predicts a relative decrease of the objective of
            at most half of this.

    Returns:
        The best point and its objective.
    """
    shape = start.shape
    point = start.flatten()
    share, amount = _ROUNDING[start.dtype]

    def gradient_at(point: Tensor) -> tuple[Tensor, Tensor]:
        value, gradient = evaluate(point.view(shape))
        return value, torch.stack([gradient.flatten(), precondition(gradient).flatten()])

    # [gradient, preconditioned gradient], [2, size]: the preconditioner is linear, so differences
    # of such pairs are preconditioned too, and it is applied once per iteration.
    value, gradient = gradient_at(point)
    best, lowest, idle = point, value, 0
    history: list[tuple[Tensor, Tensor, Tensor]] = []  # s, y, rho = 1 / (s . y)
    for _ in range(_MAX_ITERATIONS):
        q = gradient.clone()
        alphas = []
        for step, change, rho in reversed(history):
            alpha = rho * torch.dot(step, q[0])
            q.addcmul_(change, alpha, value=-1)
            alphas.append(alpha)
        direction = q[1]
        if history:
            # The preconditioner was built at the start. Rescale it by the latest curvature: gamma_k
            # of Nocedal & Wright, equation 7.20.
            step, change, rho = history[-1]
            direction /= rho * torch.dot(change[0], change[1])
        for (step, change, rho), alpha in zip(history, reversed(alphas), strict=True):
            direction.addcmul_(step, alpha - rho * torch.dot(change[0], direction))
        slope = torch.dot(gradient[0], direction)
        if not slope > tolerance * value.abs() + amount:
            break
        rounding = share * value.abs() + amount
        length = 1.0
        for _ in range(_MAX_HALVINGS):
            trial = point - length * direction
            trial_value, trial_gradient = gradient_at(trial)
            # NaN compares false: no descent.
            if trial_value <= value - 1e-4 * length * slope + rounding:
                break
            length *= 0.5
        else:  # the arithmetic resolves no further descent
            break
        step, change = trial - point, trial_gradient - gradient
        curvature = torch.dot(step, change[0])
        if curvature > 0:
            history.append((step, change, 1 / curvature))
            del history[:-_MEMORY]
        point, value, gradient = trial, trial_value, trial_gradient
        idle = 0 if value < lowest - rounding else idle + 1
        if value < lowest:
            best, lowest = point, value
        if idle == _MAX_IDLE:
            break
    return best.view(shape), lowest
