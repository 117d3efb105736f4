"""Bilinear and trilinear probes: is information present that a linear probe does not see?"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from .linear import ProbeResult, check_examples, choose_penalties, refit, score_log_probabilities
from .model_selection import check_penalties
from .pca_basis import PCABasis
from .splits import Split
from .standardiser import CollapsedError

#: Principal directions of each modality's code to choose from.
RANKS = (8, 16, 32)
#: The same for three codes, whose products are (k + 1)³ − 1.
RANKS_OF_THREE = (4, 8, 12)
#: Components of a smaller share of the largest variance are left out.
NEGLIGIBLE_VARIANCE = 1e-6

#: The code of each modality: [n, d1], [n, d2] and so on.
Codes = tuple[Tensor, ...]


def bilinear_probe(
    train: tuple[Codes, np.ndarray],
    test: tuple[Codes, np.ndarray],
    classes: int,
    penalties: Sequence[float],
    split: Split,
    resample_counts: np.ndarray | None = None,
    ranks: Sequence[int] = RANKS,
) -> ProbeResult:
    """Logistic regression on the outer product of two low-rank codes, or of three.

    Each modality's code is projected on its k principal directions, scaled to unit variance and
    given a constant 1; the products hold the codes themselves, so the probe sees all
    that an additive one sees in them. Penalties are chosen for each rank as for a linear probe,
    and the rank by the least cross-entropy on the same held-out fitting pairs.

    Args:
        train: codes [n, d1], [n, d2], … and labels int64 [n] of the fitting pairs.
        test: codes and labels of the scoring pairs, read once.
        classes: number of classes.
        penalties: L2 penalties λ to choose from.
        split: rows of the fitting pairs to fit and to validate on.
        resample_counts: [b, m] of a bootstrap over the scoring pairs, for intervals.
        ranks: the k to choose from.

    Raises:
        ValueError: as :func:`interaction_probes.probing.linear.linear_probe`.
    """
    penalties = check_penalties(penalties)
    (codes, labels), (test_codes, test_labels) = train, test
    for code, test_code in zip(codes, test_codes, strict=True):
        check_examples((code, labels), (test_code, test_labels), classes)
    bases = [_basis(code) for code in codes]
    if all(basis is None for basis in bases):
        raise CollapsedError("every feature of all codes is constant")

    def products(rotated: Sequence[Tensor], rank: int) -> Tensor:
        """Products of rotated codes, [n, d1], [n, d2] and so on."""
        first, *others = (
            _leading(basis, code, rank) for basis, code in zip(bases, rotated, strict=True)
        )
        for other in others:
            first = (first[:, :, None] * other[:, None, :]).flatten(1)
        return first[:, 1:]  # without 1 · 1

    rotated_codes = [
        code if basis is None else basis.rotated for basis, code in zip(bases, codes, strict=True)
    ]
    fits = []
    for rank in ranks:
        basis = PCABasis.of(products(rotated_codes, rank))
        rotated = basis.rotated
        selection = choose_penalties(rotated, basis.variance, labels, classes, penalties, split)
        fits.append((selection.cross_entropy, rank, basis, rotated, selection))
    _, rank, basis, rotated, selection = min(fits, key=lambda fit: fit[0])
    probes = refit(rotated, basis.variance, labels, classes, penalties, selection)
    scored = [
        code if each is None else each.rotate(code)
        for each, code in zip(bases, test_codes, strict=True)
    ]
    log_probabilities = probes.log_probabilities(basis.rotate(products(scored, rank)))
    result = score_log_probabilities(log_probabilities, test_labels, resample_counts)
    result = result.with_chosen(selection.best, penalties, "strength")
    return replace(result, chosen={**result.chosen, "rank": float(rank)})


def _basis(code: Tensor) -> PCABasis | None:
    """The code's basis; None where the code is constant, so that only the other one is seen."""
    try:
        return PCABasis.of(code)
    except CollapsedError:
        return None


def _leading(basis: PCABasis | None, rotated: Tensor, rank: int) -> Tensor:
    """A constant 1 and a rotated code's leading components, of unit variance: [n, ≤ 1 + rank]."""
    if basis is None:
        return torch.ones_like(rotated[:, :1])
    present = int((basis.variance > NEGLIGIBLE_VARIANCE * basis.variance[-1]).sum())
    kept = min(rank, present)
    components = rotated[:, -kept:] / basis.variance[-kept:].sqrt()
    return torch.cat([torch.ones_like(components[:, :1]), components], dim=1)
