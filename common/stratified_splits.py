"""Rows held out at random, each class in the same proportion, and units whole."""

import numpy as np

#: Share of the rows that is held out where nothing else is said.
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


def grouped_split(
    labels: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
    validation_fraction: float = VALIDATION_FRACTION,
) -> Split:
    """Rows to fit and rows to validate on, groups whole, each class in about the same proportion.

    A group is held out as one of its rarest class, that of the fewest groups. A class of which all
    groups would be held out gets one of them back. Where each row is a group of its own, this is
    :func:`stratified_split`.

    Args:
        labels: int64 [n].
        groups: int64 [n].
        rng: draws the groups that are held out.
        validation_fraction: share of the groups to validate on, at most one half.
    """
    _, first_row, group = np.unique(groups, return_index=True, return_inverse=True)
    # In the order of their first rows, so that names of groups make no difference.
    group = np.argsort(np.argsort(first_row))[group]
    classes = int(labels.max()) + 1
    of_group, label = np.divmod(np.unique(group * classes + labels), classes)
    order = np.lexsort((label, np.bincount(label)[label], of_group))
    _, rarest = np.unique(of_group[order], return_index=True)
    _, held_out = stratified_split(label[order][rarest], rng, validation_fraction)
    aside = np.isin(group, held_out)
    for lost in np.setdiff1d(labels, labels[~aside]):
        aside[group == group[labels == lost][0]] = False
    return np.flatnonzero(~aside), np.flatnonzero(aside)
