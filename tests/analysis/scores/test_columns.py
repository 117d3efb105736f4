"""Cells of the table of scores: which runs a score is of, and its interval in the same unit."""

import pandas as pd
import pytest

from interaction_probes.analysis.scores.columns import (
    EFFECTIVE_RANK,
    as_text,
    score_by_seed,
    score_columns,
)
from interaction_probes.analysis.seeds import OverSeeds


def test_the_effective_rank_of_a_seed_is_the_mean_over_its_designs():
    rows = pd.DataFrame(
        {
            "pairs": ["unbiased", "unbiased", "biased", "unbiased"],
            "seed": [0, 0, 0, 1],
            "effective_rank": [4.0, 4.0, 7.0, 5.0],
        }
    )
    assert score_by_seed(rows, EFFECTIVE_RANK).to_dict() == {0: 5.5, 1: 5.0}


def test_an_interval_is_printed_in_the_unit_of_its_mean():
    [accuracy] = score_columns(["R"])
    values = pd.Series([0.5, 0.6, 0.7])
    over = OverSeeds.of(values.to_numpy()[:, None])
    mean, low, high = (100 * float(part[0]) for part in (over.mean, over.low, over.high))
    assert mean == pytest.approx(60)
    assert as_text(values, accuracy, 3, intervals=True) == {
        "R": f"{mean:.1f} ({low:.1f} to {high:.1f})"
    }
