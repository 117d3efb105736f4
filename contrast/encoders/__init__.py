"""The encoders of modalities, one file per kind, and the description of what they read.

An encoder maps a batch of one modality to a feature map [n, c, h, w], whose h · w places are the
tokens that a fusion attends to. Of vectors and sequences h is 1.

>>> import torch
>>> from interaction_probes.contrast.encoders import EncoderConfig, InputConfig, build_encoder
>>> encoder = build_encoder(EncoderConfig(), InputConfig("sequences", (50, 20)))
>>> encoder(torch.randn(8, 50, 20)).shape
torch.Size([8, 40, 1, 50])

May import: views, common.
Must not know: losses, methods, data.
"""

from typing import TYPE_CHECKING

from interaction_probes.common.lazy import attach

if TYPE_CHECKING:
    from .build import build_encoder, encode_blank, feature_shape
    from .images import EncoderConfig, NormName, StemName, TowerName, alexnet, compact
    from .inputs import InputConfig, InputEncoderConfig, KindName
    from .pooling import mean_features
    from .sequences import Convolution, Recurrent, Transformer, join_valid, split_valid
    from .vectors import Perceptron

__all__ = [
    "Convolution",
    "EncoderConfig",
    "InputConfig",
    "InputEncoderConfig",
    "KindName",
    "NormName",
    "Perceptron",
    "Recurrent",
    "StemName",
    "TowerName",
    "Transformer",
    "alexnet",
    "build_encoder",
    "compact",
    "encode_blank",
    "feature_shape",
    "join_valid",
    "mean_features",
    "split_valid",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Convolution": "sequences",
        "EncoderConfig": "images",
        "InputConfig": "inputs",
        "InputEncoderConfig": "inputs",
        "KindName": "inputs",
        "NormName": "images",
        "Perceptron": "vectors",
        "Recurrent": "sequences",
        "StemName": "images",
        "TowerName": "images",
        "Transformer": "sequences",
        "alexnet": "images",
        "build_encoder": "build",
        "compact": "images",
        "encode_blank": "build",
        "feature_shape": "build",
        "join_valid": "sequences",
        "mean_features": "pooling",
        "split_valid": "sequences",
    },
)
