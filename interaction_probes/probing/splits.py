"""Splits of the fitting pairs on which a probe's strengths are chosen; test pairs have no part."""

import numpy as np

_VALIDATION_SHARE = 0.4

#: Rows to fit and rows to validate on, each sorted.
Split = tuple[np.ndarray, np.ndarray]


def stratified_split(labels: np.ndarray, rng: np.random.Generator) -> Split:
    """Rows to fit (60 %) and rows to validate (40 %), each class in the same proportion.

    A class with a single row is fitted, never validated.
    """
    order = rng.permutation(len(labels))
    ranked = order[np.argsort(labels[order], kind="stable")]
    counts = np.bincount(labels)
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (rank + 0.5) / np.repeat(counts, counts)
    return np.sort(ranked[share >= _VALIDATION_SHARE]), np.sort(ranked[share < _VALIDATION_SHARE])


def combination_split(combinations: np.ndarray, rng: np.random.Generator) -> Split:
    """Pairs of 60 % of the combinations to fit, pairs of the other 40 % to validate on.

    Both images of a pair are on its side of the split, as in the test pairs; pairs across it are
    left out, which leaves about 36 % of all pairs to fit and 16 % to validate on.

    Args:
        combinations: int64 [n, 2], the combination of factors of each image of each pair.
        rng: draws the combinations that are held out.
    """
    values, index = np.unique(combinations, return_inverse=True)
    held_out = np.zeros(len(values), dtype=bool)
    held_out[rng.permutation(len(values))[: round(_VALIDATION_SHARE * len(values))]] = True
    sides = held_out[index.reshape(combinations.shape)]
    return np.flatnonzero(~sides.any(1)), np.flatnonzero(sides.all(1))
