"""Multinomial logistic regression with an L2 penalty, along a path of penalties.

The path runs from the largest penalty λ to the smallest. Each solution starts from a quadratic
extrapolation of the last three in log λ (a warm start), which halves the passes over the data.
Each problem is solved by L-BFGS. Its preconditioner is the block-diagonal Hessian at the start, one
block per class. A quarter of the samples, those of the largest Hessian weights p (1 − p), give a
block almost exactly, since a near-perfect probe is uncertain about few samples. Tens of passes are
enough, where plain L-BFGS needs hundreds.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from interaction_probes.runtime.threads import threads_for

from .lbfgs import TOLERANCE, minimise

#: Size of the dense Hessian block: the leading principal directions. The others get a diagonal
#: Hessian.
DENSE_DIRECTIONS = 384
#: Elements of the dense blocks of all classes, 32 MB in float64. From 29 classes on it makes the
#: blocks smaller than DENSE_DIRECTIONS.
DENSE_ELEMENTS = 1 << 22
#: A direction is in the dense block only if its largest curvature is at least this multiple of the
#: penalty. Large penalties dominate most directions.
MIN_CURVATURE_TO_PENALTY = 0.3
#: Samples that are summed for a class's dense block: this share of all of them, ...
HESSIAN_SAMPLE_SHARE = 0.25
#: ... but at least this many per direction, ...
HESSIAN_SAMPLES_PER_DIRECTION = 4
#: ... and no more than hold this share of the class's Hessian weights.
HESSIAN_WEIGHT_SHARE = 0.99
#: Dense blocks that are factorised at a time.
FACTORISED_AT_A_TIME = 64
#: Logits that are in memory at a time: 8 MB in float64. More samples are read in parts.
LOGITS_AT_A_TIME = 1 << 20
#: All samples.
ALL = slice(None)
#: Solutions from which the next start is extrapolated.
EXTRAPOLATION_POINTS = 3
#: Logits are cut at this distance. Probabilities beyond it change no sum; as denormal numbers they
#: would make the matrix products of a near-perfect probe three times slower.
LOGIT_CLAMP = 60.0


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
        """Weights and biases, as :class:`Logistic` takes them: [k, c, d + 1]."""
        return torch.cat([self.weight, self.bias[:, :, None]], dim=2)

    def double(self) -> "Fitted":
        """The same in float64."""
        return Fitted(self.weight.double(), self.bias.double(), self.objective.double())

    def select(self, indices: Sequence[int]) -> "Fitted":
        """The solutions of some of the penalties, by their index."""
        rows = list(indices)
        return Fitted(self.weight[rows], self.bias[rows], self.objective[rows])


class LogisticColumns:
    """c binary regressions of the same features: the sum of mean cross-entropy + λ/2 · ‖w‖².

    In scikit-learn's terms λ = 1 / (C · n). No bias is penalised. The regressions are independent,
    and are solved together. Parameters are d weights and a bias per regression: [c, d + 1].

    Args:
        features: [n, d], rotated by a PCABasis, so that their variance ascends.
        variance: [d], about the second moment of each rotated feature.
        positive: [c, n], 1 where a sample is positive and 0 where it is not, in the features' type.
    """

    def __init__(self, features: Tensor, variance: Tensor, positive: Tensor) -> None:
        self.n, d = features.shape
        self.rows = len(positive)
        self.features = torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
        self.transposed = self.features.T.contiguous()  # few rows multiply it twice as fast
        self.second_moment = torch.cat([variance, torch.ones_like(variance[:1])])
        self.penalty_mask = torch.ones_like(self.second_moment)
        self.penalty_mask[d] = 0  # the bias
        self.target = positive @ self.features / self.n
        self.class_shares = positive.mean(1)
        self.positive = positive

    @property
    def origin(self) -> Tensor:
        """All weights and biases 0."""
        return torch.zeros_like(self.target)

    def evaluate(self, parameters: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
        """Objective and gradient [c, d + 1]."""
        loss, gradient = self.cross_entropy(parameters)
        shrink = penalty * self.penalty_mask * parameters
        return loss + 0.5 * (shrink * parameters).sum(), gradient + shrink

    def cross_entropy(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy in nats, without the penalty, and its gradient [c, d + 1]."""
        step = max(1, LOGITS_AT_A_TIME // self.rows)
        parts = [slice(start, start + step) for start in range(0, self.n, step)]
        loss, product = self._sums(parameters, parts[0])
        for part in parts[1:]:
            further_loss, further_product = self._sums(parameters, part)
            loss += further_loss
            product += further_product
        return loss, product / self.n - self.target

    def _sums(self, parameters: Tensor, part: slice) -> tuple[Tensor, Tensor]:
        """A part of the samples: their share of the mean loss, and Σ p xᵀ [c, d + 1]."""
        loss, probability = self._predict(parameters, part)
        if probability.shape[1] < self.n:
            loss *= probability.shape[1] / self.n
        transposed = self.transposed[:, part]
        # Use the memory layout of the logits: both layouts would evict each other from the cache.
        # Which product is faster depends on the threads (1.9 and .9 ms on one, .6 and 1.3 on two;
        # 10,000 samples of width 256, a Xeon).
        if self.features.is_cuda or torch.get_num_threads() > 1:
            return loss, probability @ transposed.T
        return loss, (transposed @ probability.T).T

    def precondition(self, parameters: Tensor, penalty: float) -> Callable[[Tensor], Tensor]:
        """A product with an approximate inverse Hessian at some parameters, class by class.

        The Hessian of class k is Σ w x xᵀ / n + λ. Its weight w is p_k (1 − p_k), or more where a
        sample is misclassified. Samples of large w are summed. The others count with the covariance
        of all samples, which is diagonal in this basis. With one row of logits every sample is
        summed.
        """
        hessian_weights = self._hessian_weights(parameters)
        mean_weight = hessian_weights.mean(1, keepdim=True)
        # A tiny ridge on the bias keeps the Hessian positive definite.
        ridge = penalty * self.penalty_mask + 1e-7 * (1 - self.penalty_mask)
        # Curvature ascends with the variance, so the dense directions are the last ones.
        dense = self.second_moment * mean_weight.max() > MIN_CURVATURE_TO_PENALTY * ridge
        affordable = max(1, math.isqrt(DENSE_ELEMENTS // self.rows))
        width = min(DENSE_DIRECTIONS + 1, max(1, int(dense.sum())), affordable)
        most = max(round(HESSIAN_SAMPLE_SHARE * self.n), HESSIAN_SAMPLES_PER_DIRECTION * width)
        blocks = self.features.new_empty(self.rows, width, width)
        for block, weights in zip(blocks, hessian_weights, strict=True):
            if self.rows == 1:  # all samples: Newton's method in the dense directions
                top, samples = weights, self.features[:, -width:]
            else:
                top, index = weights.topk(min(self.n, most))
                # On the CPU: a GPU's cumulative sums have no fixed order.
                threshold = (HESSIAN_WEIGHT_SHARE * weights.sum()).cpu()
                count = 1 + int((top.cpu().cumsum(0) < threshold).sum())
                top, samples = top[:count], self.features[index[:count], -width:]
            scaled = samples * top.sqrt()[:, None]
            block.copy_(scaled.T @ scaled / self.n)
            rest = (weights.sum() - top.sum()).clamp(min=0) / self.n
            block.diagonal().add_(rest * self.second_moment[-width:] + ridge[-width:])
        del hessian_weights, weights  # of a thousand classes they are larger than the blocks
        for part in blocks.split(FACTORISED_AT_A_TIME):
            factor = _cholesky(part.double(), torch.finfo(parameters.dtype).eps)
            part.copy_(torch.cholesky_inverse(factor))
        inverse = blocks  # [c, width, width]
        diagonal = mean_weight * self.second_moment[:-width] + ridge[:-width]

        def apply(gradient: Tensor) -> Tensor:
            # The inverse is symmetric; this product is several times faster than its transpose.
            joint = torch.bmm(gradient[:, None, -width:], inverse)[:, 0]
            return torch.cat([gradient[:, :-width] / diagonal, joint], dim=1)

        return apply

    def _hessian_weights(self, parameters: Tensor) -> Tensor:
        """p (1 − p), or more where a sample is misclassified: [c, n]."""
        _, probability = self._predict(parameters)
        # A sample that is misclassified now passes p = 1/2 on the way to the minimum, so the loss
        # has more curvature along the way than p (1 - p) at the start.
        positive = self._of_positives(probability)
        # A regression at a time, in place: of a thousand classes a copy is larger than the data.
        for row in probability:
            torch.maximum((1 - row).mul_(row), row.square().div_(4), out=row)
        wrong = (1 - positive).square_().div_(4)
        return self._set_positives(probability, torch.maximum((1 - positive).mul_(positive), wrong))

    def solve(
        self, start: Tensor, penalty: float, tolerance: float = TOLERANCE
    ) -> tuple[Tensor, Tensor]:
        """The minimum and its objective, searched from `start`."""
        with threads_for(self.features.numel()):
            return minimise(
                lambda parameters: self.evaluate(parameters, penalty),
                start,
                self.precondition(start, penalty),
                tolerance,
            )

    def _predict(self, parameters: Tensor, part: slice = ALL) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy in nats, summed over the regressions, and probabilities [c, n].

        Both are of a part of the samples.
        """
        logits = parameters @ self.transposed[:, part]
        loss = F.softplus(logits * (1 - 2 * self.positive[:, part])).mean() * self.rows
        return loss, logits.clamp_(-LOGIT_CLAMP, LOGIT_CLAMP).sigmoid_()

    def _of_positives(self, probability: Tensor) -> Tensor:
        """The probabilities of what is positive, others as they are: [c, n]."""
        return probability.clone()

    def _set_positives(self, values: Tensor, of_positives: Tensor) -> Tensor:
        """Values [c, n] with other ones where a sample is positive."""
        return torch.where(self.positive > 0, of_positives, values)


class Logistic(LogisticColumns):
    """The objective mean cross-entropy + λ/2 · ‖W‖² of one label of several classes.

    Two classes share one row of logits, as in scikit-learn; of more, each has its own.

    Args:
        features: [n, d], rotated by a PCABasis, so that their variance ascends.
        variance: [d], about the second moment of each rotated feature.
        labels: int64 [n] in 0..classes − 1.
        classes: number of classes.
    """

    def __init__(self, features: Tensor, variance: Tensor, labels: Tensor, classes: int) -> None:
        rows = 1 if classes == 2 else classes
        # Not by F.one_hot, whose int64 of a thousand classes would be larger than the data.
        one_hot = features.new_zeros(len(labels), classes).scatter_(1, labels[:, None], 1)
        one_hot = one_hot.T[-rows:]  # [c, n]
        super().__init__(features, variance, one_hot)
        self.labels = labels[None]
        # Only where there is one row of logits: of a thousand classes this is as large as the data,
        # and a view of it would keep it.
        self.positive = one_hot if rows == 1 else one_hot[:0].clone()

    def class_frequencies(self) -> Tensor:
        """No weights; the biases predict the frequencies of the classes."""
        parameters = self.origin
        share = self.class_shares.clamp(1e-12, 1 - 1e-12)
        parameters[:, -1] = share.log() if self.rows > 1 else share.logit()
        return parameters

    def _predict(self, parameters: Tensor, part: slice = ALL) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy in nats and probabilities [c, n], of a part of the samples."""
        if self.rows == 1:
            return super()._predict(parameters, part)
        logits = parameters @ self.transposed[:, part]
        # Samples lie innermost, where arithmetic over classes is vectorised; the loss is taken
        # relative to the true class's logit, so that a loss near 0 keeps its digits.
        true = logits.gather(0, self.labels[:, part])
        top = logits.amax(0, keepdim=True)
        probability = logits.sub_(top).clamp_(min=-LOGIT_CLAMP).exp_()
        total = probability.sum(0, keepdim=True)
        loss = (total.log() + (top - true)).mean()
        probability /= total
        return loss, probability

    def _of_positives(self, probability: Tensor) -> Tensor:
        if self.rows == 1:
            return super()._of_positives(probability)
        return probability.gather(0, self.labels)

    def _set_positives(self, values: Tensor, of_positives: Tensor) -> Tensor:
        if self.rows == 1:
            return super()._set_positives(values, of_positives)
        return values.scatter_(0, self.labels, of_positives)


def _cholesky(blocks: Tensor, rounding: float) -> Tensor:
    """Cholesky factors of blocks [c, width, width] that are positive definite up to rounding.

    In float64, since small penalties give condition numbers near float32's limit. Where samples
    repeat, rounding can still make an eigenvalue negative. Then a small multiple of the identity is
    added in place and raised until the factorisation exists. It changes the steps, not the minimum.
    """
    factor, failed = torch.linalg.cholesky_ex(blocks)
    jitter = rounding * blocks.diagonal(dim1=1, dim2=2).mean(1, keepdim=True)
    while failed.any() and jitter.isfinite().all():
        blocks.diagonal(dim1=1, dim2=2).add_(jitter)
        factor, failed = torch.linalg.cholesky_ex(blocks)
        jitter = 10 * jitter
    return factor


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
            :func:`~interaction_probes.probing.lbfgs.minimise`.
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
        found[penalties[k]] = problem.solve(parameters, penalties[k], tolerances[k])
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
