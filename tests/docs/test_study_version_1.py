"""What pages say of the study of the quick preset's version 1 is what its table says."""

from pathlib import Path

import pytest
from page_claims import filled, mean_accuracy

from interaction_probes.analysis.conditions import filter_rows
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.row_filters import (
    LEARNT_FROM,
    default_loss_rows,
    last_epoch_rows,
    usual_design_rows,
)
from interaction_probes.analysis.scores.formats import WRITERS
from interaction_probes.analysis.scores.table import scores_table

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "study-version-1.md").read_text()
PAGE = " ".join(TEXT.split())
BEFORE, EARLY, END = 0, 3, 14  # epochs

#: A row of the table of scores → the sentences of the page that its values stand in.
CLAIMS = {
    ("CoMM", "whole"): ["CoMM (S {S}, n = {n})", "against {S} ± {S.spread} and {AUC of S}"],
    ("CoMM", "joint=0"): ["(S {S} ± {S.spread}, AUC {AUC of S}, n = {n},"],
    ("CoMM", "unimodal=0"): ["in R, U and S (n = {n}): {R}, {U} and {S}"],
    ("InfMasking", "whole"): ["InfMasking ({S}, n = {n})"],
    ("FactorCL", "whole"): [
        "FactorCL's R is {R} ± {R.spread}, not 99.8** (n = {n};",
        "its U of {U} is near",
        "FactorCL {U}, the others",
    ],
    ("Cross+Self", "whole"): ["Cross+Self's U is {U}, not 86.9,**"],
    ("CLIP", "whole"): [
        "At the end it has {R}, as much as CoMM",
        "that learn ({U};",
        "CLIP's U is {U}, not 11.6** (n = {n})",
    ],
    ("SimCLR", "whole"): ["SimCLR's R is {R} only** (n = {n})", "has {U} (n = 5 and {n})"],
    ("Supervised", "whole"): ["ceiling's R is {R}, not 99.9** (n = {n}; U {U}, S {S})"],
}


@pytest.fixture(scope="module")
def study():
    return read_results(ROOT / "results" / "quick" / "study_version_1.csv")


@pytest.fixture(scope="module")
def scores(study):
    """The study's table of scores, which no test changes."""
    return scores_table(study).set_index(["method", "loss"])


@pytest.fixture(scope="module")
def differences(study):
    """The same with differences from CoMM."""
    return scores_table(study, against="comm").set_index(["method", "loss"])


def test_the_table_of_the_page_is_the_studys(study):
    assert WRITERS[".md"](scores_table(study, published=True)) in TEXT


#: Method, weights, pairs, epoch and tasks → the sentence that their mean accuracy over seeds is in.
MEANS = {
    ("factorcl", "", "unbiased", BEFORE, "R"): "below the {} of its untrained heads",
    ("comm", "unimodal=0.0", "unbiased", BEFORE, "R"): "the same models read R {}.",
    ("clip", "", "unbiased", EARLY, "R"): "after three epochs its R is {}, CoMM's",
    ("comm", "", "unbiased", EARLY, "R"): "CoMM's {} (n = 5 each)",
    ("clip", "", "unbiased", BEFORE, "U1 U2"): "the same features read {} (n = 5)",
    ("simclr", "", "unbiased", BEFORE, "R"): "its towers read {} before",
}


@pytest.mark.parametrize("mean", MEANS, ids=str)
def test_what_is_said_of_a_mean_is_what_it_is(study, mean):
    assert MEANS[mean].format(mean_accuracy(study, mean)) in PAGE


@pytest.mark.parametrize("row", CLAIMS, ids=" ".join)
def test_what_is_said_of_a_method_is_what_it_reads(scores, row):
    for said in filled(CLAIMS[row], scores, row):
        assert said in PAGE


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
