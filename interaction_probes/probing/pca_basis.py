"""The basis in which probes are fitted: eigenvectors of the features' covariance."""

from dataclasses import dataclass

import torch
from torch import Tensor


class CollapsedError(ValueError):
    """Features that are all constant: there is nothing to probe."""


@dataclass(frozen=True)
class PCABasis:
    """Features in the eigenbasis of their covariance.

    Attributes:
        mean: [d], of the features that the basis was fitted to.
        scale: [d], what each feature is divided by: its standard deviation (1 where it is
            constant), or 1 where features keep their own scale.
        eigenvectors: [d, d], eigenvectors of the scaled features' covariance as columns.
        variance: [d], its eigenvalues, ascending.
    """

    mean: Tensor
    scale: Tensor
    eigenvectors: Tensor
    variance: Tensor

    @classmethod
    def of(cls, features: Tensor, standardise: bool = True) -> "PCABasis":
        """Fit to features [n, d]; without `standardise` they are centred only.

        Raises:
            CollapsedError: features that are all constant.
            ValueError: features that are not finite.
        """
        if not torch.isfinite(features).all():
            raise ValueError("the features are not finite")
        mean = features.mean(0)
        centred = features - mean
        deviation = centred.square().mean(0).sqrt()
        varies = deviation > 1e-6 * (mean.abs() + 1e-6)
        if not varies.any():
            raise CollapsedError("every feature is constant: the representation has collapsed")
        scale = torch.where(varies if standardise else torch.zeros_like(varies), deviation, 1.0)
        scaled = centred / scale
        covariance = (scaled.T @ scaled).double() / len(features)
        variance, eigenvectors = torch.linalg.eigh(covariance)
        dtype = features.dtype
        return cls(mean, scale, eigenvectors.to(dtype), variance.clamp(min=0).to(dtype))

    def standardise(self, features: Tensor) -> Tensor:
        """Features [n, d], centred and scaled."""
        return (features - self.mean) / self.scale

    def rotate(self, features: Tensor) -> Tensor:
        """Standardised features [n, d] in the eigenbasis; the L2 penalty is the same there."""
        return self.standardise(features) @ self.eigenvectors
