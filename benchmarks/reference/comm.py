"""CoMM built from PyTorch's own layers: the reference for a training step."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.comm.positions import position_code
from interaction_probes.comm.quick_gelu import QuickGELU
from interaction_probes.contrast.encoders import build_encoder, feature_shape
from interaction_probes.contrast.heads import projection_head
from interaction_probes.contrast.method import ModelConfig

_MASKS = ((True, True), (True, False), (False, True))


class ReferenceFusion(nn.Module):
    """Feeds [CLS; tokens] to nn.TransformerEncoderLayer and keeps the CLS output."""

    def __init__(self, shapes: Sequence[tuple[int, int, int]], dim: int, heads: int) -> None:
        super().__init__()
        self.converters = nn.ModuleList(nn.Linear(channels, dim) for channels, _, _ in shapes)
        self.positions = [position_code((height, width), dim) for _, height, width in shapes]
        self.cls = nn.Parameter(torch.randn(dim) / math.sqrt(dim))
        self.block = nn.TransformerEncoderLayer(
            dim,
            heads,
            4 * dim,
            dropout=0.0,
            activation=QuickGELU(),
            norm_first=True,
            batch_first=True,
        )
        self.norm_out = nn.LayerNorm(dim)

    def forward(self, features: Sequence[Tensor | None]) -> Tensor:
        """Fuse feature maps [n, c, h, w], None outside the mask, into [n, dim]."""
        tokens = [
            self.converters[m](x.flatten(2).mT) + self.positions[m]
            for m, x in enumerate(features)
            if x is not None
        ]
        cls = self.cls.expand(len(tokens[0]), 1, -1)
        fused: Tensor = self.norm_out(self.block(torch.cat([cls, *tokens], dim=1))[:, 0])
        return fused


class ReferenceCoMM(nn.Module):
    """CoMM for two modalities: the fusion block runs once per view and mask."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        described = [config.described(m) for m in range(2)]
        self.encoders = nn.ModuleList(build_encoder(config.encoder, each) for each in described)
        shapes = [
            feature_shape(encoder, each if config.inputs else config.size)
            for encoder, each in zip(self.encoders, described, strict=True)
        ]
        self.fusion = ReferenceFusion(shapes, config.dim, config.heads)
        self.head = projection_head((config.dim, config.dim, config.dim, config.projection))
        self.temperature = config.temperature

    def represent(self, images: Sequence[Tensor]) -> Tensor:
        """The probed representation of pairs: one [n, 3, side, side] per modality → [n, dim]."""
        fused: Tensor = self.fusion([e(x) for e, x in zip(self.encoders, images, strict=True)])
        return fused

    def loss(self, views: Sequence[Tensor]) -> Tensor:
        """The mean of CoMM's three terms; views[m] is [2, n, 3, side, side]."""
        projected = []
        for k in range(2):
            features = [encoder(x[k]) for encoder, x in zip(self.encoders, views, strict=True)]
            projected.append(
                [
                    self.head(
                        self.fusion(
                            [x if seen else None for x, seen in zip(features, mask, strict=True)]
                        )
                    )
                    for mask in _MASKS
                ]
            )
        first, second = projected
        terms = [
            reference_nce(a, second[0], self.temperature)
            + reference_nce(b, first[0], self.temperature)
            for a, b in zip(first, second, strict=True)
        ]
        return torch.stack(terms).sum() / (2 * len(_MASKS))


def reference_nce(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of [[ab', aa' − ∞I], [bb' − ∞I, ba']] / τ with the diagonal as target."""
    a, b = F.normalize(a, dim=1), F.normalize(b, dim=1)
    self_pairs = torch.diag(torch.full((len(a),), torch.inf))
    upper = torch.cat([a @ b.T, a @ a.T - self_pairs], dim=1)
    lower = torch.cat([b @ b.T - self_pairs, b @ a.T], dim=1)
    logits = torch.cat([upper, lower]) / temperature
    return F.cross_entropy(logits, torch.arange(len(logits)))
