"""The initial weights of the fusion as the authors of CoMM released them."""

import math

import torch
from torch import nn

from .fusion import Fusion


@torch.no_grad()
def released_initialisation(fusion: Fusion) -> None:
    """Draw a fusion's weights anew, as the released code of CoMM does; biases stay.

    With width d: the CLS token is normal with standard deviation 1; the query, key and value
    matrices d^−½; the output and the MLP's second matrix (2d)^−½, as the depth of one block has two
    residual branches; the MLP's first matrix (2d)^−½. The draws are torch's global ones.

    Source: CoMM, ICLR 2025, arXiv 2409.07402, its released code, which follows CLIP's.
    """
    width = fusion.dim
    expand, contract = fusion.mlp[0], fusion.mlp[2]
    assert isinstance(expand, nn.Linear)
    assert isinstance(contract, nn.Linear)
    fusion.cls.normal_()
    for layer in (fusion.query, fusion.key, fusion.value):
        layer.weight.normal_(std=1 / math.sqrt(width))
    for layer in (fusion.out, expand, contract):
        layer.weight.normal_(std=1 / math.sqrt(2 * width))
