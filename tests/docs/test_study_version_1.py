"""What pages say of the study of the quick preset's version 1 is what its table says."""

from pathlib import Path

import pytest

from interaction_probes.analysis.conditions import filter_rows
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.row_filters import (
    LEARNT_FROM,
    default_loss_rows,
    last_epoch_rows,
    usual_design_rows,
)
from interaction_probes.analysis.scores.table import scores_table

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "study-version-1.md").read_text()
PAGE = " ".join(TEXT.split())


@pytest.fixture(scope="module")
def study():
    return read_results(ROOT / "results" / "quick" / "study_version_1.csv")


@pytest.fixture(scope="module")
def differences(study):
    """The study's table of scores with differences from CoMM, which no test changes."""
    return scores_table(study, against="comm").set_index(["method", "loss"])


@pytest.mark.parametrize(
    ("row", "score", "said"),
    [
        (("InfMasking", "whole"), "S", "seed by seed S differs by {spread}"),
        (("CoMM", "joint=0"), "S", "seed by seed S differs by {spread}"),
        (("Cross+Self", "whole"), "U", "{mean} points below CoMM's"),
    ],
)
def test_what_is_said_of_a_difference_is_what_it_is(differences, row, score, said):
    cell = differences.loc[row, score]
    spread = cell.partition(",")[0]
    mean = spread.partition(" ")[0].lstrip("+−").removeprefix("0")
    assert said.format(spread=spread, mean=mean) in PAGE


def test_what_is_said_of_both_kinds_of_arithmetic_is_what_they_read(study):
    other = read_results(ROOT / "results" / "quick" / "comm_bfloat16.csv")
    said = []
    for table in (other, study):
        rows = last_epoch_rows(
            table[(table["probe"] == "linear") & (table["metric"] == "accuracy")]
        )
        rows = filter_rows(default_loss_rows(usual_design_rows(rows)), ["method=comm", "seed=0"])
        read = {
            task: 100 * rows[(rows["task"] == task) & (rows["pairs"] == pairs)]["value"].item()
            for task, pairs in LEARNT_FROM.items()
        }
        said.append(", ".join(f"{value:.1f}" for value in read.values()))
    assert f"| CoMM, seed 0 | {' | '.join(said)} |" in TEXT
