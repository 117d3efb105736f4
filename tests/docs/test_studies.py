"""Scores of both studies of the quick preset stand in their pages as their tables have them."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from page_claims import filled, mean_accuracy
from page_tables import cells_of

from benchmarks.fidelity import compare, fidelity
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.row_filters import default_loss_rows, last_epoch_rows
from interaction_probes.analysis.scores.formats import WRITERS
from interaction_probes.analysis.scores.table import scores_table

ROOT = Path(__file__).parents[2]

#: Table of results → the page with its table of scores, and the page that speaks of them.
PAGES = {
    "study": ("README.md", "RESULTS.md"),
    "study_version_1": ("docs/study-version-1.md", "docs/study-version-1.md"),
}

#: Of the present study: a row of the table of scores → the sentences that its values stand in.
CLAIMS = {
    ("CoMM", "whole"): [
        "CoMM (S {S} %)",
        "CoMM (S {S} ± {S.spread}, n = {n})",
        "CoMM reads {R} without labels",
    ],
    ("CoMM", "joint=0"): ["Yes: S {S} %", "(S {S} ± {S.spread}, AUC {AUC of S}, n = {n};"],
    ("CoMM", "unimodal=0"): [
        "No: S {S} %. It learns redundancy (R {R} %)",
        "**L alone reads R {R} and U {U}**",
        "(S {S}, n = {n}). Its AUC is {AUC of S} after biased",
        "pairs and {AUC of S, unbiased} after unbiased ones",
    ],
    ("InfMasking", "whole"): ["InfMasking ({S} %)", "InfMasking ({S} ± {S.spread}, n = {n})"],
    ("FactorCL", "whole"): [
        "FactorCL's U is {U} ± {U.spread}, not 62.5**, and its R {R} (published"
    ],
    ("CLIP", "whole"): ["CLIP's U, {U} %", "CLIP's U is {U}, not 11.6** (n = {n})"],
    ("SimCLR", "whole"): ["SimCLR's R is {R}** (n = {n})", "its U of {U} is the highest"],
    ("Supervised", "whole"): ["reads R {R}, U {U} and S {S} (n = {n})"],
    ("Random init", "whole"): ["read R {R} and U {U} (n = {n})"],
}

#: The same of version 1.
CLAIMS_1 = {
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

#: Of the present study: method, weights, pairs, epoch and tasks → the sentence that their mean
#: accuracy over seeds is in.
MEANS = {
    ("comm", "", "biased", 5, "U1"): "than from unbiased ones ({} and",
    ("comm", "", "unbiased", 5, "U1"): "and {}) and U2 worse",
    ("comm", "", "biased", 5, "U2"): "and U2 worse ({} and",
    ("comm", "", "unbiased", 5, "U2"): "and {}). U is therefore",
    ("clip", "", "unbiased", 0, "R"): "CLIP's reads {} and",
    ("clip", "", "unbiased", 0, "U1 U2"): "the projection reads {}, so that",
    ("factorcl", "", "unbiased", 0, "R"): "FactorCL's {} and",
    ("cross_self", "", "unbiased", 0, "R"): "Cross+Self's {} and",
    ("simclr", "", "unbiased", 0, "R"): "SimCLR's {} and",
    ("clip", "", "biased", 5, "U1"): "from biased pairs its U1 is {},",
    ("clip", "", "biased", 5, "U2"): "and its U2 {}; from",
    ("clip", "", "unbiased", 5, "U1"): "from unbiased ones {} and",
    ("clip", "", "unbiased", 5, "U2"): "and {}. A concatenation",
    ("clip", "", "biased", 5, "R"): "Its R falls to {} there",
}

#: The same of version 1.
MEANS_1 = {
    ("factorcl", "", "unbiased", 0, "R"): "below the {} of its untrained heads",
    ("comm", "unimodal=0.0", "unbiased", 0, "R"): "the same models read R {}.",
    ("clip", "", "unbiased", 3, "R"): "after three epochs its R is {}, CoMM's",
    ("comm", "", "unbiased", 3, "R"): "CoMM's {} (n = 5 each)",
    ("clip", "", "unbiased", 0, "U1 U2"): "the same features read {} (n = 5)",
    ("simclr", "", "unbiased", 0, "R"): "its towers read {} before",
}


@cache
def study(name):
    """The rows of a study, which no test changes."""
    return read_results(ROOT / "results" / "quick" / f"{name}.csv")


@cache
def scores(name):
    """A study's table of scores, which no test changes."""
    return scores_table(study(name)).set_index(["method", "loss"])


def text(name):
    """What a study's page says, in one line."""
    return " ".join((ROOT / PAGES[name][1]).read_text().split())


def cases(present, first):
    """Cases of the present study and of version 1's: its name, what is read, what is said of it."""
    studies = {"study": present, "study_version_1": first}
    return [(name, *each) for name, said in studies.items() for each in said.items()]


@pytest.mark.parametrize("name", PAGES)
def test_the_table_of_a_page_is_the_studys(name):
    table = WRITERS[".md"](scores_table(study(name), published=True))
    assert table in (ROOT / PAGES[name][0]).read_text()


@pytest.mark.parametrize(("name", "row", "claims"), cases(CLAIMS, CLAIMS_1))
def test_what_is_said_of_a_method_is_what_it_reads(name, row, claims):
    for said in filled(claims, scores(name), row):
        assert said in text(name)


@pytest.mark.parametrize(("name", "mean", "said"), cases(MEANS, MEANS_1))
def test_what_is_said_of_a_mean_is_what_it_is(name, mean, said):
    assert said.format(mean_accuracy(study(name), mean)) in text(name)


def test_how_good_the_preset_is_said_to_be():
    """The mean and the range over seeds of CoMM, in docs/quick-preset.md."""
    rows = last_epoch_rows(default_loss_rows(study("study")))
    rows = rows[(rows["method"] == "comm") & (rows["probe"] == "linear")]
    of = rows.set_index(["task", "metric", "pairs", "seed"])["value"]

    def cell(values, places):
        ends = f"{values.min():.{places}f} to {values.max():.{places}f}"
        return f"{values.mean():.{places}f} ({ends})"

    r, u1, u2 = (100 * of[task, "accuracy", "unbiased"] for task in ("R", "U1", "U2"))
    s, auc, bits = (of["S", metric, "biased"] for metric in ("accuracy", "auc", "bits"))
    expected = [cell(each, 1) for each in (r, u1, u2, (u1 + u2) / 2, 100 * s)]
    expected += [cell(auc, 3), cell(bits, 3)]
    page = (ROOT / "docs" / "quick-preset.md").read_text()
    assert [row[1] for row in cells_of(page, "| | quick preset |")] == expected
    assert set(r.index) == {35, 36, 37, 38, 39}
    cells = [cell for cell in compare(study("study")) if not cell.apart]
    worst = max(abs(cell.difference) for cell in cells)
    page = " ".join(page.split())
    mean = f"are {fidelity(cells):.1f} points from the published ones in the mean"
    assert f"{mean}, the farthest {worst:.1f}, CLIP's U" in page
    names = [(name, "whole") for name in ("Cross+Self", "CLIP", "SimCLR")]
    now = [str(cell).partition(" ")[0] for cell in scores("study").loc[names, "R"]]
    table = pd.read_csv(ROOT / "results" / "quick" / "scores_version_3.csv")
    before = 100 * table.set_index(["method", "loss"]).loc[names, "R"]
    first, second, third = (f"{value:.1f}" for value in before)
    assert (
        f"is {first}, {second} and {third} by version 3 and {now[0]}, {now[1]} and {now[2]} here"
        in page
    )
