"""Symile: the images of a sample find one another by the product of all of them.

Source: Saporta, Puli, Goldstein, Ranganath, *Contrasting with Symile: simple model-agnostic
representation learning for unlimited modalities*, NeurIPS 2024, arXiv 2411.01053.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import mul
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.baselines.cross_modal import CrossModal
from interaction_probes.contrast.losses import check_rows, check_temperature
from interaction_probes.contrast.method import Batch, ModelConfig
from interaction_probes.contrast.row_blocks import by_rows, whole

#: s = 1 / τ at the start of the training; its logarithm is 2.66.
_FIRST_SCALE = 1 / 0.07


def symile_loss(
    vectors: Sequence[Tensor],
    scale: Tensor | float = _FIRST_SCALE,
    shuffles: Tensor | None = None,
) -> Tensor:
    """Symile's loss, InfoNCE with the multilinear inner product, each modality once the anchor.

    With normalised rows and MIP(x, y, z) = Σ_d x_d y_d z_d, the anchor x_i of three modalities
    classifies its own (y_i, z_i) among candidates,

        − log [e^{s MIP(x_i, y_i, z_i)} / (e^{s MIP(x_i, y_i, z_i)} + Σ e^{s MIP(x_i, y_j, z_k)})],

    and the loss is the mean over the samples and over the three anchors. The N² − 1 negatives are
    all other (j, k). With shuffles p of y and q of z there are N − 1, (p(j), q(j)) for j ≠ i. The
    log of their number less the loss is a lower bound of the total correlation. With two modalities
    and all negatives it is CLIP's loss. All negatives of n modalities take Nⁿ products, in blocks
    where these are many (:func:`interaction_probes.contrast.row_blocks.by_rows`). Computed in
    float32 or finer, also under autocast.

    Source: Saporta et al., NeurIPS 2024, arXiv 2411.01053, section 3.

    Args:
        vectors: per modality [N, d], floating point, row i of each from sample i.
        scale: s = 1 / τ: a number, or a scalar that is learnt.
        shuffles: int64 [n, N], a permutation of the rows for each modality; None for all negatives.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: fewer than two modalities, shapes that differ or are not [N, d], rows that are
            not floating point, N < 2, a scale that is not one positive number, or shuffles of
            another shape; on the CPU also shuffles that are no permutations (a GPU would have to
            wait for the answer).
    """
    if len(vectors) < 2:
        raise ValueError(f"Symile compares 2 modalities or more, not {len(vectors)}")
    for other in vectors[1:]:
        check_rows("Symile", vectors[0], other)
    check_temperature(scale, "Symile's scale")
    fine = torch.promote_types(vectors[0].dtype, torch.float32)
    unit = [F.normalize(rows.to(fine), dim=1) for rows in vectors]
    if shuffles is None:
        return _all_negatives(unit, scale)
    if shuffles.shape != (len(unit), len(unit[0])):
        wanted = [len(unit), len(unit[0])]
        raise ValueError(f"shuffles are [modalities, N], {wanted} here, not {[*shuffles.shape]}")
    rows = torch.arange(len(unit[0]))
    if shuffles.device.type == "cpu" and not (shuffles.sort(1).values == rows).all():
        raise ValueError(f"shuffles are permutations of the rows 0 to {len(rows) - 1}")
    return _shuffled_negatives(unit, scale, shuffles)


def _shuffled_negatives(unit: Sequence[Tensor], scale: Tensor | float, shuffles: Tensor) -> Tensor:
    positive = scale * reduce(mul, unit).sum(1)
    shuffled = [rows[order] for rows, order in zip(unit, shuffles, strict=True)]
    losses = []
    for m, anchors in enumerate(unit):
        candidates = reduce(mul, [rows for k, rows in enumerate(shuffled) if k != m])

        def entropies(block: Tensor, first: int, candidates: Tensor = candidates) -> Tensor:
            with torch.autocast(block.device.type, enabled=False):
                logits = scale * (block @ candidates.T)
            own = torch.zeros_like(logits, dtype=torch.bool)
            own.diagonal(first).fill_(True)
            correct = positive[first : first + len(block)]
            return torch.where(own, correct[:, None], logits).logsumexp(1) - correct

        losses.append(by_rows(entropies, anchors, len(candidates)))
    return torch.stack(losses).mean()


def _all_negatives(unit: Sequence[Tensor], scale: Tensor | float) -> Tensor:
    positive = scale * reduce(mul, unit).sum(1)
    candidates = len(unit[0]) ** (len(unit) - 1)
    if whole(len(unit[0]), candidates):  # the products serve every anchor
        products = scale * _products(unit)
        losses = [
            products.movedim(m, 0).flatten(1).logsumexp(1) - positive for m in range(len(unit))
        ]
        return torch.stack(losses).mean()
    losses = []
    for m, anchors in enumerate(unit):
        others = [rows for k, rows in enumerate(unit) if k != m]

        def log_sums(block: Tensor, first: int, others: list[Tensor] = others) -> Tensor:
            return (scale * _products([block, *others])).flatten(1).logsumexp(1)

        losses.append(by_rows(log_sums, anchors, candidates) - positive)
    return torch.stack(losses).mean()


def _products(unit: Sequence[Tensor]) -> Tensor:
    """Σ_d of the products of every combination of rows: [N_1, N_2, …, N_n]."""
    *first, last = unit
    combined = first[0]
    for rows in first[1:]:
        combined = combined[..., None, :] * rows
    with torch.autocast(last.device.type, enabled=False):
        return combined @ last.T


class Symile(CrossModal):
    """Cross-entropy of the images of a sample by their multilinear inner product, one crop of each.

    Two terms, which are two choices of the negatives: ``shuffled``, N − 1 per anchor from one
    shuffle of each modality, drawn anew at every step, is what is trained; ``all``, all N² − 1, has
    the weight 0 (``--weights shuffled=0,all=1``) and exists for three modalities only, since n take
    Nⁿ products. Views and projections are those of CLIP
    (:class:`interaction_probes.baselines.cross_modal.CrossModal`). The scale of the products is
    learnt, from 1 / .07, and not held, since products of unit vectors are far smaller than cosines.

    Args:
        config: the parts that the method is built from.
        modalities: how many there are.

    Raises:
        ValueError: fewer than three modalities, or images too small for the tower.
    """

    terms: Mapping[str, float] = {"shuffled": 1.0, "all": 0.0}
    sees: ClassVar[Mapping[str, str]] = {
        "shuffled": "all images at once",
        "all": "all images at once, for n = 3",
    }
    paper = "Symile, NeurIPS 2024, arXiv 2411.01053"
    min_modalities: ClassVar[int] = 3
    with_fewer: ClassVar[str] = "with 2 it is CLIP"

    def __init__(self, config: ModelConfig, modalities: int = 3) -> None:
        super().__init__(config, modalities)
        self.terms = self.terms_for(modalities, {})
        self.log_scale = nn.Parameter(torch.tensor(math.log(_FIRST_SCALE)))

    @classmethod
    def terms_for(cls, modalities: int, classes: Mapping[str, int]) -> Mapping[str, float]:
        return {term: w for term, w in cls.terms.items() if term != "all" or modalities == 3}

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        vectors, scale = self.project(batch), self.log_scale.exp()
        values = {}
        if "shuffled" in terms:
            # Of the whole batch, and the same on every process that shares it.
            n = len(vectors[0])
            drawn = [torch.randperm(n, generator=batch.generator) for _ in vectors]
            shuffles = torch.stack(drawn).to(vectors[0].device, non_blocking=True)
            values["shuffled"] = symile_loss(vectors, scale, shuffles)
        if "all" in terms:
            values["all"] = symile_loss(vectors, scale)
        return values
