"""The epoch whose model is scored, chosen on the validation rows only."""

import math
from collections.abc import Mapping


def best_epoch(scores: Mapping[int, float]) -> int:
    """The epoch of the largest validation score; of equal ones the earliest.

    The score is that of a probe fitted to the training rows
    (:attr:`.result.LabelResult.validation`): the test rows have no part in it. Of an error, such as
    the mean squared error, give the negative. Scores that are NaN are passed over.

    >>> best_epoch({0: 0.1, 10: 0.7, 20: 0.7, 30: 0.6})
    10

    Args:
        scores: epoch → validation score, larger is better.

    Raises:
        ValueError: no score that is a number.
    """
    known = [epoch for epoch in sorted(scores) if not math.isnan(scores[epoch])]
    if not known:
        raise ValueError(f"none of {len(scores)} epochs has a validation score that is a number")
    return max(known, key=lambda epoch: scores[epoch])  # the first of equal ones
