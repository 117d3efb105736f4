"""The joint distribution of attributes that rules tie, for ideal factor tables.

Ideal means that all combinations of factor values are equally frequent. Then attributes that no
chain of rules connects are independent, and a label needs the table of one connected group only:
10⁴ cells for the standard design of three images, where all nine attributes have 10⁹. Attributes
that are shared in all samples are one variable; where an attribute is shared in a part of them and
no other rule ties it, entropies have a closed form. So memory does not grow with the images.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from trifeature.images.factors import FactorCounts
from trifeature.samples.design import SampleDesign
from trifeature.samples.latin import LatinArray, obeying
from trifeature.samples.rules import ImageFactor, LatinRule, SharedFactor

#: A table has a column per variable, so this is less than the cells of one array.
_MAX_ROWS = 2_000_000


@dataclass(frozen=True)
class RuleTable:
    """All values of a group of attributes, and how probable each row is.

    Attributes:
        variable: which column each attribute of the group is.
        columns: int64 [rows] each.
        sizes: how many values each column has.
        weights: probability of each row.
    """

    variable: dict[ImageFactor, int]
    columns: tuple[np.ndarray, ...]
    sizes: tuple[int, ...]
    weights: np.ndarray

    @property
    def images(self) -> list[frozenset[int]]:
        """The numbers of the images in which each column is seen."""
        return [
            frozenset(factor.image for factor, own in self.variable.items() if own == k)
            for k in range(len(self.columns))
        ]

    def values(self, factor: ImageFactor) -> np.ndarray:
        """The column of an attribute."""
        return self.columns[self.variable[factor]]


def connected(design: SampleDesign, factors: Iterable[ImageFactor]) -> frozenset[ImageFactor]:
    """Attributes, and all that rules in force in some samples connect with them."""
    group, before = frozenset(factors), frozenset[ImageFactor]()
    while group != before:
        before = group
        for rule in design.rules:
            if rule.strength > 0 and before & set(rule.factors):
                group = group.union(rule.factors)
    return group


def connected_groups(design: SampleDesign) -> list[frozenset[ImageFactor]]:
    """The groups of attributes that rules tie; every other attribute is by itself."""
    groups = {connected(design, rule.factors) for rule in design.rules if rule.strength > 0}
    return sorted(groups, key=lambda group: sorted(group, key=lambda f: (f.image, f.factor)))


def lone_sharing(design: SampleDesign, group: frozenset[ImageFactor]) -> SharedFactor | None:
    """The rule of sharing that is all that ties a group of attributes, in a part of the samples."""
    inside = [r for r in design.rules if r.strength > 0 and group & set(r.factors)]
    if len(inside) != 1 or group != set(inside[0].factors) or inside[0].strength == 1:
        return None
    [rule] = inside
    return rule if isinstance(rule, SharedFactor) else None


def sharing_entropy(strength: float, values: int, seen: int) -> float:
    """The entropy in bits of an attribute in some of the images that share it, by no other rule.

    Of k images, m cells of equal values have the probability ρ/m + (1 − ρ)/mᵏ each, and the other
    mᵏ − m cells (1 − ρ)/mᵏ.

    Args:
        strength: ρ.
        values: m.
        seen: k.
    """
    if seen == 0:
        return 0.0
    cells = float(values) ** seen
    apart = (1 - strength) / cells
    equal = strength / values + apart
    bits = -values * equal * np.log2(equal)
    return float(bits - (cells - values) * apart * np.log2(apart)) if apart else float(bits)


def rule_table(
    design: SampleDesign,
    counts: FactorCounts,
    arrays: Sequence[LatinArray],
    group: frozenset[ImageFactor],
) -> RuleTable:
    """The table of a group of attributes.

    Args:
        design: the rules and their strengths.
        counts: how many values each factor has.
        arrays: the Latin array of each Latin rule.
        group: of :func:`connected`.

    Raises:
        ValueError: rules that contradict each other, or a table of more than two million rows.
    """
    rules: list[tuple[SharedFactor | LatinRule, LatinArray | None]] = [
        *((rule, None) for rule in design.shared),
        *zip(design.latin, arrays, strict=True),
    ]
    rules = [(r, a) for r, a in rules if r.strength > 0 and set(r.factors) <= group]
    first = {factor: factor for factor in group}
    for rule, array in rules:
        if array is None and rule.strength == 1:
            first |= dict.fromkeys(rule.factors, rule.factors[0])
    kept = sorted(set(first.values()), key=lambda f: (f.image, f.factor))
    sizes = tuple(counts[factor.factor] for factor in kept)
    rows = int(np.prod(sizes, dtype=float))
    if rows > _MAX_ROWS:
        raise ValueError(
            f"the exact truth of this design needs a table of {rows:,} rows, and has {_MAX_ROWS:,} "
            "at most: let Latin rules tie fewer images that share an attribute in part of the "
            "samples, or use fewer values"
        )
    columns = tuple(axis.ravel() for axis in np.indices(sizes))
    table = RuleTable({f: kept.index(own) for f, own in first.items()}, columns, sizes, np.empty(0))
    obeyed = [
        (rule, obeying([table.values(factor) for factor in rule.factors], array))
        for rule, array in rules
    ]
    return RuleTable(table.variable, columns, sizes, _weights(obeyed, len(columns[0])))


def _weights(
    obeyed: Sequence[tuple[SharedFactor | LatinRule, np.ndarray]], rows: int
) -> np.ndarray:
    """The mixture of the strata, each uniform over the rows that obey its rules."""
    weights = np.zeros(rows)
    for in_force in product((True, False), repeat=len(obeyed)):
        fraction, allowed = 1.0, np.ones(rows, dtype=bool)
        for (rule, obeys), on in zip(obeyed, in_force, strict=True):
            fraction *= rule.strength if on else 1 - rule.strength
            if on:
                allowed &= obeys
        if not fraction:
            continue
        if not allowed.any():
            said = " and ".join(
                str(rule) for (rule, _), on in zip(obeyed, in_force, strict=True) if on
            )
            raise ValueError(f"the rules contradict each other: no sample obeys {said}")
        weights += fraction * allowed / allowed.sum()
    return weights
