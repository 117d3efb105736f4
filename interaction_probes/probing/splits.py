"""Splits of the fitting pairs on which L2 penalties are chosen; test pairs have no part."""

import numpy as np

from interaction_probes.common.stratified_splits import (
    VALIDATION_FRACTION,
    Split,
    grouped_split,
    stratified_split,
)
from interaction_probes.common.streams import stream

#: Draws of combinations to hold out, until one leaves pairs of every class to fit.
DRAWS = 20


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


def held_out_split(labels: np.ndarray, units: np.ndarray | None, seed: int, task: str) -> Split:
    """What is held out of samples that share units, or of independent ones.

    Args:
        labels: int64 [n].
        units: int64 [n, 2], the units of each sample, twice the same where it has one; None for
            independent samples.
        seed: of the draw.
        task: its name, with which the draw changes.
    """
    rng = stream(seed, "probe", task)
    if units is None or len(np.unique(units)) == units.size:  # no unit is in two samples
        return stratified_split(labels, rng)
    if (units[:, 0] == units[:, 1]).all():
        return grouped_split(labels, units[:, 0], rng)
    rng = stream(seed, "probe", "combinations")
    draws = (combination_split(units, rng) for _ in range(DRAWS))
    best = next(draws)
    for drawn in draws:
        if _classes_to_fit(best, labels) == len(np.unique(labels)):
            break
        best = max(best, drawn, key=lambda split: _classes_to_fit(split, labels))
    return best


def _classes_to_fit(split: Split, labels: np.ndarray) -> int:
    return len(np.unique(labels[split[0]]))
