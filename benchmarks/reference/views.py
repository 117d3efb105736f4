"""An augmented view of one image by Pillow, operation by operation: the reference for views."""

import math

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from interaction_probes.contrast.views.augment import MEAN, STD
from interaction_probes.contrast.views.config import ViewConfig


def reference_view(
    image: Image.Image, config: ViewConfig, size: int, rng: np.random.Generator
) -> np.ndarray:
    """RandomResizedCrop, ColorJitter, grayscale, blur, flip and normalisation.

    Args:
        image: RGB.
        config: strengths of the augmentation.
        size: height and width of the view in pixels.
        rng: the random stream of this view.

    Returns:
        float32 [3, size, size].
    """
    left, top, width, height = _crop(image.width, image.height, config, rng)
    view = image.resize(
        (size, size), Image.Resampling.BILINEAR, (left, top, left + width, top + height)
    )
    if rng.random() < config.jitter_probability:
        for operation in rng.permutation(4).tolist():
            view = _jitter(view, operation, config, rng)
    if rng.random() < config.grayscale_probability:
        view = view.convert("L").convert("RGB")
    if rng.random() < config.blur_probability:
        view = view.filter(ImageFilter.GaussianBlur(rng.uniform(*config.blur_sigma)))
    if rng.random() < config.flip_probability:
        view = view.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    pixels = np.asarray(view, dtype=np.float32) / 255
    normalised = (pixels - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return np.ascontiguousarray(normalised.transpose(2, 0, 1))


def _crop(
    width: int, height: int, config: ViewConfig, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """A crop of random area and ratio; after ten tries that do not fit, the whole image."""
    low, high = config.crop_ratio
    for _ in range(10):
        area = rng.uniform(*config.crop_scale) * width * height
        ratio = math.exp(rng.uniform(math.log(low), math.log(high)))
        across, down = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < across <= width and 0 < down <= height:
            left, top = rng.integers(width - across + 1), rng.integers(height - down + 1)
            return int(left), int(top), across, down
    return 0, 0, width, height


def _jitter(
    view: Image.Image, operation: int, config: ViewConfig, rng: np.random.Generator
) -> Image.Image:
    if operation == 3:
        hue, saturation, value = view.convert("HSV").split()
        turn = round(rng.uniform(-config.hue, config.hue) * 255)
        turned = (np.asarray(hue).astype(np.int16) + turn).astype(np.uint8)
        return Image.merge("HSV", (Image.fromarray(turned), saturation, value)).convert("RGB")
    enhancer, strength = (
        (ImageEnhance.Brightness, config.brightness),
        (ImageEnhance.Contrast, config.contrast),
        (ImageEnhance.Color, config.saturation),
    )[operation]
    return enhancer(view).enhance(rng.uniform(1 - strength, 1 + strength))
