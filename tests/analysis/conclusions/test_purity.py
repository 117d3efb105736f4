import pandas as pd
import pytest

from interaction_probes.analysis.conclusions.purity import (
    available_parts,
    purity_note,
    single_image_limits,
)
from interaction_probes.analysis.schema import METRIC_COLUMNS

SPLIT = {"redundancy": 0.0, "unique_1": 0.0, "unique_2": 0.108, "synergy": 0.361}


def table(split, seed=0):
    rows = [(0, "S", "exact", "bits", 0.469), (4, "S", "linear", "synergy", 7.0)]
    rows += [(0, "S", "exact", part, bits) for part, bits in split.items()]
    return pd.DataFrame(
        [("comm", "smoke", "biased", seed, *row) for row in rows], columns=METRIC_COLUMNS
    )


def test_pure_runs_have_no_note():
    assert purity_note(table({})) == ""


def test_each_split_is_told_once():
    other = {**SPLIT, "unique_2": 0.1}
    parts = [table(SPLIT), table(SPLIT, seed=1), table(other, seed=2), table({}, seed=3)]
    note = purity_note(pd.concat(parts))
    assert note.count("S is not pure") == 2
    assert "of its 0.469 bits, 0.361 are synergy, 0.108 lie in image 2 alone." in note


def test_parts_and_limits_are_of_the_exact_rows():
    exact = {("S", part): bits for part, bits in SPLIT.items()} | {("S", "auc_mask2"): 0.778}
    assert available_parts(exact, "S") == pytest.approx(SPLIT)
    assert available_parts(exact, "R") == {}
    assert single_image_limits(exact) == {"mask2": 0.778}
