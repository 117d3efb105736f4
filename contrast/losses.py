"""Contrastive objectives and bounds of information: functions that read like their equations."""

import math
from numbers import Real

import torch
from torch import Tensor
from torch.nn import functional as F

from .row_blocks import by_rows, whole


def nce(a: Tensor, b: Tensor, temperature: float = 0.1) -> Tensor:
    """NT-Xent: the symmetric InfoNCE between two views, with in-batch negatives from both.

    The normalised temperature-scaled cross-entropy of SimCLR, which lightly calls ``NTXentLoss``,
    and the NCE of CoMM's equations:

        NCE(a, b) = −1/(2N) Σ_x log [exp(x·x⁺/τ) / Σ_{y ≠ x} exp(x·y/τ)],

    with x over the 2N normalised rows of a and b, x⁺ the row of the other view with x's number,
    and y over all rows but x: one positive and 2N − 2 in-batch negatives per anchor.

    float16 and bfloat16 rows are turned into float32 first, and autocast is switched off for the
    cosines: τ = .1 multiplies their rounding by ten. Rows of float64 stay so. Memory is linear in N
    for large batches (:func:`interaction_probes.contrast.row_blocks.by_rows`).

    Source: Chen et al., *SimCLR*, ICML 2020, arXiv 2002.05709, equation 1, mean over the anchors;
    CoMM, ICLR 2025, arXiv 2409.07402.

    Args:
        a: [N, d], floating point.
        b: [N, d], b_i the positive of a_i.
        temperature: τ, which divides the cosines; .1 is CoMM's.

    Returns:
        The mean cross-entropy over the 2N anchors, a scalar in nats.

    Raises:
        ValueError: shapes that differ or are not [N, d], rows that are not floating point, N < 2,
            or τ not positive.
    """
    check_rows("NCE", a, b)
    check_temperature(temperature)
    both = torch.cat([a, b])
    z = F.normalize(both.to(torch.promote_types(both.dtype, torch.float32)), dim=1)

    def entropies(anchors: Tensor, first: int) -> Tensor:
        with torch.autocast(z.device.type, enabled=False):
            logits = anchors @ z.T / temperature
        # Row i of a has its positive N columns after its own, row i of b N columns before.
        positive = torch.cat([logits.diagonal(first + len(a)), logits.diagonal(first - len(a))])
        own = torch.zeros_like(logits, dtype=torch.bool)
        own.diagonal(first).fill_(True)
        return logits.masked_fill(own, -torch.inf).logsumexp(1) - positive

    return by_rows(entropies, z, len(z)).mean()


def batched_nce(a: Tensor, b: Tensor, temperature: float = 0.1) -> Tensor:
    """:func:`nce` of k pairs of views, by one product for all: a step has few operations then.

    Pairs that are too large for their matrices to be made at once go one by one.

    Args:
        a: [k, N, d], floating point.
        b: [k, N, d], b[j, i] the positive of a[j, i].
        temperature: τ, of all pairs.

    Returns:
        The mean cross-entropy of each pair, [k], in nats.

    Raises:
        ValueError: other ranks, no pair, or as :func:`nce`.
    """
    if a.ndim != 3 or a.shape != b.shape or not len(a):
        raise ValueError(f"pairs of views are two [k, N, d], not {[*a.shape]} and {[*b.shape]}")
    check_rows("NCE", a[0], b[0])
    check_temperature(temperature)
    n = a.shape[1]
    if not whole(2 * n * len(a), 2 * n):
        return torch.stack([nce(*views, temperature) for views in zip(a, b, strict=True)])
    both = torch.cat([a, b], dim=1)
    z = F.normalize(both.to(torch.promote_types(both.dtype, torch.float32)), dim=2)
    with torch.autocast(z.device.type, enabled=False):
        logits = torch.bmm(z, z.mT) / temperature
    # Row i of a has its positive N columns behind, row i of b N columns before: one and the same.
    positive = logits.diagonal(n, 1, 2)
    own = torch.eye(2 * n, dtype=torch.bool, device=z.device)
    return logits.masked_fill(own, -torch.inf).logsumexp(2).mean(1) - positive.mean(1)


