"""The pools that pairs are drawn from: counted and numbered, never listed.

A pool holds every ordered pair that some constraints of a design allow. Two pools overlap, since a
pair drawn without a constraint may obey it by chance.
"""

import numpy as np

from trifeature.images.factors import column

from .design import Constraints, PairDesign


def required(
    factors: np.ndarray, design: PairDesign, mapping: np.ndarray, rules: Constraints
) -> tuple[np.ndarray, np.ndarray]:
    """What image 1 demands of image 2, and what image 2 offers, under some of the constraints.

    Returns:
        Two int64 [n]: image j may follow image i where offered[j] == demanded[i].
    """
    keys_of_first = np.zeros(len(factors), dtype=np.int64)
    keys_of_second = np.zeros(len(factors), dtype=np.int64)
    shares, maps = rules
    if shares:
        values = factors[:, column(design.shared)]
        keys_of_first, keys_of_second = keys_of_first * 10 + values, keys_of_second * 10 + values
    if maps:
        mapped_from, mapped_to = (column(factor) for factor in design.mapped)
        keys_of_first = keys_of_first * 10 + mapping[factors[:, mapped_from]]
        keys_of_second = keys_of_second * 10 + factors[:, mapped_to]
    return keys_of_first, keys_of_second


def stratum_sizes(design: PairDesign, size: int) -> dict[Constraints, int]:
    """Pairs per stratum: the rounded fraction of each constraint, and the two independent."""
    shared, mapped = round(design.shared_strength * size), round(design.mapping_strength * size)
    both = round(design.shared_strength * design.mapping_strength * size)
    both = min(max(both, shared + mapped - size), shared, mapped)
    return {
        (True, True): both,
        (True, False): shared - both,
        (False, True): mapped - both,
        (False, False): size - shared - mapped + both,
    }


def largest_size(design: PairDesign, pool_sizes: dict[Constraints, int], size: int) -> int:
    """The most pairs, up to `size`, whose strata fit in pools of these sizes whatever is drawn."""

    def fits(size: int) -> bool:
        part = stratum_sizes(design, size)
        shared, both = part[True, True] + part[True, False], part[True, True]
        # Pairs of the shared strata may obey the mapping by chance; none is drawn twice.
        excluded = min(shared, max(both, pool_sizes.get((True, True), shared)))
        return (
            both <= pool_sizes.get((True, True), 0)
            and (not part[True, False] or shared <= pool_sizes[True, False])
            and (not part[False, True] or excluded + part[False, True] <= pool_sizes[False, True])
            and (not part[False, False] or size <= pool_sizes[False, False])
        )

    if fits(size):
        return size
    least, most = 1, size
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if fits(middle) else (least, middle)
    return least


class Pool:
    """All ordered pairs allowed by some of the constraints, numbered without listing them."""

    def __init__(
        self,
        factors: np.ndarray,
        design: PairDesign,
        mapping: np.ndarray,
        rules: Constraints,
    ) -> None:
        first, second = design.mapped
        phrases = (f"the same {design.shared}", f"the {second} that its partner's {first} maps to")
        self.demands = " and ".join(p for p, rule in zip(phrases, rules, strict=True) if rule)
        keys_of_first, keys_of_second = required(factors, design, mapping, rules)
        self.order = np.argsort(keys_of_second, kind="stable")
        ranked = keys_of_second[self.order]
        self.start = np.searchsorted(ranked, keys_of_first, side="left")
        stop = np.searchsorted(ranked, keys_of_first, side="right")
        self.ends = np.cumsum(stop - self.start)
        self.total = int(self.ends[-1])

    def draw(self, size: int, excluded: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw `size` pairs that are not among `excluded`, as numbers first · n + second."""
        # Enough that `size` are left without the excluded ones; memory of rng.choice grows with
        # the number drawn, not with the pool.
        wanted = min(self.total, size + len(excluded))
        number = rng.choice(self.total, wanted, replace=False)
        first = np.searchsorted(self.ends, number, side="right")
        before = self.ends[first] - number
        width = np.diff(self.ends, prepend=0)[first]
        second = self.order[self.start[first] + width - before]
        pairs = first * len(self.order) + second
        return pairs[~np.isin(pairs, excluded)][:size]
