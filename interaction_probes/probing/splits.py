"""Splits of the fitting pairs on which L2 penalties are chosen; test pairs have no part."""

import numpy as np

#: Share of the fitting pairs, or of their combinations, that is held out.
VALIDATION_FRACTION = 0.4

#: Rows to fit and rows to validate on, each sorted.
Split = tuple[np.ndarray, np.ndarray]


def stratified_split(
    labels: np.ndarray, rng: np.random.Generator, validation_fraction: float = VALIDATION_FRACTION
) -> Split:
    """Rows to fit and rows to validate on, each class in the same proportion.

    A class with a single row is fitted, never validated.

    Args:
        labels: int64 [n].
        rng: draws the rows that are held out.
        validation_fraction: share of the rows to validate on, at most one half.
    """
    order = rng.permutation(len(labels))
    ranked = order[np.argsort(labels[order], kind="stable")]
    counts = np.bincount(labels)
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (rank + 0.5) / np.repeat(counts, counts)
    held_out = share < validation_fraction
    return np.sort(ranked[~held_out]), np.sort(ranked[held_out])


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
    held_out[rng.permutation(len(values))[: round(VALIDATION_FRACTION * len(values))]] = True
    sides = held_out[index.reshape(combinations.shape)]
    return np.flatnonzero(~sides.any(1)), np.flatnonzero(sides.all(1))
