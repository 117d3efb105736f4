"""Multinomial logistic regression with an L2 penalty, along a path of strengths.

The path runs from strong to weak. Along the logarithm of the strength solutions move almost as a
parabola does, so that each starts where the last three point to, which halves the passes. Every
problem is solved by L-BFGS preconditioned with each class's own curvature at the point where it
starts, which a quarter of the samples or fewer give almost exactly: a near-perfect probe is unsure
of few of them. What remains to be learnt is how classes interact, so tens of passes do, where
hundreds were needed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from interaction_probes.runtime.threads import threads_for

from .lbfgs import CLOSE, minimise

#: Directions of greatest variance whose joint curvature is kept; the others' is kept singly. So is
#: that of directions in which no class bends the loss by more than a share of the penalty: under
#: strong penalties these are most.
_DIRECTIONS = 384
_BENT = 0.3
_CURVATURE_SHARE = 0.25
_CURVATURE_ROWS = 4  # per direction, at least
_CURVATURE_KEPT = 0.99  # of a class's curvature: the samples that have the rest are left out too
_AHEAD = 3  # solutions that say where the next one lies
#: Where logits differ by more, probabilities are 0 as far as sums can tell; smaller ones would be
#: denormal numbers, which make the products of a near-perfect probe three times slower.
_SURE = 60.0


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

    def points(self) -> Tensor:
        """The solutions as points of a :class:`Logistic`: [k, c, d + 1]."""
        return torch.cat([self.weight, self.bias[:, :, None]], dim=2)

    def select(self, chosen: Sequence[int]) -> "Fitted":
        """The solutions of some of the strengths, by their place."""
        rows = list(chosen)
        return Fitted(self.weight[rows], self.bias[rows], self.objective[rows])


class Logistic:
    """The objective mean cross-entropy + λ/2 · ‖W‖² over one set of samples; bias not penalised.

    In scikit-learn's terms λ = 1 / (C · n). Two classes share one row of logits, as there. A point
    holds a row of d weights and a bias per row of logits: [c, d + 1].

    Args:
        features: [n, d], rotated by a PCABasis, so that their variance ascends.
        variance: [d], about the second moment of each rotated feature.
        labels: int64 [n] in 0..classes − 1.
        classes: number of classes.
    """

    def __init__(self, features: Tensor, variance: Tensor, labels: Tensor, classes: int) -> None:
        self.n, d = features.shape
        self.rows = 1 if classes == 2 else classes
        self.labels = labels[None]
        self.features = torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
        self.transposed = self.features.T.contiguous()  # twice as fast to multiply few rows with
        self.moment = torch.cat([variance, torch.ones_like(variance[:1])])
        self.weighed = torch.ones_like(self.moment)
        self.weighed[d] = 0  # the bias
        self.one_hot = F.one_hot(labels, classes).T.to(features.dtype)[-self.rows :]  # [c, n]
        self.target = self.one_hot @ self.features / self.n

    @property
    def origin(self) -> Tensor:
        """The point 0."""
        return torch.zeros_like(self.target)

    def frequencies(self) -> Tensor:
        """The constant predictor of the classes' frequencies: the point of no weights."""
        point = self.origin
        share = self.one_hot.mean(1).clamp(1e-12, 1 - 1e-12)
        point[:, -1] = share.log() if self.rows > 1 else share.logit()
        return point

    def evaluate(self, point: Tensor, strength: float) -> tuple[Tensor, Tensor]:
        """Objective and gradient [c, d + 1]."""
        loss, gradient = self.cross_entropy(point)
        shrink = strength * self.weighed * point
        return loss + 0.5 * (shrink * point).sum(), gradient + shrink

    def cross_entropy(self, point: Tensor) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy in nats, without the penalty, and its gradient [c, d + 1]."""
        loss, probability = self._predict(point)
        # By the same copy as the logits: two of them would drive each other out of the cache. Which
        # way round takes half as long depends on the threads (1.9 and .9 ms on one, .6 and 1.3 on
        # two; 10,000 samples of width 256, a Xeon).
        if self.features.is_cuda or torch.get_num_threads() > 1:
            product = probability @ self.transposed.T
        else:
            product = (self.transposed @ probability.T).T
        return loss, product / self.n - self.target

    def precondition(self, point: Tensor, strength: float) -> Callable[[Tensor], Tensor]:
        """A product with about the inverse Hessian at a point, class by class.

        Class k's curvature is Σ w x xᵀ / n + λ with w = p_k (1 − p_k), or more where a sample is
        wrong. The samples of greatest w are summed; the others share the covariance of all, which
        is diagonal in this basis. No sample is left out where there is one row of logits.
        """
        _, probability = self._predict(point)
        # A sample that is wrong now will be unsure on its way: it bends the loss more than w says.
        wrong = (self.one_hot - probability).square() / 4
        bend = torch.maximum(probability * (1 - probability), wrong)  # w: [c, n]
        ridge = strength * self.weighed + 1e-7 * (1 - self.weighed)  # no direction is flat
        bent = self.moment * bend.mean(1).max() > _BENT * ridge  # ascends, as the variance does
        width = min(_DIRECTIONS + 1, max(1, int(bent.sum())))
        kept = min(self.n, max(round(_CURVATURE_SHARE * self.n), _CURVATURE_ROWS * width))
        blocks = []
        for row in bend:
            if self.rows == 1:  # of all samples: Newton's method in the directions that are kept
                top, weighed = row, self.features[:, -width:]
            else:
                top, index = row.topk(kept)
                much = (
                    _CURVATURE_KEPT * row.sum()
                ).cpu()  # a GPU's running sums have no fixed order
                enough = 1 + int((top.cpu().cumsum(0) < much).sum())
                top, weighed = top[:enough], self.features[index[:enough], -width:]
            scaled = weighed * top.sqrt()[:, None]
            block = scaled.T @ scaled / self.n
            rest = (row.sum() - top.sum()).clamp(min=0) / self.n
            block.diagonal().add_(rest * self.moment[-width:] + ridge[-width:])
            blocks.append(block)
        factor = _cholesky(torch.stack(blocks), torch.finfo(point.dtype).eps)
        inverse = torch.cholesky_inverse(factor).to(point.dtype)  # [c, width, width]
        others = bend.mean(1, keepdim=True) * self.moment[:-width] + ridge[:-width]

        def apply(gradient: Tensor) -> Tensor:
            # Symmetric, and several times faster from the left.
            joint = torch.bmm(gradient[:, None, -width:], inverse)[:, 0]
            return torch.cat([gradient[:, :-width] / others, joint], dim=1)

        return apply

    def solve(
        self, start: Tensor, strength: float, tolerance: float = CLOSE
    ) -> tuple[Tensor, Tensor]:
        """The minimum and its objective, from a point."""
        with threads_for(self.features.numel()):
            return minimise(
                lambda point: self.evaluate(point, strength),
                start,
                self.precondition(start, strength),
                tolerance,
            )

    def _predict(self, point: Tensor) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy in nats and probabilities [c, n]."""
        logits = point @ self.transposed
        # Samples lie innermost, where arithmetic over classes is vectorised; the loss is taken
        # relative to the true class's logit, so that a loss near 0 keeps its digits.
        if self.rows == 1:
            loss = F.softplus(logits * (1 - 2 * self.one_hot)).mean()
            return loss, logits.clamp_(-_SURE, _SURE).sigmoid_()
        true = logits.gather(0, self.labels)
        top = logits.amax(0, keepdim=True)
        probability = logits.sub_(top).clamp_(min=-_SURE).exp_()
        total = probability.sum(0, keepdim=True)
        loss = (total.log() + (top - true)).mean()
        probability /= total
        return loss, probability


