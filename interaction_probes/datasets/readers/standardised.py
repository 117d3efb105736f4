"""Features on one scale, by the statistics of training rows only."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from interaction_probes.datasets.blocks import row_blocks, valid_steps
from interaction_probes.datasets.schema import Modality, Standardisation


def scale_features(
    modalities: Sequence[Modality], train: np.ndarray, wanted: bool
) -> tuple[tuple[Modality, ...], str]:
    """Vectors and sequences with mean 0 and standard deviation 1 in the training rows.

    Statistics are of valid steps, and padding stays 0. A feature that is constant in the training
    rows becomes 0 there. Images are left as they are.

    Args:
        modalities: any; their values are written over.
        train: the training rows.
        wanted: whether to do it at all.

    Returns:
        The modalities, with their scale where they have one, and a sentence that says what was
        done.
    """
    if not len(train):  # the check of the split says so
        return tuple(modalities), "not standardised: there are no training rows"
    scaled = [one for one in modalities if one.kind != "images"]
    names = ", ".join(one.name for one in scaled)
    if not wanted:
        return tuple(modalities), f"not standardised: {names}"
    return tuple(one if one.kind == "images" else _scale(one, train) for one in modalities), (
        f"standardised by the mean and the standard deviation of the training rows only: {names}"
    )


def _scale(modality: Modality, train: np.ndarray) -> Modality:
    """Write the scaled values over those of a modality, a block of rows at a time."""
    training = np.zeros(len(modality), dtype=bool)
    training[train] = True

    def blocks(chosen: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """Rows, and which of their values are chosen: bool [rows] or [rows, T]."""
        for rows in row_blocks(modality.values):
            if modality.kind == "sequences":
                steps = valid_steps(modality, np.arange(rows.start, rows.stop))
                yield rows, steps & chosen[rows, None]
            else:
                yield rows, chosen[rows]

    def training_values() -> Iterator[np.ndarray]:
        for rows, chosen in blocks(training):
            yield modality.values[rows][chosen].astype(np.float64)

    count = sum(len(values) for values in training_values())
    mean = sum(values.sum(0) for values in training_values()) / count
    if not np.isfinite(
        mean
    ).all():  # left as it is, for the check that says where values are missing
        return modality
    squares = sum(((values - mean) ** 2).sum(0) for values in training_values())
    spread = np.sqrt(squares / count)
    spread[spread <= 1e-12 * np.abs(mean)] = np.inf  # constant, but for rounding
    for rows, chosen in blocks(np.ones(len(modality), dtype=bool)):
        block = modality.values[rows]
        block[chosen] = (block[chosen] - mean) / spread
    return replace(modality, scale=Standardisation(mean, spread))
