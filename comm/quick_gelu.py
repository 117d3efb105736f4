"""The activation of the fusion's MLP."""

import torch
from torch import Tensor, nn


class QuickGELU(nn.Module):
    """x · sigmoid(1.702 x), CLIP's approximation of GELU."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)
