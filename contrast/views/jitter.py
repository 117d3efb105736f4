"""Colour jitter as torchvision's ColorJitter does it: four operations in an order of each image.

Every operation is clamped to [0, 1], and hue turns in HSV. augment.py composes the same strengths
to one matrix, which differs where a colour leaves [0, 1] on the way, and in the hue.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)


def jitter_in_order(pixels: Tensor, strengths: Mapping[str, Tensor], order: Tensor) -> Tensor:
    """Jitter the colours of a batch.

    Args:
        pixels: [n, 3, k], floating point in [0, 1]; changed in place.
        strengths: "brightness", "contrast" and "saturation" → the factor, "hue" → the angle in
            radians, each [n].
        order: int64 [n, 4] on the CPU: the places in OPERATIONS of what comes first, second and so
            on; −1 is nothing.

    Returns:
        The same pixels.
    """
    for step in order.unbind(1):
        for number, (name, operation) in enumerate(OPERATIONS.items()):
            chosen = torch.nonzero(step == number)[:, 0]
            if len(chosen):
                rows = chosen.to(pixels.device, non_blocking=True)
                strength = strengths[name][rows, None, None]
                pixels[rows] = operation(pixels[rows], strength).clamp_(0, 1)
    return pixels


def greyscale(pixels: Tensor) -> Tensor:
    """The luma of pixels [n, 3, k]: [n, 1, k]."""
    weights = torch.tensor(LUMA, dtype=pixels.dtype).to(pixels.device, non_blocking=True)
    return torch.einsum("nck,c->nk", pixels, weights)[:, None]


def _brightness(pixels: Tensor, factor: Tensor) -> Tensor:
    return pixels * factor


def _contrast(pixels: Tensor, factor: Tensor) -> Tensor:
    return torch.lerp(greyscale(pixels).mean(2, keepdim=True), pixels, factor)


def _saturation(pixels: Tensor, factor: Tensor) -> Tensor:
    return torch.lerp(greyscale(pixels), pixels, factor)


def _hue(pixels: Tensor, angle: Tensor) -> Tensor:
    """Turn the hue of HSV by an angle; value and chroma stay."""
    red, green, blue = pixels.unbind(1)
    value = pixels.amax(1)
    chroma = value - pixels.amin(1)
    divisor = torch.where(chroma == 0, 1.0, chroma)  # greys have no hue: any is right
    sixths = torch.where(
        value == red,
        (green - blue) / divisor,
        torch.where(value == green, (blue - red) / divisor + 2.0, (red - green) / divisor + 4.0),
    )
    sixths += angle[:, 0] * (3 / torch.pi)
    turned = torch.empty_like(pixels)
    for channel, start in enumerate((5.0, 3.0, 1.0)):
        # A channel falls from the value to value − chroma, stays there, and rises again.
        place = (sixths + start).remainder_(6.0)
        away = torch.minimum(place, 4.0 - place).clamp_(0.0, 1.0)
        torch.addcmul(value, chroma, away, value=-1.0, out=turned[:, channel])
    return turned


#: Name of a strength → pixels [n, 3, k] and strengths [n, 1, 1] → pixels that may leave [0, 1].
OPERATIONS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "brightness": _brightness,
    "contrast": _contrast,
    "saturation": _saturation,
    "hue": _hue,
}
