"""What a view draws: the parameters of each image's view, at the strengths of a ViewConfig."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .config import ViewConfig
from .jitter import OPERATIONS

_CROP_TRIES = 10


@dataclass(frozen=True)
class Draws:
    """What was drawn for each of n images: tensors [n].

    Attributes:
        top, left, height, width: the crop, in whole pixels of the image.
        flip: whether it is mirrored.
        brightness, contrast, saturation: factors; 1 changes nothing.
        hue: angle in radians in the chroma plane.
        sigma: width of the blur in pixels of the view; 0 is none.
        order: of jitter operations one after another, int64 [n, 4], as
            :func:`~interaction_probes.contrast.views.jitter.jitter_in_order` takes them; None
            where they are composed.
        grey: whether the image is turned grey after them; None where they are composed, which
            has a saturation of 0 in its place.
    """

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    flip: Tensor
    brightness: Tensor
    contrast: Tensor
    saturation: Tensor
    hue: Tensor
    sigma: Tensor
    order: Tensor | None = None
    grey: Tensor | None = None

    def part(self, rows: slice | Tensor) -> "Draws":
        """The parameters of some of the images."""
        return Draws(**{name: values[rows] for name, values in self.tensors().items()})

    def tensors(self) -> dict[str, Tensor]:
        """Name → what was drawn, without what is None."""
        return {name: values for name, values in vars(self).items() if values is not None}


def draw(config: ViewConfig, n: int, height: int, width: int, generator: torch.Generator) -> Draws:
    """Draw the parameters of n views of images of height × width pixels, on the CPU.

    Args:
        config: strengths of the augmentation.
        n: views.
        height: of the images, in pixels.
        width: of the images, in pixels.
        generator: on the CPU.

    Returns:
        The parameters, on the CPU. The order of the draws below is part of the results: a seed's
        views stay as they are only while every random number is drawn in the same order and
        number. A test holds it. An operation that is new draws after all others, and only where
        its probability is above 0, since one generator serves all batches of an epoch.
    """

    def chosen(probability: float) -> Tensor:
        return torch.rand(n, generator=generator) < probability

    top, left, crop_height, crop_width = _draw_crops(config, n, height, width, generator)
    jittered = chosen(config.jitter_probability)

    def jitter(low: float, high: float, neutral: float) -> Tensor:
        return torch.where(jittered, _uniform(generator, low, high, n), neutral)

    brightness = jitter(1 - config.brightness, 1 + config.brightness, 1.0)
    contrast = jitter(1 - config.contrast, 1 + config.contrast, 1.0)
    saturation = jitter(1 - config.saturation, 1 + config.saturation, 1.0)
    hue = jitter(-2 * math.pi * config.hue, 2 * math.pi * config.hue, 0.0)
    grey = chosen(config.grayscale_probability)
    blurred = chosen(config.blur_probability)
    sigma = torch.where(blurred, _uniform(generator, *config.blur_sigma, n), 0.0)
    flip = chosen(config.flip_probability)
    # A new operation draws here, after all others, and only where it is switched on.
    order = None
    if config.jitter == "torchvision":
        order = torch.rand(n, len(OPERATIONS), generator=generator).argsort(1)
        order[~jittered] = -1
    else:
        saturation = torch.where(grey, 0.0, saturation)
    return Draws(
        top=top,
        left=left,
        height=crop_height,
        width=crop_width,
        flip=flip,
        brightness=brightness,
        contrast=contrast,
        saturation=saturation,
        hue=hue,
        sigma=sigma,
        order=order,
        grey=None if order is None else grey,
    )


def _uniform(generator: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=generator) * (high - low) + low


def _draw_crops(
    config: ViewConfig, n: int, height: int, width: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Crops of random area and ratio: the first of ten tries that fits, as torchvision does.

    Returns:
        (top, left, height, width), each [n], in whole pixels.
    """
    low, high = config.crop_ratio
    area = _uniform(generator, *config.crop_scale, n, _CROP_TRIES) * height * width
    ratio = _uniform(generator, math.log(low), math.log(high), n, _CROP_TRIES).exp()
    tried_width = torch.sqrt(area * ratio).round()
    tried_height = torch.sqrt(area / ratio).round()
    fits = (tried_width <= width) & (tried_height <= height)
    fits &= (tried_width >= 1) & (tried_height >= 1)
    first = fits.int().argmax(1, keepdim=True)
    crop_width = tried_width.gather(1, first)[:, 0]
    crop_height = tried_height.gather(1, first)[:, 0]
    none = ~fits.any(1)  # then the largest centred crop of an allowed ratio
    fallback_width = float(max(1, round(min(width, height * high))))
    fallback_height = float(max(1, round(min(height, width / low))))
    crop_width = torch.where(none, fallback_width, crop_width)
    crop_height = torch.where(none, fallback_height, crop_height)
    where_y, where_x = _uniform(generator, 0, 1, n), _uniform(generator, 0, 1, n)
    top = torch.floor(where_y * (height - crop_height + 1))
    left = torch.floor(where_x * (width - crop_width + 1))
    top = torch.where(none, torch.floor((height - crop_height) / 2), top)
    left = torch.where(none, torch.floor((width - crop_width) / 2), left)
    return top, left, crop_height, crop_width
