"""The ten texture patterns.

Eight are deterministic: a texture is a table over (Y, X mod p), so any pixel of any canvas is one
look-up. ``noise`` and ``rain`` are drawn on a canvas. At period 10 the deterministic ones equal
the published generator's bit for bit (a test holds their hashes); every length scales with p.
"""

import numpy as np

from .factors import TEXTURES

DETERMINISTIC = tuple(name for name in TEXTURES if name not in ("noise", "rain"))
_RAIN_PROBABILITY = 0.05


def texture_table(texture: str, period: int, height: int) -> np.ndarray:
    """One period of a deterministic texture: bool [height, period], indexed by (Y, X mod period).

    Y = i + oy and X = j + ox are the row and column shifted by the texture's offset. The row is
    not reduced modulo the period, since the hexagonal grid does not repeat along it.

    Raises:
        ValueError: not one of DETERMINISTIC.
    """
    if texture not in DETERMINISTIC:
        raise ValueError(f"{texture!r} has no table; the tables are {', '.join(DETERMINISTIC)}")
    p = period
    third, fifth, half = p // 3, p // 5, p // 2
    Y, x = np.mgrid[:height, :p]
    y, odd_cell = Y % p, Y // p % 2 == 1
    match texture:
        case "solid":
            mask = np.ones_like(x, dtype=bool)
        case "stripes":
            mask = y < third
        case "grid":
            mask = (y < third) | (x < third)
        case "hexgrid":
            k = (1.73 * Y).astype(np.int64)
            mask = (y < fifth) | ((x + k) % p < fifth) | ((x - k) % p < fifth)
        case "dots":
            mask = (x - half) ** 2 + (y - half) ** 2 < (3 * p // 7) ** 2
        case "triangles":
            mask = y // 2 - np.abs(x - half) > 0
        case "zigzags":
            mirrored = np.where(odd_cell, p - x - 1, x)
            mask = (y // 2 < mirrored) & (mirrored < p - half + y // 2)
        case _:  # pluses, moved by half a period in odd rows of cells
            width = 0.15 * p
            bar = np.abs(y - half) < width
            even = (np.abs(x - half) < width) | bar
            odd = (x < width) | (p - x < width) | (bar & (np.abs(x - half) > width))
            mask = np.where(odd_cell, odd, even)
    return mask


def random_texture(texture: str, period: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """A fresh canvas of ``noise`` or ``rain``: bool [size, size].

    Noise is Bernoulli(1/2) in each pixel. In rain each pixel starts, with probability .05, a
    vertical drop one pixel wide and p − p // 3 long.

    Raises:
        ValueError: a deterministic or unknown texture.
    """
    if texture == "noise":
        drawn = np.frombuffer(rng.bytes((size * size + 7) // 8), dtype=np.uint8)
        return np.unpackbits(drawn, count=size * size).reshape(size, size).view(bool)
    if texture == "rain":
        starts = rng.random((size, size), dtype=np.float32) < _RAIN_PROBABILITY
        drops = starts.copy()
        for fallen in range(1, period - period // 3):
            drops[fallen:] |= starts[:-fallen]
        return drops
    raise ValueError(f"{texture!r} is not drawn at random; noise and rain are")


def texture_mask(
    texture: str, period: int, size: int, offset: tuple[int, int] = (0, 0)
) -> np.ndarray:
    """A deterministic texture on a canvas: bool [size, size]; offset is (ox, oy) in pixels."""
    table = texture_table(texture, period, size + offset[1])
    rows = np.arange(size)[:, None] + offset[1]
    columns = (np.arange(size)[None, :] + offset[0]) % period
    return table[rows, columns]
