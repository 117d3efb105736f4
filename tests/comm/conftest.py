"""Slow twins that the tests of the folder share."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from interaction_probes.comm.quick_gelu import QuickGELU


class PlainFusion(nn.Module):
    """A fusion in PyTorch's own parts, with the parameters of a given one copied.

    Every token is formed, [CLS; tokens] goes through nn.TransformerEncoderLayer, and the final
    norm reads CLS.
    """

    def __init__(self, fusion):
        super().__init__()
        dim = fusion.dim
        self.converters = copy.deepcopy(fusion.converters)
        self.positions = [fusion.get_buffer(f"position_{m}") for m in range(len(self.converters))]
        self.cls = nn.Parameter(fusion.cls.detach().clone())
        self.block = nn.TransformerEncoderLayer(
            dim,
            fusion.heads,
            4 * dim,
            dropout=0.0,
            activation=QuickGELU(),
            norm_first=True,
            batch_first=True,
            dtype=fusion.cls.dtype,
        )
        self.norm_out = copy.deepcopy(fusion.norm_out)
        attention, key_bias = self.block.self_attn, torch.randn(dim, dtype=fusion.cls.dtype)
        projections = (fusion.query, fusion.key, fusion.value)
        with torch.no_grad():
            attention.in_proj_weight.copy_(torch.cat([p.weight for p in projections]))
            attention.in_proj_bias.copy_(
                torch.cat([fusion.query.bias, key_bias, fusion.value.bias])
            )
        for own, other in (
            (attention.out_proj, fusion.out),
            (self.block.norm1, fusion.norm_attention),
            (self.block.norm2, fusion.norm_mlp),
            (self.block.linear1, fusion.mlp[0]),
            (self.block.linear2, fusion.mlp[2]),
        ):
            own.load_state_dict(other.state_dict())

    def tokens(self, modality, features):
        n, channels = features.shape[:2]
        converter = self.converters[modality]
        rows = [
            F.linear(x, converter.weight, converter.bias) for x in features.flatten(2).unbind(2)
        ]
        assert rows[0].shape == (n, len(converter.bias))
        assert channels == converter.weight.shape[1]
        return torch.stack(rows, dim=1) + self.positions[modality]

    def forward(self, features):
        """Fuse feature maps, None for the modalities outside the mask."""
        present = [self.tokens(m, x) for m, x in enumerate(features) if x is not None]
        cls = self.cls.expand(len(present[0]), 1, -1)
        return self.norm_out(self.block(torch.cat([cls, *present], dim=1))[:, 0])

    def gradients(self):
        """Parameter of the fusion → gradient of the copy; of the key's bias, under its own name."""
        attention = self.block.self_attn
        weights, biases = (
            attention.in_proj_weight.grad.chunk(3),
            attention.in_proj_bias.grad.chunk(3),
        )
        modules = {
            "out": attention.out_proj,
            "norm_attention": self.block.norm1,
            "norm_mlp": self.block.norm2,
            "mlp.0": self.block.linear1,
            "mlp.2": self.block.linear2,
            "norm_out": self.norm_out,
            **{f"converters.{m}": converter for m, converter in enumerate(self.converters)},
        }
        found = {"cls": self.cls.grad}
        for name, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
            found[f"{name}.weight"], found[f"{name}.bias"] = weight, bias
        for name, module in modules.items():
            found[f"{name}.weight"], found[f"{name}.bias"] = module.weight.grad, module.bias.grad
        return found


def slow_nce(a, b, temperature):
    """NCE anchor by anchor: the mean −log softmax of the positive among 2N − 1 candidates."""
    n, losses = len(a), []
    for anchors, others in ((a, b), (b, a)):
        for i in range(n):
            candidates = [F.cosine_similarity(anchors[i], others[j], dim=0) for j in range(n)]
            candidates += [
                F.cosine_similarity(anchors[i], anchors[j], dim=0) for j in range(n) if j != i
            ]
            denominator = sum(torch.exp(c / temperature) for c in candidates)
            losses.append(torch.log(denominator) - candidates[i] / temperature)
    return sum(losses) / (2 * n)


@torch.no_grad()
def randomise(module, scale, seed=0):
    """Parameters drawn at a scale, those of norms around their own values."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in module.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        keep = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        fan = math.sqrt(parameter.shape[1]) if parameter.ndim > 1 else 1.0
        parameter.copy_(keep + scale * noise / fan)


@pytest.fixture(name="PlainFusion")
def plain_fusion():
    return PlainFusion


@pytest.fixture(name="slow_nce")
def slow_nce_function():
    return slow_nce


@pytest.fixture(name="randomise")
def randomise_function():
    return randomise
