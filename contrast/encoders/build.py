"""From descriptions to encoders, and the shape of what they make."""

import torch
from torch import nn

from .images import EncoderConfig, alexnet, compact
from .inputs import InputConfig
from .sequences import Convolution, Recurrent, Transformer
from .vectors import Perceptron


def build_encoder(config: EncoderConfig, described: InputConfig | None = None) -> nn.Module:
    """The encoder of one modality.

    Args:
        config: the tower of images.
        described: what the modality is; images where none is given.

    Returns:
        A module that maps images [n, 3, h, w], vectors [n, d] or sequences [n, T, d] to a feature
        map [n, c, h', w'], with h' = 1 for vectors and sequences. Padded sequences and their
        features have a channel of valid steps (:mod:`.sequences`).
    """
    if described is None or described.kind == "images":
        if config.name == "alexnet":
            return alexnet()
        sizes = config.patch, config.widths, config.pools
        return compact(*sizes, config.norm, config.stem, config.kernels)
    own, inputs = described.encoder, described.shape[-1]
    if described.kind == "vectors":
        return Perceptron(inputs, own.perceptron_widths, own.tokens)
    steps, padded = described.shape[0], described.padded
    if own.name == "convolution":
        widths = own.convolution_widths
        return Convolution(inputs, steps, padded, widths, own.kernel, own.stride)
    if own.name == "recurrent":
        return Recurrent(inputs, steps, padded, own.width, own.layers)
    return Transformer(inputs, steps, padded, own.width, own.layers, own.heads)


def feature_shape(encoder: nn.Module, size: int | InputConfig) -> tuple[int, int, int]:
    """(channels, height, width) of an encoder's feature map.

    Args:
        encoder: of one modality.
        size: of images, in pixels; or what the modality is.

    Raises:
        ValueError: images too small for the tower.
    """
    channels, height, width = encode_blank(encoder, size).shape[1:]
    return channels, height, width


@torch.no_grad()
def encode_blank(encoder: nn.Module, size: int | InputConfig) -> torch.Tensor:
    """What an encoder makes of one blank sample: a feature map, or anything else.

    Args:
        encoder: of one modality.
        size: of images, in pixels; or what the modality is, if that is not images.

    Raises:
        ValueError: images too small for the encoder.
    """
    training = encoder.training
    encoder.eval()
    blank = torch.zeros(1, 3, size, size) if isinstance(size, int) else size.blank()
    try:
        features: torch.Tensor = encoder(blank)
    except RuntimeError as error:
        if not isinstance(size, int):
            raise
        raise ValueError(f"images of {size} pixels are too small for this tower") from error
    finally:
        encoder.train(training)
    return features
