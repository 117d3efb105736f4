"""One image of a shape, a texture and a colour, pixel by pixel: the reference generator."""

import math

import numpy as np
from PIL import Image

from trifeature.images.factors import RGB, SHAPES, TEXTURES
from trifeature.images.render import MAX_ANGLE, Geometry
from trifeature.images.shapes import shape_mask
from trifeature.images.textures import DETERMINISTIC, random_texture, texture_mask


def reference_render(
    values: tuple[int, int, int], geometry: Geometry, rng: np.random.Generator
) -> np.ndarray:
    """The same image as :func:`trifeature.images.render.render` for the same random stream.

    Args:
        values: (shape, texture, colour).
        geometry: the lengths of the image.
        rng: the random stream of this image.

    Returns:
        uint8 [image, image, 3].
    """
    size, canvas = geometry.image, 2 * geometry.image
    shape_angle, texture_angle = rng.integers(-MAX_ANGLE, MAX_ANGLE, 2).tolist()
    box = Image.fromarray(shape_mask(SHAPES[values[0]], geometry.shape).astype(np.uint8) * 255)
    mask = np.asarray(box.rotate(shape_angle, Image.Resampling.BILINEAR, expand=True))
    top = int(rng.integers(size - mask.shape[0] + 1))
    left = int(rng.integers(size - mask.shape[1] + 1))
    name = TEXTURES[values[1]]
    if name in DETERMINISTIC:
        ox, oy = rng.integers(0, geometry.period, 2).tolist()
        texture = texture_mask(name, geometry.period, canvas, (ox, oy))
    else:
        texture = random_texture(name, geometry.period, canvas, rng)
    cos, sin = math.cos(math.radians(texture_angle)), math.sin(math.radians(texture_angle))
    image = np.empty((size, size, 3), dtype=np.uint8)
    for i in range(size):
        for j in range(size):
            y, x = i + 0.5 - size / 2, j + 0.5 - size / 2
            row, col = int(canvas / 2 + sin * x + cos * y), int(canvas / 2 + cos * x - sin * y)
            inside = 0 <= i - top < mask.shape[0] and 0 <= j - left < mask.shape[1]
            coverage = mask[i - top, j - left] / 255 * texture[row, col] if inside else 0.0
            for channel in range(3):
                value = coverage * RGB[values[2]][channel] + (1 - coverage) * 0.5
                image[i, j, channel] = int(value * 255)
    return image
