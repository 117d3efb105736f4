"""Latin squares and cubes: the tables whose symbol 0 a rule imposes and whose symbols are labels.

K[a, b, c] = σ[(π₁[a] + π₂[b] + π₃[c]) mod m] with random permutations π of m values and σ of the
symbols: each row, column and pillar has each symbol once. A table of k attributes is kept as its
k + 1 permutations, never as its mᵏ cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from interaction_probes.common.streams import stream
from trifeature.images.factors import FactorCounts
from trifeature.pairs.design import check_mapping, draw_mapping

from .design import SampleDesign
from .rules import LatinRule


@dataclass(frozen=True)
class LatinArray:
    """A Latin square of two attributes, a Latin cube of three.

    Attributes:
        shifts: π of each attribute, int64 [values] in 0..m − 1.
        symbols: σ, int64 [m], a permutation.

    Raises:
        ValueError: fewer than two attributes, symbols that are no permutation, or shifts outside
            0..m − 1.
    """

    shifts: tuple[np.ndarray, ...]
    symbols: np.ndarray

    def __post_init__(self) -> None:
        if len(self.shifts) < 2:
            raise ValueError(f"a Latin array is of 2 attributes or more, not {len(self.shifts)}")
        m = len(self.symbols)
        if not np.array_equal(np.sort(self.symbols), np.arange(m)):
            raise ValueError(f"the symbols of a Latin array are a permutation of 0..{m - 1}")
        for shift in self.shifts:
            if shift.ndim != 1 or not np.isin(shift, np.arange(m)).all():
                raise ValueError(f"the shifts of a Latin array are [n] whole numbers in 0..{m - 1}")

    @property
    def classes(self) -> int:
        """m, the number of symbols."""
        return len(self.symbols)

    @property
    def imposed(self) -> int:
        """The sum of shifts, mod m, whose symbol is 0: the rule's."""
        return int(np.flatnonzero(self.symbols == 0)[0])

    def symbol(self, *values: np.ndarray) -> np.ndarray:
        """The symbol at values of all attributes: int64 [n]."""
        total = sum(shift[value] for shift, value in zip(self.shifts, values, strict=True))
        return np.asarray(self.symbols[total % self.classes])

    def answer(self, *values: np.ndarray) -> np.ndarray:
        """The value of the last attribute that the rule asks for, given the others: int64 [n].

        Raises:
            ValueError: the last shift is no permutation, so that there is no single answer.
        """
        *others, last = self.shifts
        if not np.array_equal(np.sort(last), np.arange(self.classes)):
            raise ValueError("the last shift of this Latin array is no permutation")
        total = sum(shift[value] for shift, value in zip(others, values, strict=True))
        return np.asarray(np.argsort(last)[(self.imposed - total) % self.classes])

    def table(self) -> np.ndarray:
        """All symbols, an axis per attribute; mᵏ cells, for small uses such as plots."""
        grids = np.meshgrid(*(np.arange(len(shift)) for shift in self.shifts), indexing="ij")
        return self.symbol(*grids)


def obeying(values: Sequence[np.ndarray], array: LatinArray | None) -> np.ndarray:
    """Which samples obey a rule: bool [n].

    Args:
        values: of each attribute that the rule ties, [n], in the rule's order.
        array: that of a Latin rule, whose symbol 0 is imposed; None where all values are the same.
    """
    if array is not None:
        return np.asarray(array.symbol(*values) == 0)
    return np.asarray(np.logical_and.reduce([own == values[0] for own in values]))


def draw_latin_arrays(
    design: SampleDesign, counts: FactorCounts, seed: int
) -> tuple[LatinArray, ...]:
    """A random Latin array for each Latin rule of a design, from a random stream of its own.

    A design of pairs has the square whose symbol 0 is their mapping of this seed, which
    :func:`trifeature.draw_mapping` draws.

    Args:
        design: its rules.
        counts: how many values each factor has.
        seed: names the permutations.

    Raises:
        ValueError: a rule over attributes of which one has fewer values than another.
    """
    if (pairs := design.as_pairs()) is not None:
        mapping = draw_mapping(pairs, counts, seed)
        return (latin_square_of(mapping, counts[pairs.mapped[1]], seed),)
    return tuple(_draw(rule, counts, seed) for rule in design.latin)


def _draw(rule: LatinRule, counts: FactorCounts, seed: int) -> LatinArray:
    sizes = [counts[factor.factor] for factor in rule.factors]
    m = max(sizes)
    if min(sizes) < m:
        fewest = rule.factors[sizes.index(min(sizes))].factor
        raise ValueError(
            f"{rule} needs as many values of each: there are {min(sizes)} {fewest}s where it "
            f"needs {m}"
        )
    rng = stream(seed, "latin", *map(str, rule.factors))
    shifts = tuple(rng.permutation(m) for _ in rule.factors)
    return LatinArray(shifts, rng.permutation(m))


def latin_square_of(mapping: ArrayLike, values: int, seed: int) -> LatinArray:
    """A random Latin square L[a, b] whose symbol 0 is a mapping: L = 0 where b = M(a).

    Each row has each symbol once. So has each column where M is a bijection; where it is none, the
    second attribute alone informs about the symbol.

    Args:
        mapping: M, the value of the second attribute for each value of the first.
        values: how many values the second attribute has: m.
        seed: names the permutations.

    Raises:
        ValueError: what :func:`trifeature.pairs.design.check_mapping` refuses.
    """
    mapping = check_mapping(mapping, 1, values)
    rng = stream(seed, "latin", "mapping")
    shift = rng.permutation(values)
    symbols = np.concatenate([[0], 1 + rng.permutation(values - 1)])
    return LatinArray(((-shift[mapping]) % values, shift), symbols)
