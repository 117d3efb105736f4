"""The projection head between a representation and a contrastive loss."""

from collections.abc import Sequence

from torch import nn


def projection_head(widths: Sequence[int]) -> nn.Sequential:
    """A perceptron with BatchNorm and ReLU after every layer but the last.

    The CoMM paper's is ``(512, 512, 512, 256)``.

    Raises:
        ValueError: fewer than two widths.
    """
    if len(widths) < 2:
        raise ValueError(f"a head maps one width to another; {list(widths)} is not enough")
    layers: list[nn.Module] = []
    for k, (inputs, outputs) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
        layers.append(nn.Linear(inputs, outputs))
        if k < len(widths) - 2:
            layers += [nn.BatchNorm1d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
