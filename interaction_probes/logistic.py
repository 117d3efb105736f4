"""Multinomial logistic regression with an L2 penalty, for many strengths at once.

One L-BFGS solves all strengths side by side, so that each pass over the features serves them all.
It works in the eigenbasis of the features' covariance, where the loss's curvature is nearly
diagonal: with that diagonal as the initial inverse Hessian it needs tens of passes, not hundreds.
Converged problems leave the batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

_MEMORY = 10
_MAX_ITERATIONS = 300
_MAX_HALVINGS = 12

#: (points [a, …], active [a]) → objectives [a] and gradients [a, …] of the active problems.
Evaluate = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Spectrum:
    """Features in the eigenbasis of their covariance.

    Attributes:
        mean: [d], of the features that the spectrum was made from.
        scale: [d], their standard deviation; 1 where a feature is constant.
        basis: [d, d], eigenvectors of the correlation matrix as columns.
        variance: [d], its eigenvalues.
    """

    mean: Tensor
    scale: Tensor
    basis: Tensor
    variance: Tensor

    @classmethod
    def of(cls, features: Tensor) -> "Spectrum":
        """Fit to features [n, d].

        Raises:
            ValueError: features that are not finite.
        """
        if not torch.isfinite(features).all():
            raise ValueError("the features are not finite")
        mean = features.mean(0)
        centred = features - mean
        deviation = centred.square().mean(0).sqrt()
        scale = torch.where(deviation > 1e-6 * (mean.abs() + 1e-6), deviation, 1.0)
        standard = centred / scale
        correlation = (standard.T @ standard).double() / len(features)
        variance, basis = torch.linalg.eigh(correlation)
        return cls(mean, scale, basis.to(features.dtype), variance.clamp(min=0).to(features.dtype))

    def rotate(self, features: Tensor) -> Tensor:
        """Standardised features [n, d] in the eigenbasis; penalties are the same there."""
        return ((features - self.mean) / self.scale) @ self.basis


@dataclass(frozen=True)
class Fitted:
    """Solutions for k strengths.

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
        logits = (features @ self.weight.mT).mT + self.bias[:, :, None]  # [k, c, n]
        if logits.shape[1] == 1:
            logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
        return logits.log_softmax(1).mT


def fit_logistic(
    features: Tensor, variance: Tensor, labels: Tensor, classes: int, strengths: Sequence[float]
) -> Fitted:
    """Minimise mean cross-entropy + λ/2 · ‖W‖² for each λ; the bias is not penalised.

    In scikit-learn's terms λ = 1 / (C · n). Two classes share one column of logits, as there.

    Args:
        features: [n, d], rotated by a :class:`Spectrum`.
        variance: [d], about the second moment of each rotated feature.
        labels: int64 [n] in 0..classes − 1.
        classes: number of classes.
        strengths: the λ, one or more.
    """
    n, d = features.shape
    rows = 1 if classes == 2 else classes
    penalty = features.new_tensor(list(strengths))[:, None, None]
    extended = torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
    ridge = torch.cat([penalty.expand(-1, 1, d), torch.zeros_like(penalty)], dim=2)
    # Curvature at W = 0: p (1 − p) of a uniform prediction, along each eigenvector, plus λ.
    curvature = (1 / classes) * (1 - 1 / classes)
    moment = torch.cat([variance, torch.ones_like(variance[:1])])
    inverse = 1 / (curvature * moment + ridge)
    one_hot = F.one_hot(labels, classes).T.to(features.dtype)[-rows:]  # [c, n]
    target = one_hot @ extended / n

    def evaluate(weight: Tensor, active: Tensor) -> tuple[Tensor, Tensor]:
        """Objective [k] and gradient [k, c, d + 1] of the active problems."""
        k = len(weight)
        logits = (weight.view(k * rows, d + 1) @ extended.T).view(k, rows, n)
        # Samples lie innermost, where arithmetic over classes is vectorised; the loss is taken
        # relative to the true class's logit, so that a loss near 0 keeps its digits.
        if rows == 1:
            loss = F.softplus(logits * (1 - 2 * one_hot)).mean((1, 2))
            probability = logits.sigmoid_()
        else:
            true = logits.gather(1, labels.expand(k, 1, n))
            top = logits.amax(1, keepdim=True)
            probability = logits.sub_(top).exp_()
            total = probability.sum(1, keepdim=True)
            loss = (total.log() + (top - true)).mean((1, 2))
            probability /= total
        shrink = ridge[active] * weight
        gradient = (probability.view(k * rows, n) @ extended).view(k, rows, d + 1) / n
        objective = loss + 0.5 * (shrink * weight).sum((1, 2))
        return objective, gradient - target + shrink

    start = features.new_zeros(len(penalty), rows, d + 1)
    weight, objective = _minimise(evaluate, start, inverse)
    return Fitted(weight[:, :, :d], weight[:, :, d], objective)


