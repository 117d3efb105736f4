"""The bootstrap over independent units: patients, speakers, documents, or single rows."""

import warnings

import numpy as np

from interaction_probes.common.values.labels_and_numbers import discrete_codes
from interaction_probes.probing.intervals import REPLICATES, draw_resample_counts

#: Units below which a percentile interval is too narrow.
FEW_UNITS = 20


def units_of(rows: np.ndarray, units: np.ndarray | None) -> np.ndarray:
    """The unit of each of some rows, int64 [m]: each row is its own where none are given.

    Args:
        rows: int64 [m], such as the test rows of a split.
        units: int64 [N], of all rows, or None.
    """
    return np.arange(len(rows)) if units is None else np.asarray(units)[rows]


def draw_unit_counts(
    units: np.ndarray, rng: np.random.Generator, replicates: int = REPLICATES
) -> np.ndarray:
    """How often each row occurs when units are resampled with replacement; their rows go along.

    Few units (under 20) give a warning: intervals are then too narrow.

    >>> counts = draw_unit_counts(np.arange(100) // 4, np.random.default_rng(0), replicates=3)
    >>> counts.shape, bool((counts[:, 0] == counts[:, 3]).all())
    ((3, 100), True)

    Args:
        units: [m], the unit of each row: values of any kind.
        rng: draws the units.
        replicates: b.

    Returns:
        float32 [b, m].

    Raises:
        ValueError: fewer than two units, or missing ones.
    """
    index = discrete_codes(units, "the array of units")
    present = int(index.max()) + 1
    if present < 2:
        raise ValueError(
            f"intervals need 2 units or more among the test rows, and there are {present}"
        )
    if present < FEW_UNITS:
        warnings.warn(
            f"the test rows are of {present} units: intervals from fewer than {FEW_UNITS} are "
            "too narrow",
            UserWarning,
            stacklevel=2,
        )
    return draw_resample_counts(index[:, None], present, rng, replicates)
