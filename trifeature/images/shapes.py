"""The ten shape masks, each drawn from its inequality on an n × n box.

i is the row, j the column, c = n // 2; ``//`` is floor division, also between floats. At n = 128
the masks equal the published generator's bit for bit (a test holds their hashes).
"""

from collections.abc import Callable

import numpy as np

from .factors import SHAPES

_Rule = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def _triangle(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    return np.abs(j - n // 2) - i // 2 < 1


def _square(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    return np.ones((n, n), dtype=bool)


def _plus(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    c, arm = n // 2, n // 6
    return (np.abs(j - c) <= arm) | (np.abs(i - c) <= arm)


def _circle(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    c = n // 2
    return (i + 0.5 - c) ** 2 + (j + 0.5 - c) ** 2 < c**2


def _tee(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    return (np.abs(j - n // 2) <= n // 6) | (i < n // 3)


def _rhombus(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    c = n // 2
    offset = j - c + i // 2
    return (offset > 0) & (offset < c)


def _pentagon(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    middle = int(0.4 * n)
    inset = (i - middle) // 3.1
    roof = np.abs(j - n // 2) - 1.25 * i < 1
    body = (inset < j) & (j < n - inset)
    return np.where(i < middle, roof, body)


def _star(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    top = int(0.4 * n)
    waist = top + int(0.2 * n)
    legs = top + int(0.15 * n)
    head = (i < top) & (np.abs(j - n // 2) - i // 4 < 1)
    inset = 2.4 * (i - top)
    arms = (i >= top) & (i < waist) & (inset < j) & (j < n - inset)
    inner, outer = 0.33 * n - 0.43 * (i - legs), 0.62 * n - 1.05 * (i - legs)
    left = (inner < j) & (j < outer)
    right = (inner < n - j) & (n - j < outer)
    return head | arms | ((i >= legs) & (left | right))


def _fivesquare(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    cuts = np.array([n // 3, 2 * n // 3])
    row, col = np.searchsorted(cuts, i, side="right"), np.searchsorted(cuts, j, side="right")
    return (row + col) % 2 == 0


def _trapezoid(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    inset = i // 3.1
    return (inset < j) & (j < n - inset)


_RULES: dict[str, _Rule] = {
    "triangle": _triangle,
    "square": _square,
    "plus": _plus,
    "circle": _circle,
    "tee": _tee,
    "rhombus": _rhombus,
    "pentagon": _pentagon,
    "star": _star,
    "fivesquare": _fivesquare,
    "trapezoid": _trapezoid,
}


def shape_mask(shape: str, size: int) -> np.ndarray:
    """The mask of a shape: bool [size, size], true inside.

    Raises:
        ValueError: an unknown shape, or a box under 8 pixels, where shapes fall together.
    """
    if shape not in _RULES:
        raise ValueError(f"no shape {shape!r}; the shapes are {', '.join(SHAPES)}")
    if size < 8:
        raise ValueError(f"a shape needs a box of at least 8 pixels, not {size}")
    i, j = np.mgrid[:size, :size]
    mask = _RULES[shape](i, j, size)
    return np.broadcast_to(mask, (size, size)).astype(bool)
