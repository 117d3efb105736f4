"""The projection head between a representation and a contrastive loss."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from .distributed import world_size


def projection_head(widths: Sequence[int]) -> nn.Sequential:
    """A perceptron with BatchNorm and ReLU after every layer but the last.

    The CoMM paper's is ``(512, 512, 512, 256)``.

    Raises:
        ValueError: fewer than two widths.
    """
    if len(widths) < 2:
        raise ValueError(f"a head maps one width to another; {list(widths)} is not enough")
    layers: list[nn.Module] = []
    for k, (inputs, outputs) in enumerate(pairwise(widths)):
        layers.append(nn.Linear(inputs, outputs))
        if k < len(widths) - 2:
            layers += [nn.BatchNorm1d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def project_groups(head: nn.Sequential, groups: Tensor) -> Tensor:
    """Apply a head to groups of rows as if one group at a time, but with shared matrix products.

    Args:
        head: as :func:`projection_head` makes it.
        groups: [g, n, d]; BatchNorm takes its statistics from each group on its own.

    Returns:
        [g, n, p].

    Raises:
        ValueError: groups that are not [g, n, d], or groups of one row that a BatchNorm trains on.
    """
    if groups.ndim != 3:
        raise ValueError(f"a head projects groups [g, n, d], not {[*groups.shape]}")
    if groups.shape[1] < 2 and world_size() == 1:
        for layer in head:
            if isinstance(layer, nn.BatchNorm1d) and layer.training:
                raise ValueError("a head with BatchNorm trains on 2 samples or more, not on 1")
    for layer in head:
        if isinstance(layer, nn.BatchNorm1d):
            groups = torch.stack([layer(group) for group in groups])
        else:
            groups = layer(groups)
    return groups
