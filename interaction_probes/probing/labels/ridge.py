"""Ridge regression in closed form for a whole path of penalties, from one spectrum."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

#: Directions of a smaller share of the largest variance are rounding, and get no weight.
NEGLIGIBLE_VARIANCE = 1e-13
#: Rows that are multiplied at a time, in float64.
ROWS_AT_A_TIME = 4096


@dataclass(frozen=True)
class RidgePath:
    """Solutions for p penalties, in float64.

    Attributes:
        weight: [p, k, d].
        bias: [p, k].
    """

    weight: Tensor
    bias: Tensor

    def predict(self, features: Tensor, penalty: int) -> Tensor:
        """Predictions [n, k] of features [n, d], by the index of a penalty."""
        parts = features.split(ROWS_AT_A_TIME)
        products = [part.double() @ self.weight[penalty].T for part in parts]
        return torch.cat(products) + self.bias[penalty]


def ridge_path(features: Tensor, targets: Tensor, penalties: Sequence[float]) -> RidgePath:
    """Minimise ½ mean squared error + λ/2 ‖w‖² for each λ and each target; no bias is penalised.

    In scikit-learn's terms (Ridge) λ = alpha / n. With the covariance C = Q S Qᵀ of the features,
    and the covariances c of features and target, w = Q (S + λ)⁻¹ Qᵀ c.

    Args:
        features: [n, d], scaled so that their variances are about 1 or less.
        targets: float64 [n, k].
        penalties: the λ, one or more, in any order.
    """
    n, mean = len(features), features.double().mean(0)
    target_mean = targets.mean(0)
    covariance = torch.zeros(len(mean), len(mean), dtype=torch.float64, device=mean.device)
    shared = torch.zeros(len(mean), targets.shape[1], dtype=torch.float64, device=mean.device)
    for some, theirs in zip(
        features.split(ROWS_AT_A_TIME), targets.split(ROWS_AT_A_TIME), strict=True
    ):
        centred = some.double() - mean
        covariance += centred.T @ centred / n
        shared += centred.T @ (theirs - target_mean) / n
    variance, directions = torch.linalg.eigh(covariance)
    projected = directions.T @ shared  # [d, k]
    projected[variance <= NEGLIGIBLE_VARIANCE * variance[-1]] = 0
    strength = torch.tensor(penalties, dtype=torch.float64, device=mean.device)
    shrunk = projected / (variance.clamp(min=0)[:, None] + strength[:, None, None])  # [p, d, k]
    weight = (directions @ shrunk).mT
    return RidgePath(weight, target_mean - weight @ mean)
