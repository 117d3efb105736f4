"""The basis in which probes are fitted: eigenvectors of the features' covariance."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .standardiser import FeatureScale

#: Features of more columns than this, and than samples, are wide. With fewer columns the covariance
#: takes a second or two.
WIDE = 2048
#: Columns of wide features that are in float64 at a time.
COLUMNS_AT_A_TIME = 1024
#: Directions of a smaller share of the largest variance are rounding in wide features.
NEGLIGIBLE_VARIANCE = 1e-12


@dataclass(frozen=True)
class PCABasis:
    """Features in the eigenbasis of their covariance.

    Of wide features, with more columns than samples, the basis spans the samples only. The minimum
    of a loss with an L2 penalty lies in that span (the representer theorem), so a probe fitted in
    it is the same, and memory is linear in the number of columns.

    Attributes:
        scale: centres and scales the features: to variance 1, or to their own scale.
        eigenvectors: [d, r], eigenvectors of the scaled features' covariance as columns. r is d, or
            of wide features the rank, which is less than the number of samples.
        variance: [r], its eigenvalues, ascending.
    """

    scale: FeatureScale
    eigenvectors: Tensor
    variance: Tensor

    @classmethod
    def of(cls, features: Tensor, standardise: bool = True) -> "PCABasis":
        """Fit to features [n, d]; without `standardise` they are centred only.

        Raises:
            ValueError: features that are not finite, or that are all constant.
        """
        scale = FeatureScale.of(features, standardise)
        n, d = features.shape
        eigen = _eigen_of_samples if d > max(n, WIDE) else _eigen_of_columns
        variance, eigenvectors = eigen(scale(features))
        dtype = features.dtype
        return cls(scale, eigenvectors.to(dtype), variance.clamp(min=0).to(dtype))

    def standardise(self, features: Tensor) -> Tensor:
        """Features [n, d], centred and scaled."""
        return self.scale(features)

    def rotate(self, features: Tensor) -> Tensor:
        """Standardised features [n, r] in the eigenbasis; the L2 penalty is the same there."""
        return self.standardise(features) @ self.eigenvectors


def _eigen_of_columns(scaled: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues [d] and eigenvectors [d, d] of the covariance of centred features [n, d]."""
    covariance = (scaled.T @ scaled).double() / len(scaled)
    variance, eigenvectors = torch.linalg.eigh(covariance)
    return variance, eigenvectors


def _eigen_of_samples(scaled: Tensor) -> tuple[Tensor, Tensor]:
    """The same without the directions that no sample has: [r] and [d, r].

    X and Xᵀ have the same singular values: of X Xᵀ = U S² Uᵀ, the eigenvectors are Xᵀ U / S. In
    float64, since squares halve the digits.
    """
    n = len(scaled)
    blocks = scaled.split(COLUMNS_AT_A_TIME, dim=1)
    gram = torch.zeros(n, n, dtype=torch.float64, device=scaled.device)
    for block in blocks:
        columns = block.double()
        gram.addmm_(columns, columns.T)
    squares, vectors = torch.linalg.eigh(gram)
    kept = squares > NEGLIGIBLE_VARIANCE * squares[-1]
    squares = squares[kept]
    weights = vectors[:, kept] / squares.sqrt()
    eigenvectors = [(block.double().T @ weights).to(scaled.dtype) for block in blocks]
    return squares / n, torch.cat(eigenvectors)
