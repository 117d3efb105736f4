"""Tables of scores in a report: numbers, intervals, chance, and runs that are marked."""

import re

import pandas as pd
import pytest
from report_page import Page, as_html

from interaction_probes.analysis.published import comparable_published, read_published
from interaction_probes.reporting.page import page
from interaction_probes.reporting.page_tables import ACCURACY, run_table, scores_by_method


def test_scores_are_mean_interval_and_n(results, read):
    heads, *rows = read.tables["accuracy"]
    names = [cell[1] for cell in heads[1]]
    scores = ["R", "U1", "U2", "S", "AUC of S"]
    both = [name for score in scores for name in (score, f"{score} untrained")]
    assert names == ["Method", "n", *both]
    assert [method for method, _ in rows] == ["comm", "clip", "random_init", "my.module:Own"]
    mine = results[
        (results["method"] == "comm")
        & (results["pairs"] == "biased")
        & (results["weights"] == "")
        & (results["task"] == "S")
        & (results["probe"] == "linear")
        & (results["metric"] == "accuracy")
        & (results["epoch"] == 14)
    ]
    cells = rows[0][1]
    mean = 100 * mine["value"].mean()
    sort, shown, seeds = cells[names.index("S")]
    assert float(sort) == pytest.approx(mean, rel=1e-5)
    assert shown.startswith(f"{mean:.1f} ")
    assert re.search(r"\d to \d+\.\d", shown)
    assert "published 71.9" in shown
    assert seeds.count("seed") == 3
    assert cells[names.index("n")][1] == "3"
    assert "published" not in rows[2][1][names.index("S")][1]
    start = rows[0][1][names.index("R untrained")]
    assert start[1].startswith("10.0 ")  # the fixture's runs begin at chance
    assert "published" not in start[1]
    assert rows[2][1][names.index("R untrained")][1] == "–"  # a floor is not trained


def test_bars_begin_at_the_chance_of_their_own_preset(results):
    """Of two presets with other numbers of values, each has chance and limits of its own."""
    small = results.assign(preset="smoke")
    chance = (small["probe"] == "exact") & (small["metric"] == "chance") & (small["task"] == "R")
    small.loc[chance, "value"] = 0.25
    reads = (small["probe"] == "linear") & (small["metric"] == "accuracy") & (small["task"] == "R")
    small.loc[reads, "value"] = 0.25
    both = as_html(scores_by_method("t", "Scores", pd.concat([results, small]), ACCURACY))
    of_small = [row for row in both.split("<tr") if ">smoke<" in row]
    assert len(of_small) == small["method"].nunique()
    assert all("--part:0.000" in row for row in of_small)


@pytest.mark.usefixtures("without_figures")
def test_scores_of_the_public_protocol_have_a_table_of_their_own(few, read):
    assert "public" not in read.tables
    public = few[few["probe"] == "linear"].assign(probe="public", value=lambda t: t["value"] / 2)
    both = Page(page(pd.concat([few, public]), read_published(), "Title"))
    told = comparable_published(read_published(), few)
    alone = Page(as_html(scores_by_method("accuracy", "Accuracy (%)", few, ACCURACY, told)))
    assert both.tables["accuracy"] == alone.tables["accuracy"]
    for ours, theirs in zip(both.tables["accuracy"][1:], both.tables["public"][1:], strict=True):
        assert ours[0] == theirs[0]
        half = float(theirs[1][2][0]) if theirs[1][2][0] else None
        assert half is None or half == pytest.approx(float(ours[1][2][0]) / 2, rel=1e-4)


def test_half_done_runs_are_marked(few):
    cut = few[few["epoch"] < few["epoch"].max()]
    half = cut.assign(half_done=["3" if name == "comm" else "" for name in cut["method"]])
    comm, clip = (cells[1].text for _, cells in scores_by_method("t", "T", half, ACCURACY).rows)
    assert (comm, clip) == ("1 (half done)", "1")


def test_collapsed_runs_are_marked(few):
    """few has one seed: runs on unbiased pairs and on biased ones."""
    ranked = few.assign(effective_rank=1.0, collapsed=(few["pairs"] == "biased").astype("Int64"))
    found = scores_by_method("scores", "Scores", ranked, ACCURACY)
    counts = {cell.text for _, cells in found.rows for cell in cells if cell.kind == "setting"}
    assert any(text.endswith("(1 collapsed)") for text in counts)
    headings = run_table(ranked).headings
    assert {"Effective rank", "Collapsed"} <= set(headings)


def test_chance_is_in_percent_as_the_accuracy_is(few):
    assert "Chance is 100 / classes: 50 for S.</dd>" in page(few, read_published(), "x")
