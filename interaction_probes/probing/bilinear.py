"""A bilinear probe: is information present that a linear probe of the pair does not see?"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from .linear import Score, check_examples, choose_strengths, refit, score_guesses
from .pca_basis import PCABasis
from .splits import Split

#: Principal directions of each modality's code to choose from.
RANKS = (8, 16, 32)
_NEGLIGIBLE = 1e-6

#: The codes of both modalities: [n, d1] and [n, d2].
Codes = tuple[Tensor, Tensor]


def bilinear_probe(
    fit: tuple[Codes, np.ndarray],
    score: tuple[Codes, np.ndarray],
    classes: int,
    strengths: Sequence[float],
    split: Split,
    weights: np.ndarray | None = None,
    ranks: Sequence[int] = RANKS,
) -> Score:
    """Logistic regression on the outer product of two low-rank codes.

    Each modality's code is projected on its k principal directions, scaled to unit variance and
    given a constant 1; the products of the two hold both codes themselves, so the probe sees all
    that an additive one sees in them. Strengths are chosen for each rank as for a linear probe,
    and the rank by the least cross-entropy on the same held-out fitting pairs.

    Args:
        fit: codes [n, d1], [n, d2] and labels int64 [n].
        score: codes and labels of the scoring pairs, read once.
        classes: number of classes.
        strengths: L2 strengths λ to choose from.
        split: rows of the fitting pairs to fit and to validate on.
        weights: [b, m] of a bootstrap over the scoring pairs, for intervals.
        ranks: the k to choose from.

    Raises:
        ValueError: as :func:`interaction_probes.probing.linear.linear_probe`.
    """
    (codes, labels), (scored, scored_labels) = fit, score
    for code, scored_code in zip(codes, scored, strict=True):
        check_examples((code, labels), (scored_code, scored_labels), classes)
    bases = [PCABasis.of(code) for code in codes]

    def products(pair: Codes, rank: int) -> Tensor:
        first, second = (
            _leading(basis, code, rank) for basis, code in zip(bases, pair, strict=True)
        )
        return (first[:, :, None] * second[:, None, :]).flatten(1)[:, 1:]  # without 1 · 1

    found = []
    for rank in ranks:
        features = products(codes, rank)
        spectrum = PCABasis.of(features)
        rotated = spectrum.rotate(features)
        chosen = choose_strengths(rotated, spectrum.variance, labels, classes, strengths, split)
        found.append((chosen.entropy, rank, spectrum, rotated, chosen))
    _, rank, spectrum, rotated, chosen = min(found, key=lambda each: each[0])
    final = refit(rotated, spectrum.variance, labels, classes, strengths, chosen)
    guesses = final.log_probabilities(spectrum.rotate(products(scored, rank)))
    result = score_guesses(guesses.double().cpu().numpy(), scored_labels, weights)
    result = result.choosing(chosen.places, strengths, "strength")
    return replace(result, chosen={**result.chosen, "rank": float(rank)})


def _leading(basis: PCABasis, code: Tensor, rank: int) -> Tensor:
    """A constant 1 and the code's principal components, of unit variance: [n, 1 + rank or less]."""
    present = int((basis.variance > _NEGLIGIBLE * basis.variance[-1]).sum())
    kept = min(rank, present)
    components = basis.rotate(code)[:, -kept:] / basis.variance[-kept:].sqrt()
    return torch.cat([torch.ones_like(components[:, :1]), components], dim=1)
