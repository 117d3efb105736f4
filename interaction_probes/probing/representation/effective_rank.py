"""The effective rank of a representation: in how many directions it spreads."""

import math

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor


def effective_rank(features: Tensor | ArrayLike) -> float:
    """exp of the entropy of the normalised singular values.

    With singular values σ_k of the features Z and p_k = σ_k / Σ σ, it is exp(−Σ p_k log p_k): d for
    d equally strong directions, and never above the rank. Scaling Z does not change it.

    Z is not centred, as in RankMe, so that numbers compare with published ones. A representation
    that is the same for every sample has one direction, its constant, and an effective rank of 1;
    one that is 0 everywhere is such a constant and has 1 too. The converse does not hold: along a
    single line samples differ, and a probe may tell them apart.

    RankMe adds a constant (1e-7) to every p_k, which counts absent directions too: with 2,048
    dimensions it reads 3.02 for a rank of 3. There is no such constant here. Singular values that
    rounding alone explains are left out instead.

    Args:
        features: [n, d], a row per sample.

    Returns:
        A number from 1 to min(n, d).

    Raises:
        ValueError: features that are no matrix, have no rows or columns, or are not finite.

    Source: Roy & Vetterli, *The effective rank: a measure of effective dimensionality*, EUSIPCO
    2007; Garrido et al., *RankMe*, ICML 2023, arXiv 2210.02885, equation 1.
    """
    given = features.detach() if isinstance(features, Tensor) else torch.as_tensor(_array(features))
    if given.ndim != 2 or not given.numel():
        raise ValueError(f"features are a matrix [n, d], not of shape {list(given.shape)}")
    if given.is_complex():
        raise ValueError("features are real numbers, not complex ones")
    precision = torch.finfo(given.dtype if given.is_floating_point() else torch.float64).eps
    matrix = given.double()
    finite = torch.isfinite(matrix).all(1)
    if not finite.all():
        bad = int((~finite).sum())
        raise ValueError(f"{bad} of {len(matrix)} rows of features are not finite")
    largest = float(matrix.abs().max())
    if largest == 0:
        return 1.0
    matrix = matrix / largest  # no square leaves float64
    values = torch.linalg.svdvals(matrix).cpu().numpy()
    n, d = matrix.shape
    share = values[values > _rounding(values, n, d, precision)]
    share = share / share.sum()
    return min(math.exp(-float((share * np.log(share)).sum())), float(len(share)))


def _array(features: ArrayLike) -> np.ndarray:
    array = np.asarray(features)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"features are numbers, not values of type {array.dtype}")
    return array.astype(np.float64) if array.dtype.kind == "u" else array


def _rounding(values: np.ndarray, n: int, d: int, precision: float) -> float:
    """The largest singular value that rounding makes.

    Rounded entries are off by independent errors of `precision` times their size, and a matrix of
    such errors has singular values up to √n + √d times that (Marchenko & Pastur 1967). The SVD
    itself, in float64, adds errors as `numpy.linalg.matrix_rank` allows for.
    """
    root_mean_square = math.sqrt(float(np.square(values).sum()) / (n * d))
    of_entries = precision * root_mean_square * (math.sqrt(n) + math.sqrt(d))
    of_svd = max(n, d) * np.finfo(np.float64).eps * float(values[0])
    return max(of_entries, of_svd)
