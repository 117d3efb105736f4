"""Pairs of images whose redundancy, uniqueness and synergy are designed.

A pair (image 1, image 2) shares one attribute (redundancy), has one attribute of each image to
itself (uniqueness), and may obey a mapping from an attribute of image 1 to one of image 2, which
can be seen only across the two (synergy). A strength ρ is a fraction: that part of the pairs is
drawn under the constraint, the rest without it, so that 0 is independence and 1 a rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from interaction_probes.common.streams import stream
from interaction_probes.common.values.number_tables import number_table
from interaction_probes.common.values.scalars import as_strength
from trifeature.images.factors import FactorCounts, column

Factor = Literal["shape", "texture", "colour"]
#: Which constraints hold: (the attribute is shared, the mapping is obeyed).
Constraints = tuple[bool, bool]


@dataclass(frozen=True)
class PairDesign:
    """Which attributes carry redundancy, uniqueness and synergy, and how strongly.

    Attributes:
        shared: the attribute that both images of a pair share (task R).
        unique: the attribute that each image has to itself (tasks U1 and U2).
        mapped: the attributes of image 1 and image 2 that the mapping M links (task S).
        shared_strength: fraction of the pairs drawn with the same shared attribute.
        mapping_strength: fraction of the pairs drawn with mapped₂ = M(mapped₁): 0 is the unbiased
            design of the CoMM paper, 1 its biased one.

    Raises:
        ValueError: a strength outside [0, 1], an unknown attribute, or one shared and unique.
    """

    shared: Factor = "shape"
    unique: Factor = "texture"
    mapped: tuple[Factor, Factor] = ("texture", "colour")
    shared_strength: float = 1.0
    mapping_strength: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.mapped, str) or not isinstance(self.mapped, Sequence):
            raise ValueError(
                f"a mapping links 2 attributes, as ('texture', 'colour'), not {self.mapped!r}"
            )
        for factor in (self.shared, self.unique, *self.mapped):
            column(factor)
        if len(self.mapped) != 2:
            raise ValueError(f"a mapping links 2 attributes, not {len(self.mapped)}")
        if self.shared == self.unique:
            raise ValueError(f"{self.shared} cannot be both the shared and the unique attribute")
        for name in ("shared_strength", "mapping_strength"):
            object.__setattr__(self, name, as_strength(getattr(self, name), name))

    @property
    def unbiased(self) -> "PairDesign":
        """The probes' design: the attribute is always shared, the mapping never imposed."""
        return PairDesign(self.shared, self.unique, self.mapped, 1.0, 0.0)


@dataclass(frozen=True)
class Task:
    """A probing task: its name, its number of classes and what it measures."""

    name: str
    classes: int
    measures: str


def tasks(design: PairDesign, counts: FactorCounts) -> tuple[Task, ...]:
    """The four tasks of a design."""
    first, second = design.mapped
    return (
        Task("R", counts[design.shared], f"{design.shared}, shared by both images"),
        Task("U1", counts[design.unique], f"{design.unique} of image 1"),
        Task("U2", counts[design.unique], f"{design.unique} of image 2"),
        Task("S", 2, f"whether {second} of image 2 is what {first} of image 1 maps to"),
    )


def draw_mapping(design: PairDesign, counts: FactorCounts, seed: int) -> np.ndarray:
    """The mapping M as int64 [values of mapped₁]: a random bijection.

    Where the two attributes have different numbers of values, M is balanced: no value of the
    second is used more than once more than another.
    """
    n_from, n_to = (counts[factor] for factor in design.mapped)
    rng = stream(seed, "mapping")
    rounds = -(-n_from // n_to)
    return np.concatenate([rng.permutation(n_to) for _ in range(rounds)])[:n_from]


def check_mapping(mapping: ArrayLike, needed: int, values: int) -> np.ndarray:
    """A mapping M as int64, refused where it is none.

    Args:
        mapping: M, the value of mapped₂ for each value of mapped₁.
        needed: how many values mapped₁ has.
        values: how many values mapped₂ has.

    Raises:
        ValueError: another form, fewer values than needed, or some that are missing, masked, not
            whole or outside 0..values − 1.
    """
    found = number_table(mapping, "the mapping")
    if found.ndim != 1:
        raise ValueError(f"the mapping is [n], not {list(found.shape)}")
    if len(found) < needed:
        raise ValueError(f"the mapping has {len(found)} values; these images need {needed}")
    if not ((found == np.round(found)) & (found >= 0) & (found < values)).all():
        raise ValueError(f"the values of the mapping are whole and lie in 0..{values - 1}")
    return found.astype(np.int64)


def stratum_fractions(design: PairDesign) -> dict[Constraints, float]:
    """The fraction of pairs in each stratum, (shares?, maps?), the most constrained first."""
    parts = {
        (shares, maps): (design.shared_strength if shares else 1 - design.shared_strength)
        * (design.mapping_strength if maps else 1 - design.mapping_strength)
        for shares in (True, False)
        for maps in (True, False)
    }
    return {rules: fraction for rules, fraction in parts.items() if fraction > 0}