def _minimise(evaluate: Evaluate, start: Tensor, inverse: Tensor) -> tuple[Tensor, Tensor]:
    """Batched L-BFGS: independent problems along the first axis, one evaluation for all.

    Args:
        evaluate: the problems; it is told which of them the points belong to.
        start: points [k, …].
        inverse: diagonal initial inverse Hessian, broadcastable to the points.

    Returns:
        Points [k, …] and objectives [k].
    """
    solution, best = start.clone(), start.new_zeros(len(start))
    active = torch.arange(len(start), device=start.device)
    point = start
    value, gradient = evaluate(point, active)
    stuck = torch.zeros_like(active, dtype=torch.bool)
    steps: list[Tensor] = []
    changes: list[Tensor] = []

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return (a * b).flatten(1).sum(1)[:, None, None]

    for _ in range(_MAX_ITERATIONS):
        direction = gradient
        history = []
        for s, y in zip(reversed(steps), reversed(changes), strict=True):
            curvature = dot(s, y)
            usable = curvature > 0
            rho = torch.where(usable, 1 / torch.where(usable, curvature, 1.0), 0.0)
            alpha = rho * dot(s, direction)
            direction = direction - alpha * y
            history.append((s, y, rho, alpha))
        direction = inverse * direction
        if steps:
            # Near-perfect probes have far less curvature than at W = 0: rescale to the last step's,
            # or the promised decrease is too small and the search ends early.
            seen, full = dot(steps[-1], changes[-1]), dot(changes[-1], inverse * changes[-1])
            direction = direction * torch.where((seen > 0) & (full > 0), seen / full, 1.0)
        for s, y, rho, alpha in reversed(history):
            direction = direction + s * (alpha - rho * dot(y, direction))
        slope = dot(gradient, direction)[:, 0, 0]
        # Half the slope is the decrease that the quadratic model still promises.
        done = stuck | (slope < 2e-6 * value.abs() + 1e-9)
        if done.any():
            solution[active[done]], best[active[done]] = point[done], value[done]
            keep = ~done
            if not keep.any():
                return solution, best
            active, point, value, gradient = active[keep], point[keep], value[keep], gradient[keep]
            direction, slope, inverse = direction[keep], slope[keep], inverse[keep]
            stuck = stuck[keep]
            steps, changes = [s[keep] for s in steps], [y[keep] for y in changes]
        length = torch.ones_like(value)
        for _ in range(_MAX_HALVINGS):
            trial = point - length[:, None, None] * direction
            trial_value, trial_gradient = evaluate(trial, active)
            rounding = 1e-6 * value.abs() + 1e-9
            # Negated, so that a value that is not a number is no descent.
            short = ~(trial_value <= value - 1e-4 * length * slope + rounding)
            if not short.any():
                break
            length = torch.where(short, length * 0.5, length)
        stuck = short  # float32 resolves no further descent: stay at the best point
        trial = torch.where(stuck[:, None, None], point, trial)
        trial_value = torch.where(stuck, value, trial_value)
        trial_gradient = torch.where(stuck[:, None, None], gradient, trial_gradient)
        steps.append(trial - point)
        changes.append(trial_gradient - gradient)
        del steps[:-_MEMORY], changes[:-_MEMORY]
        point, value, gradient = trial, trial_value, trial_gradient
    solution[active], best[active] = point, value
    return solution, best
