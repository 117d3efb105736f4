"""The basis in which probes are fitted: eigenvectors of the features' covariance."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .standardiser import FeatureScale

#: Features of more columns than this, and than samples, are wide. With fewer columns the covariance
#: takes a second or two.
WIDE = 2048
#: Rows and columns of wide features that are multiplied at a time, in float64.
ROWS_AT_A_TIME = 256
COLUMNS_AT_A_TIME = 1024
#: Directions of a smaller share of the largest variance are rounding in wide features.
NEGLIGIBLE_VARIANCE = 1e-12


@dataclass(frozen=True)
class PCABasis:
    """Features in the eigenbasis of their covariance.

    Of wide features, with more columns than samples, the basis spans the samples only. The minimum
    of a loss with an L2 penalty lies in that span (the representer theorem), so a probe fitted in
    it is the same, and memory is linear in the number of columns. Its eigenvectors are sums of
    samples, and only the weights of the samples are kept.

    Attributes:
        scale: centres and scales the features: to variance 1, or to their own scale.
        rotated: [n, r], the features that the basis was fitted to, in the basis. r is d, or of wide
            features the rank, which is less than n.
        variance: [r], eigenvalues of the scaled features' covariance, ascending.
        weights: [d, r], its eigenvectors as columns; or of wide features [n, r], in float64, how
            much of each sample is in each eigenvector.
        samples: [n, d], the scaled features if they are wide, else None.
    """

    scale: FeatureScale
    rotated: Tensor
    variance: Tensor
    weights: Tensor
    samples: Tensor | None

    @classmethod
    def of(cls, features: Tensor, standardise: bool = True) -> "PCABasis":
        """Fit to features [n, d]; without `standardise` they are centred only.

        Raises:
            CollapsedError: features that are all constant.
            ValueError: features that are not finite.
        """
        scale = FeatureScale.of(features, standardise)
        scaled, dtype = scale(features), features.dtype
        n, d = scaled.shape
        if d > max(n, WIDE):
            squares, vectors = torch.linalg.eigh(_inner_products(scaled, scaled), UPLO="U")
            kept = squares > NEGLIGIBLE_VARIANCE * squares[-1]
            lengths, vectors = squares[kept].sqrt(), vectors[:, kept]
            rotated, variance = (vectors * lengths).to(dtype), (squares[kept] / n).to(dtype)
            return cls(scale, rotated, variance, vectors / lengths, scaled)
        covariance = (scaled.T @ scaled).double() / n
        variance, eigenvectors = torch.linalg.eigh(covariance)
        eigenvectors = eigenvectors.to(dtype)
        variance = variance.clamp(min=0).to(dtype)
        return cls(scale, scaled @ eigenvectors, variance, eigenvectors, None)

    def standardise(self, features: Tensor) -> Tensor:
        """Features [n, d], centred and scaled."""
        return self.scale(features)

    def rotate(self, features: Tensor) -> Tensor:
        """Standardised features [n, r] in the eigenbasis; the L2 penalty is the same there."""
        scaled = self.scale(features)
        if self.samples is None:
            return scaled @ self.weights
        return (_inner_products(scaled, self.samples) @ self.weights).to(features.dtype)

    def rotate_back(self, weights: Tensor) -> Tensor:
        """Weights [c, r] of rotated features as weights [c, d] of the scaled ones."""
        if self.samples is None:
            return weights @ self.weights.T
        of_samples = weights.double() @ self.weights.T
        return of_samples.to(weights.dtype) @ self.samples


def _inner_products(left: Tensor, right: Tensor) -> Tensor:
    """left @ right.T in float64, [n, m] of wide rows; of equal ones the upper triangle only.

    Not in float32: the squares of the directions' lengths have twice as many digits.
    """
    n, symmetric = len(left), left is right
    products = left.new_zeros(n, len(right), dtype=torch.float64)
    for start in range(0, left.shape[1], COLUMNS_AT_A_TIME):
        columns = slice(start, start + COLUMNS_AT_A_TIME)
        a = left[:, columns].double()
        b = a if symmetric else right[:, columns].double()
        for row in range(0, n, ROWS_AT_A_TIME):
            rows, after = slice(row, row + ROWS_AT_A_TIME), row if symmetric else 0
            products[rows, after:].addmm_(a[rows], b[after:].T)
    return products
