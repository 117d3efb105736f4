"""An approximate inverse Hessian of logistic objectives: one dense block per class.

Samples of the largest Hessian weights p (1 − p) give a block almost exactly, since a near-perfect
probe is uncertain about few samples: a quarter of them are enough.
"""

import math

import torch
from torch import Tensor

from .lbfgs import Precondition
from .objective import LogisticColumns

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


def block_preconditioner(
    problem: LogisticColumns, parameters: Tensor, penalty: float
) -> Precondition:
    """A product with an approximate inverse Hessian at some parameters, class by class.

    The Hessian of class k is Σ w x xᵀ / n + λ. Its weight w is p_k (1 − p_k), or more where a
    sample is misclassified. Samples of large w are summed. The others count with the covariance
    of all samples, which is diagonal in this basis. With one row of logits every sample is
    summed.
    """
    hessian_weights = problem.hessian_weights(parameters)
    mean_weight = hessian_weights.mean(1, keepdim=True)
    # A tiny ridge on the bias keeps the Hessian positive definite.
    ridge = penalty * problem.penalty_mask + 1e-7 * (1 - problem.penalty_mask)
    # Curvature ascends with the variance, so the dense directions are the last ones.
    dense = problem.second_moment * mean_weight.max() > MIN_CURVATURE_TO_PENALTY * ridge
    affordable = max(1, math.isqrt(DENSE_ELEMENTS // problem.rows))
    width = min(DENSE_DIRECTIONS + 1, max(1, int(dense.sum())), affordable)
    most = max(round(HESSIAN_SAMPLE_SHARE * problem.n), HESSIAN_SAMPLES_PER_DIRECTION * width)
    blocks = problem.features.new_empty(problem.rows, width, width)
    for block, weights in zip(blocks, hessian_weights, strict=True):
        if problem.rows == 1:  # all samples: Newton's method in the dense directions
            top, samples = weights, problem.features[:, -width:]
        else:
            top, index = weights.topk(min(problem.n, most))
            # On the CPU: a GPU's cumulative sums have no fixed order.
            threshold = (HESSIAN_WEIGHT_SHARE * weights.sum()).cpu()
            count = 1 + int((top.cpu().cumsum(0) < threshold).sum())
            top, samples = top[:count], problem.features[index[:count], -width:]
        scaled = samples * top.sqrt()[:, None]
        block.copy_(scaled.T @ scaled / problem.n)
        rest = (weights.sum() - top.sum()).clamp(min=0) / problem.n
        block.diagonal().add_(rest * problem.second_moment[-width:] + ridge[-width:])
    del hessian_weights, weights  # of a thousand classes they are larger than the blocks
    for part in blocks.split(FACTORISED_AT_A_TIME):
        factor = _cholesky(part.double(), torch.finfo(parameters.dtype).eps)
        part.copy_(torch.cholesky_inverse(factor))
    inverse = blocks  # [c, width, width]
    diagonal = mean_weight * problem.second_moment[:-width] + ridge[:-width]

    def apply(gradient: Tensor) -> Tensor:
        # The inverse is symmetric; this product is several times faster than its transpose.
        joint = torch.bmm(gradient[:, None, -width:], inverse)[:, 0]
        return torch.cat([gradient[:, :-width] / diagonal, joint], dim=1)

    return apply


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
