"""A tower that computes nothing from pixels which its output does not depend on."""

from collections.abc import Iterable
from typing import cast

from torch import Tensor, nn


class TrimmedSequential(nn.Sequential):
    """Layers one after another, given the part of the images that reaches their output.

    Strides and pools that do not divide a map leave the rest at its right and bottom unread.
    Without it the output and all gradients are the same, to the bit; the layers before have less
    to do.
    """

    def forward(self, images: Tensor) -> Tensor:
        """[n, c, h, w] → what the last layer makes of them."""
        height, width = (read_side(self, side) for side in images.shape[2:])
        features: Tensor = super().forward(images[:, :, :height, :width])
        return features


def read_side(layers: Iterable[nn.Module], side: int) -> int:
    """How many pixels of a side, from the left or the top, reach the output of some layers.

    It is all of them where a layer pads its input or normalises over it, and where the images are
    too small, so that the layers themselves refuse them.

    Args:
        layers: convolutions and max-pools with square kernels, BatchNorm and pointwise ones.
        side: height or width of the images.
    """
    known = [*layers]
    sides = [side]
    for layer in known:
        window, stride, padding = _window(layer)
        sides.append((sides[-1] + 2 * padding - window) // stride + 1)
    read = sides[-1]
    if read < 1:
        return side
    for layer, whole in zip(reversed(known), reversed(sides[:-1]), strict=True):
        window, stride, padding = _window(layer)
        over_all = padding > 0 or isinstance(layer, nn.BatchNorm2d)
        read = whole if over_all else (read - 1) * stride + window
    return read


def _window(layer: nn.Module) -> tuple[int, int, int]:
    """Side, stride and padding of a layer's kernel."""
    if isinstance(layer, nn.Conv2d):
        return layer.kernel_size[0], layer.stride[0], int(layer.padding[0])
    if isinstance(layer, nn.MaxPool2d):
        return cast(tuple[int, int, int], (layer.kernel_size, layer.stride, layer.padding))
    return 1, 1, 0
