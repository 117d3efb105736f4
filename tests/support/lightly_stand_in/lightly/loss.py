"""VICReg, from its paper, with the arguments of lightly's class.

Source: Bardes et al., *VICReg*, ICLR 2022, arXiv 2105.04906, equations 1 to 6.
"""

import torch
from torch import nn


class VICRegLoss(nn.Module):
    def __init__(
        self,
        lambda_param=25.0,
        mu_param=25.0,
        nu_param=1.0,
        gather_distributed=False,
        eps=0.0001,
    ):
        super().__init__()
        if gather_distributed:
            raise NotImplementedError("the stand-in compares the rows that it is given")
        self.weights = lambda_param, mu_param, nu_param
        self.eps = eps

    def forward(self, z_a, z_b):
        invariance = (z_a - z_b).square().mean()
        variance, covariance = 0.0, 0.0
        for z in (z_a, z_b):
            centred = z - z.mean(0)
            c = centred.T @ centred / (len(z) - 1)
            variance += torch.relu(1 - (c.diagonal() + self.eps).sqrt()).mean() / 2
            covariance += (c.square().sum() - c.diagonal().square().sum()) / len(c)
        terms = zip(self.weights, (invariance, variance, covariance), strict=True)
        return sum(weight * term for weight, term in terms)
