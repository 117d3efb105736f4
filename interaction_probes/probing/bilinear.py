"""Bilinear and trilinear probes: is information present that a linear probe does not see?"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from .examples import check_examples
from .linear import choose_penalties, refit
from .model_selection import check_penalties
from .pca_basis import PCABasis
from .result import ProbeResult, score_log_probabilities
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
#: Components of unit variance, with a constant 1 first, of a modality's rotated code.
_Components = Callable[[int, Tensor], Tensor]


def bilinear_probe(
    train: tuple[Codes, np.ndarray],
    test: tuple[Codes, np.ndarray],
    classes: int,
    penalties: Sequence[float],
    split: Split,
    resample_counts: np.ndarray | None = None,
    ranks: Sequence[int] = RANKS,
    attributes: Sequence[np.ndarray] | None = None,
) -> ProbeResult:
    """Logistic regression on the outer product of two low-rank codes, or of three.

    Each modality's code is projected on its k principal directions, scaled to unit variance and
    given a constant 1; the products hold the codes themselves, so the probe sees all
    that an additive one sees in them. Penalties are chosen for each rank as for a linear probe,
    and the rank by the least cross-entropy on the same held-out fitting pairs.

    An interaction can lie in directions of little variance, which leading directions miss. Where
    the values of an attribute of each modality are given, products of the directions in which each
    code separates them (:func:`discriminant_directions`) are one more choice.

    Args:
        train: codes [n, d1], [n, d2], … and labels int64 [n] of the fitting pairs.
        test: codes and labels of the scoring pairs, read once.
        classes: number of classes.
        penalties: L2 penalties λ to choose from.
        split: rows of the fitting pairs to fit and to validate on.
        resample_counts: [b, m] of a bootstrap over the scoring pairs, for intervals.
        ranks: the k to choose from.
        attributes: of each modality, the values [n] of an attribute of the fitting pairs, such as
            those that the label is a function of; `chosen` then has ``discriminant``, 1 where their
            directions were chosen and 0 else.

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

    def products(rotated: Sequence[Tensor], components: _Components) -> Tensor:
        """Products of rotated codes, [n, d1], [n, d2] and so on."""
        first, *others = (components(m, code) for m, code in enumerate(rotated))
        for other in others:
            first = (first[:, :, None] * other[:, None, :]).flatten(1)
        return first[:, 1:]  # without 1 · 1

    def leading(rank: int) -> _Components:
        return lambda m, code: _leading(bases[m], code, rank)

    candidates = [(rank, leading(rank)) for rank in ranks]
    if attributes is not None:
        candidates.append(_discriminant(bases, attributes, split))
    rotated_codes = [
        code if basis is None else basis.rotated for basis, code in zip(bases, codes, strict=True)
    ]
    fits = []
    for k, (_, components) in enumerate(candidates):
        basis = PCABasis.of(products(rotated_codes, components))
        rotated = basis.rotated
        selection = choose_penalties(rotated, basis.variance, labels, classes, penalties, split)
        fits.append((selection.cross_entropy, k, basis, rotated, selection))
    _, k, basis, rotated, selection = min(fits, key=lambda fit: fit[0])
    rank, components = candidates[k]
    probes = refit(rotated, basis.variance, labels, classes, penalties, selection)
    scored = [
        code if each is None else each.rotate(code)
        for each, code in zip(bases, test_codes, strict=True)
    ]
    log_probabilities = probes.log_probabilities(basis.rotate(products(scored, components)))
    result = score_log_probabilities(log_probabilities, test_labels, resample_counts)
    result = result.with_chosen(selection.best, penalties, "strength")
    chosen = {"rank": float(rank)}
    if attributes is not None:
        chosen["discriminant"] = float(k == len(ranks))
    return replace(result, chosen={**result.chosen, **chosen})


def discriminant_directions(basis: PCABasis, values: np.ndarray, rows: np.ndarray) -> Tensor:
    """The k − 1 directions of linear discriminant analysis (Rao, 1948), of unit variance.

    Class means of the whitened code, decomposed by SVD, each weighted by the square root of its
    count. A direction of little variance counts as much as a leading one: all have variance 1 once
    the code is whitened.

    Args:
        basis: of the code, fitted to n samples.
        values: int64 [n], the attribute's value in each sample, of k values.
        rows: int64, the samples whose values are read; those that choose among probes are left out.

    Returns:
        [r, at most k − 1]: rotated codes [m, r] times this are the components.
    """
    present = basis.variance > NEGLIGIBLE_VARIANCE * basis.variance[-1]
    scales = torch.where(present, basis.variance.rsqrt(), torch.zeros_like(basis.variance))
    whitened = basis.rotated[torch.from_numpy(rows).to(basis.rotated.device)] * scales
    found, codes = np.unique(values[rows], return_inverse=True)
    members = torch.nn.functional.one_hot(torch.from_numpy(codes), len(found)).to(whitened)
    sizes = members.sum(0)[:, None]
    means = (members.T @ whitened) / sizes - whitened.mean(0)
    _, _, directions = torch.linalg.svd(means * sizes.sqrt(), full_matrices=False)
    kept = min(len(found) - 1, int(present.sum()))
    return scales[:, None] * directions[:kept].T


def _discriminant(
    bases: Sequence[PCABasis | None], attributes: Sequence[np.ndarray], split: Split
) -> tuple[int, _Components]:
    """The most directions of a code that separate its attribute, and the components in them.

    The values of held-out pairs are not read, or the choice would favour directions that fit them.
    """
    directions = [
        None if basis is None else discriminant_directions(basis, values, split[0])
        for basis, values in zip(bases, attributes, strict=True)
    ]

    def components(m: int, code: Tensor) -> Tensor:
        found = directions[m]
        one = torch.ones_like(code[:, :1])
        return one if found is None else torch.cat([one, code @ found], dim=1)

    return max(found.shape[1] for found in directions if found is not None), components


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
