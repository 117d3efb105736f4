"""What docs/three-images.md says of the study's table."""

import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.experiments.three_images import TABLE, study_configs
from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.names import METHOD_LABELS, loss_label
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.row_filters import last_epoch_rows, teaching_design
from interaction_probes.experiment.runner import folder_name
from interaction_probes.settings.registry import methods_for

PILOT = TABLE.with_name("pilot.csv")
PAGE = (Path(__file__).parents[3] / "docs" / "three-images.md").read_text()
#: Columns of the page's table; U is the mean of U1, U2 and U3.
COLUMNS = (
    *(("R123", "accuracy"), ("U", "accuracy"), ("S13", "accuracy"), ("S13", "auc")),
    *(("S123", "accuracy"), ("S123", "auc"), ("S123-5", "accuracy"), ("S12to3", "accuracy")),
)


@pytest.fixture(scope="module")
def table():
    return read_results(PILOT)


@pytest.fixture(scope="module")
def scores(table):
    """What each loss reads, each task from the design that teaches it, and on unbiased samples."""
    return read_scores(table)


def read_scores(table):
    rows = last_epoch_rows(table[table["probe"] == "linear"])
    rows = rows[rows["pairs"].isin(["unbiased", "pair-biased", "triple-biased"])]
    rows = rows.assign(weights=rows["weights"].map(short_weights))
    single = rows.groupby(["method", "weights"])["pairs"].transform("nunique") == 1
    taught = rows[single | (rows["pairs"] == rows["task"].map(teaching_design))]
    keys = ["method", "weights", "task", "metric"]
    return tuple(
        part.groupby(keys)["value"].mean().unstack(["task", "metric"])
        for part in (taught, rows[rows["pairs"] == "unbiased"])
    )


def row(scores, method, weights):
    """A row of the page's table, without its name."""
    of, unbiased = (part.loc[(method, weights)].copy() for part in scores)
    of["U", "accuracy"] = sum(of[f"U{k}", "accuracy"] for k in (1, 2, 3)) / 3
    cells = [
        f"{of[key]:.2f}".lstrip("0") if key[1] == "auc" else f"{100 * of[key]:.1f}"
        for key in COLUMNS
    ]
    return [*cells, f"{100 * unbiased['S12to3', 'accuracy']:.1f}"]


def name_of(method, weights):
    label = METHOD_LABELS[method]
    return f"{label}, {loss_label(method, weights)}" if weights else label


def said():
    rows = re.findall(r"^\| (.+) \|$", PAGE.partition("| method, loss |")[2], flags=re.MULTILINE)
    return {cells[0]: cells[1:] for cells in (line.split(" | ") for line in rows)}


def test_the_page_has_what_the_table_reads(scores):
    expected = {name_of(*key): row(scores, *key) for key in scores[0].index}
    assert {name: cells for name, cells in said().items() if name in expected} == expected


def test_the_sentences_on_the_table_hold(scores, table):
    taught, unbiased = scores
    masks = ("comm", "joint=0,partial=1,unimodal=0")
    auc = taught["S123", "auc"].drop(index=masks)
    assert auc.max() < 0.565
    assert unbiased["S12to3", "accuracy"].drop("supervised").idxmax() == ("comm", "unimodal=0")
    last = last_epoch_rows(
        table[(table["probe"] == "linear") & (table["pairs"] == "triple-biased")]
    )
    of_masks = last[last["weights"].map(short_weights) == masks[1]]
    values = of_masks.set_index(["task", "metric"])["value"]
    low, high = (100 * values["S12to3", f"accuracy_{end}"] for end in ("low", "high"))
    assert f"64.9 ({low:.1f} to {high:.1f}) under the rule, 40.9 without it" in PAGE
    low, high = (f"{values['S123', f'auc_{end}']:.3f}".lstrip("0") for end in ("low", "high"))
    assert f"54.7, AUC .641 ({low} to {high})" in PAGE


def test_the_trials_that_the_page_names():
    trials = pd.read_csv(TABLE.with_name("trials.csv")).fillna({"weights": ""})
    masks = trials["weights"] == "joint=0,partial=1,unimodal=0"
    images = trials[masks & (trials["preset"] == "quick-3")].set_index(["epochs", "values"])
    assert images.loc[6, "S12to3"].to_dict() == {5: 86.5, 6: 57.8, 7: 32.5, 10: 15.6}
    assert images.loc[6, "AUC_S123"].to_dict() == {5: 0.896, 6: 0.576, 7: 0.564, 10: 0.507}
    assert images.loc[12, "S12to3"].to_dict() == {7: 35.9, 10: 13.0}
    assert images.loc[12, "AUC_S123"].to_dict() == {7: 0.607, 10: 0.499}
    for words in ("86.5, 57.8, 32.5 and 15.6", "35.9 and .607 with 7 values, 13.0 and .499"):
        assert words in PAGE
    read = trials[masks & (trials["values"] == 5)].set_index("preset")
    for preset, words in (("quick-3", "73.5 %, AUC .896"), ("vectors", "91.1 %, .980")):
        accuracy, auc = read.loc[preset, ["S123", "AUC_S123"]]
        assert words in PAGE
        assert [f"{accuracy}", f"{auc:.3f}"[1:]] == re.findall(r"[\d.]*\d", words)
    assert trials[~masks & (trials["values"] == 5)]["S123"].max() < 52
    assert trials[trials["values"] == 10]["AUC_S123"].max() < 0.52
    assert set(trials["seed"]) == {1000}


def test_the_runs_of_the_table_are_those_of_the_study(table):
    known = {folder_name(c) for c in study_configs(methods_for(3), 3, "quick-3")}
    assert set(table["run"]) <= known
