"""The mean of a feature map over its positions, without those that are padding."""

from torch import Tensor

from .inputs import InputConfig
from .sequences import split_valid


def mean_features(features: Tensor, described: InputConfig) -> Tensor:
    """The mean of an encoder's feature maps over their positions.

    Of padded sequences, whose maps have a last channel that is 1 at valid steps, it is the mean
    over each sample's valid steps, without that channel.

    >>> import torch
    >>> described = InputConfig("sequences", (3, 1), padded=True)
    >>> values, valid = torch.tensor([4.0, 2.0, 0.0]), torch.tensor([1.0, 1.0, 0.0])
    >>> mean_features(torch.stack([values, valid])[None, :, None], described)
    tensor([[3.]])

    Args:
        features: [n, c, h, w].
        described: the modality, :meth:`~interaction_probes.contrast.method.ModelConfig.described`
            of a config.

    Returns:
        [n, c], of padded sequences [n, c - 1].
    """
    if not described.padded:
        return features.mean((2, 3))
    values, valid = split_valid(features.flatten(2).mT)
    # In the features' own type, so that autocast sees what it saw.
    kept = values.masked_fill(~valid[..., None], 0)
    return kept.sum(1) / valid.sum(1, keepdim=True).clamp(min=1).to(kept.dtype)
