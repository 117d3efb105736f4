"""Splits of the fitting pairs on which L2 penalties are chosen; test pairs have no part."""

import numpy as np

from interaction_probes.common.streams import stream

#: Share of the fitting pairs, or of their combinations, that is held out.
VALIDATION_FRACTION = 0.4
#: Draws of combinations to hold out, until one leaves pairs of every class to fit.
DRAWS = 20

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


def grouped_split(labels: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> Split:
    """Rows to fit and rows to validate on, groups whole, each class in about the same proportion.

    A group is held out as one of its rarest class, that of the fewest groups. A class of which all
    groups would be held out gets one of them back. Where each row is a group of its own, this is
    :func:`stratified_split`.

    Args:
        labels: int64 [n].
        groups: int64 [n].
        rng: draws the groups that are held out.
    """
    _, first_row, group = np.unique(groups, return_index=True, return_inverse=True)
    # In the order of their first rows, so that names of groups make no difference.
    group = np.argsort(np.argsort(first_row))[group]
    classes = int(labels.max()) + 1
    of_group, label = np.divmod(np.unique(group * classes + labels), classes)
    order = np.lexsort((label, np.bincount(label)[label], of_group))
    _, rarest = np.unique(of_group[order], return_index=True)
    _, held_out = stratified_split(label[order][rarest], rng)
    aside = np.isin(group, held_out)
    for lost in np.setdiff1d(labels, labels[~aside]):
        aside[group == group[labels == lost][0]] = False
    return np.flatnonzero(~aside), np.flatnonzero(aside)


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