def symmetric_cross_entropy(logits: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """N-way classification in both directions: ½ [CE(logits, diagonal) + CE(logitsᵀ, diagonal)].

    With label smoothing ε the target of row i is (1 − ε) at i plus ε / N everywhere.

    Args:
        logits: [N, N], what belongs together on the diagonal.
        label_smoothing: ε in [0, 1).

    Returns:
        The mean over the 2N anchors, a scalar in nats.

    Raises:
        ValueError: logits that are no dense tensor of floating point, [N, N] with N of at least 2,
            or ε out of its range.
    """
    logits = _square(logits, "a symmetric cross-entropy")
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label smoothing lies in [0, 1), not {label_smoothing}")
    target = (1 - label_smoothing) * logits.diagonal().mean() + label_smoothing * logits.mean()
    return 0.5 * (logits.logsumexp(1).mean() + logits.logsumexp(0).mean()) - target


def check_rows(name: str, a: Tensor, b: Tensor) -> None:
    """Refuse what a contrastive loss cannot compare.

    Args:
        name: of the loss, for the message.
        a: rows that should be [N, d].
        b: rows that should be [N, d].

    Raises:
        ValueError: shapes that differ or are not [N, d], rows that are not floating
            point, or N < 2.
    """
    for rows in (a, b):
        if not isinstance(rows, Tensor) or rows.layout != torch.strided:
            raise ValueError(f"{name} compares dense tensors, not {_kind(rows)}")
    if a.ndim != 2 or a.shape != b.shape:
        raise ValueError(f"{name} compares two [N, d] batches, not {[*a.shape]} and {[*b.shape]}")
    if not (a.is_floating_point() and b.is_floating_point()):
        raise ValueError(f"{name} compares rows of floating point, not {a.dtype} and {b.dtype}")
    if len(a) < 2:
        raise ValueError(f"{name} needs a batch of at least 2: one sample has no negatives")


def check_temperature(temperature: Tensor | float, name: str = "a temperature") -> None:
    """Refuse a temperature τ that cannot divide cosines, or a scale 1 / τ to multiply them.

    The value of a tensor on a GPU is not looked at: that would wait for it, in every step.

    Raises:
        ValueError: it is no number or no scalar tensor, not positive, or infinite.
    """
    if isinstance(temperature, Tensor):
        known = temperature.ndim == 0 and not temperature.is_complex()
        usable = known and (temperature.device.type != "cpu" or 0 < temperature < math.inf)
    else:
        number = isinstance(temperature, Real) and not isinstance(temperature, bool)
        usable = number and 0 < temperature < math.inf
    if not usable:
        shown = " ".join(f"{temperature!r}".split())
        raise ValueError(f"{name} is one positive number, not {shown:.60}")


def infonce_lower_bound(scores: Tensor) -> Tensor:
    """I_NCE = mean_i [f(x_i, y_i) − logsumexp_j f(x_i, y_j) + log N], a lower bound of I(X; Y).

    It is one for every critic f, never exceeds log N, and is tight for the best critic as N grows.

    Source: van den Oord et al., 2018, arXiv 1807.03748; FactorCL, NeurIPS 2023, arXiv 2306.05268.

    Args:
        scores: [N, N], f(x_i, y_j) in row i and column j; pairs that belong together on the
            diagonal.

    Returns:
        A scalar in nats, in float32 or finer.

    Raises:
        ValueError: scores that are no dense tensor of floating point, [N, N] with N of at least 2.
    """
    scores = _square(scores)
    return (scores.diagonal() - scores.logsumexp(1)).mean() + math.log(len(scores))


def club_upper_bound(scores: Tensor) -> Tensor:
    """I_CLUB = mean_i f(x_i, y_i) − mean_ij f(x_i, y_j), an upper bound of I(X; Y).

    It is one where f is log p(y | x), up to functions of x alone and of y alone. That is what the
    best critic of :func:`infonce_lower_bound` is, so FactorCL fits f by I_NCE and holds it fixed
    here.

    Source: Cheng et al., ICML 2020, arXiv 2006.12013; FactorCL, NeurIPS 2023, arXiv 2306.05268.

    Args:
        scores: [N, N], f(x_i, y_j) in row i and column j.

    Returns:
        A scalar in nats, in float32 or finer.

    Raises:
        ValueError: scores that are no dense tensor of floating point, [N, N] with N of at least 2.
    """
    scores = _square(scores)
    return scores.diagonal().mean() - scores.mean()


def _kind(values: object) -> str:
    sparse = isinstance(values, Tensor)
    return "a sparse one" if sparse else f"a {type(values).__name__}"


def _square(scores: Tensor, name: str = "a bound") -> Tensor:
    if not isinstance(scores, Tensor) or scores.layout != torch.strided:
        raise ValueError(f"{name} needs [N, N] scores as a dense tensor, not {_kind(scores)}")
    if scores.ndim != 2 or scores.shape[0] != scores.shape[1] or len(scores) < 2:
        raise ValueError(f"{name} needs [N, N] scores with N >= 2, not {[*scores.shape]}")
    if not scores.is_floating_point():
        raise ValueError(f"{name} needs scores of floating point, not {scores.dtype}")
    return scores.to(torch.promote_types(scores.dtype, torch.float32))