def _cholesky(blocks: Tensor, rounding: float) -> Tensor:
    """Factors of blocks [c, width, width] that are positive definite but for their rounding.

    In float64: weak penalties leave a condition near float32's limit. Beyond it, as where samples
    repeat, sums that should be 0 come out below the penalty's negative: then all directions are
    bent a little more, which changes the steps to a minimum and not the minimum.
    """
    blocks = blocks.double()
    factor, failed = torch.linalg.cholesky_ex(blocks)
    more = rounding * blocks.diagonal(dim1=1, dim2=2).mean(1, keepdim=True)
    while failed.any() and more.isfinite().all():
        blocks.diagonal(dim1=1, dim2=2).add_(more)
        factor, failed = torch.linalg.cholesky_ex(blocks)
        more = 10 * more
    return factor


def fit_logistic(
    features: Tensor,
    variance: Tensor,
    labels: Tensor,
    classes: int,
    strengths: Sequence[float],
    start: Fitted | None = None,
    tolerance: float | Sequence[float] = CLOSE,
) -> Fitted:
    """Minimise mean cross-entropy + λ/2 · ‖W‖² for each λ (:class:`Logistic`).

    Args:
        features: [n, d], rotated by a PCABasis.
        variance: [d], about the second moment of each rotated feature.
        labels: int64 [n] in 0..classes − 1.
        classes: number of classes.
        strengths: the λ, one or more, in any order.
        start: solutions of a similar problem for the same strengths, near which these lie.
        tolerance: how close the minima are looked for, relatively (:func:`lbfgs.minimise`): one
            for all strengths, or one for each.
    """
    problem = Logistic(features, variance, labels, classes)
    close = [tolerance] * len(strengths) if isinstance(tolerance, float) else tolerance
    near = [problem.origin] * len(strengths) if start is None else start.points()
    found: dict[float, tuple[Tensor, Tensor]] = {}
    # log λ of what is solved, and how far its solution lies from what is near
    behind: list[tuple[float, Tensor]] = []
    last = problem.origin
    for k in sorted(range(len(strengths)), key=lambda k: (-strengths[k], close[k])):
        if strengths[k] in found:
            continue
        place = math.log(strengths[k])
        point = near[k] + extrapolate(behind[-_AHEAD:], place) if behind else near[k]
        if len(behind) > 1:  # where steps are uneven, they can point anywhere
            candidates = [point, last]
            values = [float(problem.evaluate(each, strengths[k])[0]) for each in candidates]
            point = candidates[values.index(min(values))]
        found[strengths[k]] = problem.solve(point, strengths[k], close[k])
        last = found[strengths[k]][0]
        behind.append((place, last - near[k]))
    points = torch.stack([found[strength][0] for strength in strengths])
    objectives = torch.stack([found[strength][1] for strength in strengths])
    return Fitted(points[:, :, :-1], points[:, :, -1], objectives)


def extrapolate(known: Sequence[tuple[float, Tensor]], place: float) -> Tensor:
    """The value at a place of the polynomial through known (place, value): Lagrange's formula."""
    total = torch.zeros_like(known[0][1])
    for k, (here, value) in enumerate(known):
        others = [there for j, (there, _) in enumerate(known) if j != k]
        total += math.prod((place - there) / (here - there) for there in others) * value
    return total
