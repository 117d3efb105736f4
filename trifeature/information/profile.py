"""The information profile I(X_A; Y): what each subset A of n images has about a label, in bits.

It needs no choice of a decomposition. Where all information about a label lies in one node of the
redundancy lattice, the profile names that node under every decomposition with self-redundancy and
non-negative atoms.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .joint import MAX_CELLS, names_of_sources, normalised

#: Numbers of images, from 1, in order.
Subset = tuple[int, ...]


@dataclass(frozen=True)
class Profile:
    """I(X_A; Y) for all subsets A of n sources but the empty one, in bits.

    >>> profile = information_profile(np.ones((2, 2, 1)) * [1, 0])
    >>> profile[1, 2]
    0.0

    Attributes:
        bits: subset → bits; a subset has the numbers of its sources, from 1, in order.
    """

    bits: dict[Subset, float]

    def __getitem__(self, subset: int | Sequence[int]) -> float:
        """The bits of a subset: ``profile[1, 3]``, or ``profile[1]`` of one source."""
        key = tuple(sorted(subset)) if isinstance(subset, Sequence) else (subset,)
        return self.bits[key]

    @property
    def sources(self) -> int:
        """n."""
        return max(self.bits, key=len)[-1]

    @property
    def total(self) -> float:
        """I(X_1, …, X_n; Y)."""
        return self.bits[tuple(range(1, self.sources + 1))]

    def __str__(self) -> str:
        """In a line, as it is printed.

        >>> print(Profile({(1,): 0.0, (2,): 0.0, (1, 2): 0.468996}))
        1: 0.000, 2: 0.000, 12: 0.469 bits
        """
        parts = (f"{subset_name(s)}: {round(bits, 3) + 0:.3f}" for s, bits in self.bits.items())
        return f"{', '.join(parts)} bits"


def subsets(sources: int) -> Iterator[Subset]:
    """All subsets of sources 1..n but the empty one, the smaller first.

    >>> [subset_name(subset) for subset in subsets(3)]
    ['1', '2', '3', '12', '13', '23', '123']
    """
    numbers = range(1, sources + 1)
    for size in numbers:
        yield from itertools.combinations(numbers, size)


def subset_name(subset: Subset) -> str:
    """A subset in tables and figures: ``13`` of (1, 3)."""
    return "".join(map(str, subset))


def information_profile(joint: ArrayLike | Mapping[tuple[Any, ...], float]) -> Profile:
    """The profile of a joint table of n sources and a label.

    >>> parity = np.zeros((2, 2, 2, 2))
    >>> for a, b, c in itertools.product((0, 1), repeat=3):
    ...     parity[a, b, c, a ^ b ^ c] = 1
    >>> print(information_profile(parity))
    1: 0.000, 2: 0.000, 3: 0.000, 12: 0.000, 13: 0.000, 23: 0.000, 123: 1.000 bits

    Args:
        joint: probabilities P(x_1, …, x_n, y) or counts, an axis per variable, the label's last; or
            a dict {(x_1, …, x_n, y): probability or count}.

    Raises:
        ValueError: fewer than two axes, entries that are no numbers, negative, missing, masked or
            not finite, or nothing but zeros.
    """
    p = normalised(joint, names_of_sources(joint, "y"))
    if p.ndim < 2:
        raise ValueError("a joint table has an axis per source and one of the label")
    axes = range(p.ndim - 1)
    found = {}
    for subset in subsets(p.ndim - 1):
        hidden = tuple(axis for axis in axes if axis + 1 not in subset)
        kept = p.sum(hidden)
        found[subset] = _mutual_information(kept.reshape(-1, kept.shape[-1]))
    return Profile(found)


def profile_of_rows(
    columns: Sequence[np.ndarray],
    sizes: Sequence[int],
    images: Sequence[frozenset[int]],
    labels: np.ndarray,
    classes: int,
    weights: np.ndarray,
    n_images: int,
) -> Profile:
    """The profile of variables that are seen in images, from weighted rows.

    Args:
        columns: the values of each variable, int64 [rows] each.
        sizes: how many values each variable has.
        images: the numbers of the images in which each variable is seen.
        labels: int64 [rows].
        classes: how many classes there are.
        weights: the probability of each row.
        n_images: n.

    Raises:
        ValueError: a table of more than 20 million cells.
    """
    found: dict[Subset, float] = {}
    known: dict[tuple[int, ...], float] = {}
    for subset in subsets(n_images):
        seen = tuple(k for k, where in enumerate(images) if where & set(subset))
        if seen not in known:
            code, cells = encoded([columns[k] for k in seen], [sizes[k] for k in seen])
            check_cells(cells * classes)
            joint = np.bincount(code * classes + labels, weights, cells * classes)
            known[seen] = _mutual_information(joint.reshape(cells, classes))
        found[subset] = known[seen]
    return Profile(found)


def encoded(columns: Sequence[np.ndarray], sizes: Sequence[int]) -> tuple[np.ndarray, int]:
    """One code for the values of some variables, int64 [rows], and how many codes there are.

    Of no variables the code is [0], which fits any number of rows.
    """
    code, cells = np.zeros(1, dtype=np.int64), 1
    for values, size in zip(columns, sizes, strict=True):
        code, cells = code * size + values, cells * size
    return code, cells


def check_cells(cells: int) -> None:
    """Refuse a table that would not fit in memory.

    Raises:
        ValueError: more than 20 million cells.
    """
    if cells > MAX_CELLS:
        raise ValueError(
            f"the exact truth of this design needs a table of {cells:,} cells, and has at most "
            f"{MAX_CELLS:,}: tie fewer images in part of the samples only, or use fewer values"
        )


def entropy_of(p: np.ndarray) -> float:
    """Entropy of probabilities in bits, without the checks of users' tables."""
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


def _mutual_information(joint: np.ndarray) -> float:
    bits = entropy_of(joint.sum(1)) + entropy_of(joint.sum(0)) - entropy_of(joint)
    return max(0.0, bits) if bits > 1e-12 else 0.0
