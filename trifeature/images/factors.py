"""The three factors of a Trifeature image and their values.

Source: Hermann & Lampinen, *What shapes feature representations?*, NeurIPS 2020.
"""

from dataclasses import dataclass

import numpy as np

from interaction_probes.common.values.scalars import plain_whole

SHAPES = (
    "triangle",
    "square",
    "plus",
    "circle",
    "tee",
    "rhombus",
    "pentagon",
    "star",
    "fivesquare",
    "trapezoid",
)
TEXTURES = (
    "solid",
    "stripes",
    "grid",
    "hexgrid",
    "dots",
    "noise",
    "triangles",
    "zigzags",
    "rain",
    "pluses",
)
COLOURS = (
    "red",
    "green",
    "blue",
    "yellow",
    "pink",
    "cyan",
    "purple",
    "ocean",
    "orange",
    "white",
)
#: Red, green, blue of each colour in [0, 1], in the order of COLOURS.
RGB = np.array(
    [
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
        (1, 1, 0),
        (1, 0.4, 1),
        (0, 1, 1),
        (0.3, 0, 0.5),
        (0.1, 0.4, 0.5),
        (1, 0.6, 0),
        (1, 1, 1),
    ]
)
RGB.flags.writeable = False
BACKGROUND = 0.5

#: The factors in the order of a factor table's columns.
FACTORS = ("shape", "texture", "colour")
NAMES = {"shape": SHAPES, "texture": TEXTURES, "colour": COLOURS}


@dataclass(frozen=True)
class FactorCounts:
    """How many values each factor has: the first n of its names, 2 to 10.

    Attributes:
        shape: number of shapes, 2 to 10.
        texture: number of textures, 2 to 10.
        colour: number of colours, 2 to 10.

    Raises:
        ValueError: a count outside 2..10.
    """

    shape: int = 10
    texture: int = 10
    colour: int = 10

    def __post_init__(self) -> None:
        for factor in FACTORS:
            count = plain_whole(self[factor], f"the number of {factor} values")
            object.__setattr__(self, factor, count)
            if not 2 <= count <= len(NAMES[factor]):
                raise ValueError(f"the {factor} factor has 2 to 10 values, not {count}")

    def __getitem__(self, factor: str) -> int:
        return (self.shape, self.texture, self.colour)[column(factor)]


def column(factor: str) -> int:
    """The column of a factor in a factor table.

    Raises:
        ValueError: an unknown factor.
    """
    if factor not in FACTORS:
        raise ValueError(f"no factor {factor!r}; the factors are {', '.join(FACTORS)}")
    return FACTORS.index(factor)


def combinations(counts: FactorCounts) -> np.ndarray:
    """Every (shape, texture, colour) triple: int64 [n, 3], in lexicographic order."""
    axes = [np.arange(counts[factor]) for factor in FACTORS]
    return np.stack([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")], axis=1)
