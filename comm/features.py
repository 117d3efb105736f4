"""What a fusion takes of a modality: a feature map, a sequence of tokens, or a vector.

Each kind is declared by the shape of one sample's features: (channels, height, width), (tokens,
channels) or (channels,). All become tokens [n, t, channels]; a vector is a single token.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from interaction_probes.contrast.encoders.inputs import InputConfig
from interaction_probes.contrast.encoders.sequences import split_valid

#: Length of a shape → what it declares, as errors print it.
_KINDS = {
    3: "a feature map [n, {channels}, height, width]",
    2: "a sequence of tokens [n, tokens, {channels}]",
    1: "a vector [n, {channels}]",
}


def check_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """A declared shape of one sample, as a tuple.

    Raises:
        ValueError: it declares none of the three kinds.
    """
    sizes = tuple(shape) if isinstance(shape, Sequence) else ()
    if len(sizes) not in _KINDS or not all(type(s) is int and s > 0 for s in sizes):
        raise ValueError(
            "a modality is declared by (channels, height, width), (tokens, channels) or "
            f"(channels,), not by {shape!r}"
        )
    return sizes


def fused_shape(shape: tuple[int, int, int], described: InputConfig) -> tuple[int, ...]:
    """What a fusion is declared for an encoder's feature map.

    Args:
        shape: (channels, height, width) of the map.
        described: the modality.

    Returns:
        The shape of images; (tokens, channels) of vectors and sequences, whose positions have one
        dimension.
    """
    if described.kind == "images":
        return shape
    return shape[2], shape[0] - described.padded


def fused_features(features: Tensor, described: InputConfig) -> tuple[Tensor, Tensor | None]:
    """What a fusion takes of an encoder's feature maps, and which tokens are valid.

    Args:
        features: [n, c, h, w].
        described: the modality.

    Returns:
        Images as they are, other features as [n, t, c]; and bool [n, t], or None where no token is
        padded.
    """
    if described.kind == "images":
        return features, None
    tokens = features[:, :, 0].mT
    return split_valid(tokens) if described.padded else (tokens, None)


def channels_of(shape: Sequence[int]) -> int:
    """The channels of a token of a declared shape."""
    return shape[1] if len(shape) == 2 else shape[0]


def as_tokens(features: Tensor, shape: Sequence[int], modality: int) -> Tensor:
    """The tokens [n, t, channels] of a batch of features.

    Args:
        features: [n, c, h, w], [n, t, c] or [n, c], of the declared kind; h, w and t may be others
            than were declared.
        shape: as it was declared, of one sample.
        modality: its number, for the errors.

    Raises:
        ValueError: another rank, other channels, no sample or no token, or another type than
            floating point.
    """
    if not isinstance(features, Tensor) or features.layout != torch.strided:
        given = "a sparse one" if isinstance(features, Tensor) else f"a {type(features).__name__}"
        raise ValueError(f"modality {modality} is a dense tensor, not {given}")
    channels = channels_of(shape)
    axis = 2 if len(shape) == 2 else 1
    if features.ndim != len(shape) + 1 or features.shape[axis] != channels:
        kind = _KINDS[len(shape)].format(channels=channels)
        raise ValueError(f"modality {modality} is {kind}, not {[*features.shape]}")
    if not features.numel():
        raise ValueError(f"modality {modality} is empty: {[*features.shape]}")
    if not features.is_floating_point():
        raise ValueError(f"modality {modality} is floating point, not {features.dtype}")
    if len(shape) == 3:
        return features.flatten(2).mT
    return features if len(shape) == 2 else features[:, None]
