"""What the images of a sample share: total correlation, dual total correlation, O-information."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trifeature.images.factors import FactorCounts
from trifeature.samples.design import SampleDesign
from trifeature.samples.latin import LatinArray

from .profile import Subset, encoded, entropy_of, subsets
from .rule_tables import connected_groups, lone_sharing, rule_table, sharing_entropy


@dataclass(frozen=True)
class SharedInformation:
    """What n variables share, in bits.

    Attributes:
        entropies: subset → H(X_A), of what rules tie; a subset has the numbers of its variables,
            from 1, in order.
    """

    entropies: dict[Subset, float]

    @property
    def sources(self) -> int:
        """n."""
        return max(self.entropies, key=len)[-1]

    def entropy(self, subset: Sequence[int]) -> float:
        """H(X_A); 0 of the empty subset."""
        return self.entropies[tuple(sorted(subset))] if subset else 0.0

    @property
    def total_correlation(self) -> float:
        """TC = Σ H(X_i) − H(X_1, …, X_n) (Watanabe, 1960)."""
        single = sum(self.entropy((k,)) for k in range(1, self.sources + 1))
        return _rounded(single - self._joint)

    @property
    def dual_total_correlation(self) -> float:
        """DTC = H(X_1, …, X_n) − Σ H(X_i | the others) (Han, 1978)."""
        numbers = range(1, self.sources + 1)
        rest = (self.entropy([k for k in numbers if k != own]) for own in numbers)
        return _rounded(self._joint - sum(self._joint - each for each in rest))

    @property
    def o_information(self) -> float:
        """O = TC − DTC: positive for redundancy, negative for synergy (Rosas et al., 2019)."""
        return self.total_correlation - self.dual_total_correlation

    def mutual(self, left: Sequence[int], right: Sequence[int]) -> float:
        """I(X_A; X_B) of two subsets without a common image.

        Raises:
            ValueError: the subsets have an image in common.
        """
        if set(left) & set(right):
            raise ValueError(f"I(A; B) is of different images, not of {left} and {right}")
        both = self.entropy([*left, *right])
        return _rounded(self.entropy(left) + self.entropy(right) - both)

    @property
    def _joint(self) -> float:
        return self.entropy(range(1, self.sources + 1))

    def __str__(self) -> str:
        """In a line, as it is printed."""
        parts = (self.total_correlation, self.dual_total_correlation, self.o_information)
        tc, dtc, o = (round(bits, 3) + 0 for bits in parts)
        return f"TC {tc:.3f}, DTC {dtc:.3f}, O {o:+.3f} bits"


def shared_information(
    design: SampleDesign, counts: FactorCounts, arrays: Sequence[LatinArray]
) -> SharedInformation:
    """What the images share under a design, for ideal factor tables.

    >>> from trifeature import FactorCounts, draw_latin_arrays
    >>> design, counts = SampleDesign.standard(3), FactorCounts()
    >>> print(shared_information(design, counts, draw_latin_arrays(design, counts, seed=0)))
    TC 9.966, DTC 6.644, O +3.322 bits

    Args:
        design: the rules; the pretraining design says what a method can learn from.
        counts: how many values each factor has.
        arrays: the Latin array of each Latin rule.

    Raises:
        ValueError: rules that contradict each other, or arrays of other rules.
    """
    entropies = dict.fromkeys(subsets(design.images), 0.0)
    for group in connected_groups(design):
        if (lone := lone_sharing(design, group)) is not None:
            for subset in entropies:
                shown = len(set(subset) & set(lone.images))
                entropies[subset] += sharing_entropy(lone.strength, counts[lone.factor], shown)
            continue
        table = rule_table(design, counts, arrays, group)
        for subset in entropies:
            seen = [k for k, where in enumerate(table.images) if where & set(subset)]
            code, cells = encoded([table.columns[k] for k in seen], [table.sizes[k] for k in seen])
            codes = np.broadcast_to(code, table.weights.shape)
            entropies[subset] += entropy_of(np.bincount(codes, table.weights, cells))
    return SharedInformation(entropies)


def _rounded(bits: float) -> float:
    """Bits that are rounding of 0 as 0."""
    return 0.0 if abs(bits) < 1e-12 else float(bits)
