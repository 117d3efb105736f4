"""L-BFGS with a preconditioner: smooth convex problems to the precision of their arithmetic."""

from collections.abc import Callable

import torch
from torch import Tensor

_MEMORY = 10
_MAX_ITERATIONS = 300
_MAX_HALVINGS = 12
_MAX_IDLE = 3  # iterations in a row that improve on the best by no more than rounding
#: How close a minimum is looked for: see :func:`minimise`.
CLOSE = 2e-6

#: A point → its objective (a scalar) and gradient (of the point's shape).
Evaluate = Callable[[Tensor], tuple[Tensor, Tensor]]
#: A gradient → times a symmetric positive approximation of the inverse Hessian: a linear map.
Precondition = Callable[[Tensor], Tensor]


def minimise(
    evaluate: Evaluate, start: Tensor, precondition: Precondition, tolerance: float = CLOSE
) -> tuple[Tensor, Tensor]:
    """Minimise from `start`.

    Source: Nocedal & Wright, *Numerical Optimization*, algorithm 7.4, with backtracking.

    Args:
        evaluate: the problem.
        start: a point, of any shape.
        precondition: about the inverse Hessian near the start.
        tolerance: ends where the quadratic model promises to lower the objective by no more than
            half of this, relatively.

    Returns:
        The best point and its objective.
    """
    shape = start.shape
    point = start.flatten()

    def gradient_at(point: Tensor) -> tuple[Tensor, Tensor]:
        value, gradient = evaluate(point.view(shape))
        return value, torch.stack([gradient.flatten(), precondition(gradient).flatten()])

    # Gradients stand beside their preconditioned selves, [2, size], and so do their changes: what
    # is linear is preconditioned once per iteration.
    value, gradient = gradient_at(point)
    best, least, idle = point, value, 0
    history: list[tuple[Tensor, Tensor, Tensor]] = []  # step, change of gradient, 1 / (their dot)
    for _ in range(_MAX_ITERATIONS):
        remaining = gradient.clone()
        shares = []
        for step, change, inverse in reversed(history):
            share = inverse * torch.dot(step, remaining[0])
            remaining.addcmul_(change, share, value=-1)
            shares.append(share)
        direction = remaining[1]
        if history:
            # Where the start was far off, curvature there was: rescale to that of the last step.
            step, change, inverse = history[-1]
            direction /= inverse * torch.dot(change[0], change[1])
        for (step, change, inverse), share in zip(history, reversed(shares), strict=True):
            direction.addcmul_(step, share - inverse * torch.dot(change[0], direction))
        slope = torch.dot(gradient[0], direction)
        if not slope > tolerance * value.abs() + 1e-9:
            break
        rounding = 1e-6 * value.abs() + 1e-9
        length = 1.0
        for _ in range(_MAX_HALVINGS):
            trial = point - length * direction
            trial_value, trial_gradient = gradient_at(trial)
            # A value that is not a number is no descent either.
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
        idle = 0 if value < least - rounding else idle + 1
        if value < least:
            best, least = point, value
        if idle == _MAX_IDLE:
            break
    return best.view(shape), least
