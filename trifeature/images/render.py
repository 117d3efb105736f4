"""From factors to pixels: a coloured, textured shape on a grey background.

The shape is rotated by an integer angle and placed uniformly where it is wholly inside the image;
the texture lies on a canvas twice the image's size, is shifted by a random offset and rotated by
an angle of its own; shape × texture is the mask that blends colour into background.
"""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from interaction_probes.common.values.containers import unwrapped
from interaction_probes.common.values.scalars import plain_whole

from .factors import BACKGROUND, RGB, SHAPES, TEXTURES
from .png import LARGEST_SIDE
from .shapes import shape_mask
from .textures import DETERMINISTIC, random_texture, texture_table

#: Rotations are integer degrees drawn from [−MAX_ANGLE, MAX_ANGLE).
MAX_ANGLE = 45


@dataclass(frozen=True)
class Geometry:
    """The lengths of an image, in pixels.

    Attributes:
        image: side of the square image.
        shape: side of the box a shape is drawn in, before its rotation.
        period: period of the textures, at most two thirds of the shape's box.

    Raises:
        ValueError: lengths too small for a rotated shape or for a texture's lines, a period of
            which a shape would show too small a part to tell its texture, or an image larger than
            `LARGEST_SIDE`, which :func:`trifeature.images.png.read_png` refuses.
    """

    image: int
    shape: int
    period: int

    def __post_init__(self) -> None:
        for name in ("image", "shape", "period"):
            length = plain_whole(getattr(self, name), f"the {name} length in pixels")
            object.__setattr__(self, name, length)
        if self.shape < 8:
            raise ValueError(f"the shape box needs at least 8 pixels, not {self.shape}")
        if self.period < 5:
            raise ValueError(f"the texture period needs at least 5 pixels, not {self.period}")
        needed = math.ceil(self.shape * math.sqrt(2)) + 1
        if self.image < needed:
            raise ValueError(
                f"an image of {self.image} pixels cannot hold a rotated shape of {self.shape}; "
                f"it needs {needed}"
            )
        if self.image > LARGEST_SIDE:
            raise ValueError(f"images have at most {LARGEST_SIDE} pixels a side, not {self.image}")
        # Of a longer one a shape may lie between two lines, all grey, or in one, like solid.
        longest = 2 * self.shape // 3
        if self.period > longest:
            raise ValueError(
                f"the texture period is at most two thirds of the shape's box of {self.shape} "
                f"pixels, {longest}, not {self.period}: a shape would show too little to tell it"
            )


#: Images of 224 pixels, as the CoMM paper's.
PAPER = Geometry(image=224, shape=128, period=10)
#: Images of 64 pixels, those of the quick preset.
QUICK = Geometry(image=64, shape=37, period=8)


def render(factors: np.ndarray, geometry: Geometry, rng: np.random.Generator) -> np.ndarray:
    """Draw one image per row of a factor table.

    Image k is drawn from the k-th child stream of `rng`, so it does not depend on the others.

    Args:
        factors: int [n, 3], the (shape, texture, colour) values.
        geometry: the lengths of the image.
        rng: the random stream of these renders.

    Returns:
        uint8 [n, image, image, 3], RGB.

    Raises:
        ValueError: a factor table of another form or type, or with values outside 0..9.
    """
    factors = np.asarray(unwrapped(factors, "a factor table"))  # masked values are no numbers
    if factors.ndim != 2 or factors.shape[1] != 3:
        raise ValueError(f"a factor table is [n, 3], not {list(factors.shape)}")
    if not np.issubdtype(factors.dtype, np.integer):
        raise ValueError(f"a factor table holds integers, not {factors.dtype}")
    if factors.size and not (factors.min() >= 0 and factors.max() <= 9):
        raise ValueError("the values of a factor table lie in 0..9")
    size = geometry.image
    canvas = 2 * size
    palette = _blends()
    # Wide enough for every offset, so that one flat index finds a pixel without a modulo.
    extent = canvas + geometry.period
    tables = {
        TEXTURES.index(name): _spread(texture_table(name, geometry.period, extent), extent)
        for name in DETERMINISTIC
    }
    masks = [shape_mask(name, geometry.shape) for name in SHAPES]
    rotated: dict[tuple[int, int], np.ndarray] = {}
    images = np.full((len(factors), size, size, 3), palette[0, 0, 0], dtype=np.uint8)
    for image, (shape, texture, colour), child in zip(
        images, factors.tolist(), rng.spawn(len(factors)), strict=True
    ):
        shape_angle, texture_angle = child.integers(-MAX_ANGLE, MAX_ANGLE, 2).tolist()
        mask = rotated.get((shape, shape_angle))
        if mask is None:
            mask = rotated[shape, shape_angle] = _rotate_shape(masks[shape], shape_angle)
        height, width = mask.shape
        top = int(child.integers(size - height + 1))
        left = int(child.integers(size - width + 1))
        if texture in tables:
            pattern = tables[texture]
            offset_x, offset_y = child.integers(0, geometry.period, 2).tolist()
        else:
            pattern = random_texture(TEXTURES[texture], geometry.period, canvas, child)
            offset_x = offset_y = 0
        rows, columns = _rotated_source(
            texture_angle, canvas, size // 2 + top, size // 2 + left, height, width
        )
        source = (rows + offset_y) * pattern.shape[1] + (columns + offset_x)
        window = image[top : top + height, left : left + width]
        window[:] = palette[colour].take(mask * pattern.take(source), axis=0, mode="clip")
    return images


def _spread(table: np.ndarray, width: int) -> np.ndarray:
    """A texture's table repeated along its rows: uint8 [height, width]."""
    repeats = -(-width // table.shape[1])
    return np.tile(table, (1, repeats))[:, :width].astype(np.uint8)


def _blends() -> np.ndarray:
    """Colour over background by coverage: uint8 [10 colours, 256 levels of the mask, 3].

    Level 0 is the grey background, the same in every colour and channel.
    """
    coverage = np.arange(256)[None, :, None] / 255
    blend = coverage * RGB[:, None, :] + (1 - coverage) * BACKGROUND
    return np.trunc(blend * 255).astype(np.uint8)


def _rotate_shape(mask: np.ndarray, angle: int) -> np.ndarray:
    """A mask rotated counter-clockwise, bilinear, on a canvas that holds it: uint8, 0..255."""
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    turned = picture.rotate(angle, resample=Image.Resampling.BILINEAR, expand=True)
    return np.asarray(turned)


def _rotated_source(
    angle: int, canvas: int, top: int, left: int, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Nearest source pixel of each pixel of a window of a canvas rotated about its centre.

    Returns:
        Rows and columns, int64 [height, width], within [0, canvas) for windows inside the image.
    """
    radians = math.radians(angle)
    cos, sin = math.cos(radians), math.sin(radians)
    y = (np.arange(top, top + height) + 0.5 - canvas / 2)[:, None]
    x = (np.arange(left, left + width) + 0.5 - canvas / 2)[None, :]
    # Both are positive inside the canvas, where truncation is the floor.
    columns = (cos * x + (canvas / 2 - sin * y)).astype(np.int64)
    rows = (sin * x + (cos * y + canvas / 2)).astype(np.int64)
    return rows, columns
