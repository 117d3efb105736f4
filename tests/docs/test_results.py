"""What README and RESULTS.md say of the study is what its committed tables say."""

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.fidelity import compare, fidelity
from interaction_probes.analysis.conditions import filter_rows
from interaction_probes.analysis.published import PUBLISHED
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.row_filters import (
    default_loss_rows,
    last_epoch_rows,
    usual_design_rows,
)
from interaction_probes.analysis.scores.table import scores_table
from interaction_probes.reporting.summary import summary
from interaction_probes.settings.presets import PRESETS

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "results" / "quick"
TEXT = (ROOT / "RESULTS.md").read_text()
PAGE = " ".join(TEXT.split())
README = (ROOT / "README.md").read_text()

#: Methods that fuse images and learn without labels.
FUSED = ("comm", "infmasking", "hril", "coral")
#: Row, score → the sentence that its difference from CoMM, seed by seed, is in.
DIFFERENCES = {
    ("InfMasking", "whole", "S"): "seed by seed S differs by {}",
    ("InfMasking", "whole", "U"): "higher in all five seeds ({})",
    ("InfMasking", "whole", "R"): "lower in all five ({})",
    ("CoMM", "joint=0", "S"): "seed by seed {} against the whole loss",
}


@pytest.fixture(scope="module")
def study():
    return read_results(QUICK / "study.csv")


@pytest.fixture(scope="module")
def scores(study):
    """The study's table of scores, which no test changes."""
    return scores_table(study).set_index(["method", "loss"])


def test_the_study_is_of_one_preset_one_arithmetic_and_fresh_seeds(study):
    """No choice of a method saw its seeds: docs/quick-preset.md names those that were looked at."""
    assert set(study["preset"]) == {"quick"}
    assert set(study["preset_version"]) == {str(PRESETS["quick"].preset_version)}
    clip = study["method"] == "clip"
    assert set(study.loc[~clip, "seed"]) == {35, 36, 37, 38, 39}
    assert set(study.loc[clip, "seed"]) == {40, 41, 42, 43, 44}
    assert study["generator_version"].nunique() == 1
    trained = study[study["epoch"] > 0]
    assert set(trained["precision"]) == {"bfloat16"}
    assert trained["processor"].nunique() == 1


def test_the_readmes_run_is_what_run_prints_of_it():
    rows = usual_design_rows(default_loss_rows(read_results(QUICK / "run_seed_0.csv")))
    rows = filter_rows(rows, ["method=comm", "seed=0"])
    runs = [rows[rows["pairs"] == pairs] for pairs in ("unbiased", "biased")]
    assert summary(runs, PUBLISHED["comm"], PRESETS["quick"].probe.strengths) in README


def test_the_readmes_examples_of_s_are_those_of_its_run_and_of_the_study(scores):
    rows = read_results(QUICK / "run_seed_0.csv")
    last = (rows["pairs"] == "biased") & (rows["epoch"] == rows["epoch"].max())
    found = rows[last & (rows["task"] == "S") & (rows["probe"] == "linear")]
    s = found.set_index("metric")["value"].astype(float)
    ends = f"{100 * s['accuracy_low']:.1f} to {100 * s['accuracy_high']:.1f} over test images"
    auc = f"{s['auc']:.2f}"[1:]
    assert f"CoMM, the run above: {100 * s['accuracy']:.1f} % ({ends}), AUC {auc} |" in README
    assert s["accuracy_low"] < 0.75  # as its row says
    means = {key: str(cell).partition(" ")[0] for key, cell in scores["S"].items()}
    assert f"the supervised ceiling: {means['Supervised', 'whole']} % |" in README
    assert {means[name, "whole"] for name in ("CLIP", "SimCLR", "Cross+Self")} == {"50.0"}


def test_the_distance_to_the_published_numbers_is_the_commands(study):
    cells = compare(study)
    rows: dict[str, list[str]] = {}
    for cell in cells:
        apart = " *" if cell.apart else ""
        value = f"{cell.ours:.1f} / {cell.published:.1f}{apart}"
        rows.setdefault(cell.row, []).append(value)
    for name, values in rows.items():
        assert f"| {name} | {' | '.join(values)} |" in TEXT
    counted = [cell for cell in cells if not cell.apart]
    worst = max(counted, key=lambda cell: abs(cell.difference))
    assert f"by {fidelity(cells):.1f} points in the mean over {len(counted)}" in PAGE
    assert f"{abs(worst.difference):.1f} points" in PAGE
    every = sum(abs(cell.difference) for cell in cells) / len(cells)
    assert f"it would be {every:.1f} over {len(cells)};" in PAGE
    learnt = [abs(cell.difference) for cell in counted if cell.published != 50]
    assert f"by construction, {sum(learnt) / len(learnt):.1f} over {len(learnt)}" in PAGE


@pytest.mark.parametrize("score", DIFFERENCES, ids=" ".join)
def test_what_is_said_of_a_difference_is_what_it_is(study, score):
    *row, task = score
    table = scores_table(study, against="comm").set_index(["method", "loss"])
    spread, _, signs = table.loc[tuple(row), task].partition(", ")
    said = DIFFERENCES[score].format(spread)
    assert said in PAGE
    if "in all five" in said:
        assert signs in ("5+ 0−", "0+ 5−")


def test_what_is_said_of_fused_methods_is_what_every_run_reads(study):
    rows = last_epoch_rows(default_loss_rows(study[study["probe"] == "linear"]))
    rows = rows[(rows["task"] == "S") & rows["method"].isin(["comm", "infmasking"])]
    of = rows.set_index(["method", "pairs", "seed"])
    biased = of[of["metric"] == "accuracy"].xs("biased", level="pairs")["value"]
    above = f"{100 * biased.min() - 50:.1f} to {100 * biased.max() - 50:.1f} points above chance"
    assert above in PAGE
    auc = of[of["metric"] == "auc"]["value"]
    added = auc.xs("biased", level="pairs") - auc.xs("unbiased", level="pairs")
    mean = {name: f"{value:.3f}"[1:] for name, value in added.groupby("method").mean().items()}
    assert f"AUC of S is {mean['comm']} for CoMM and {mean['infmasking']} for InfMasking" in PAGE


def test_what_is_said_of_models_that_met_the_mapping_by_chance_only(study):
    both = pd.concat([study, read_results(QUICK / "since_comm.csv")], ignore_index=True)
    rows = last_epoch_rows(both[(both["probe"] == "linear") & (both["pairs"] == "unbiased")])
    rows = rows[(rows["task"] == "S") & rows["method"].isin(FUSED)]
    auc = rows[rows["metric"] == "auc"]["value"]
    low, high = (f"{value:.2f}"[1:] for value in (auc.min(), auc.max()))
    assert f"have an AUC of {low} to {high}, mostly above chance" in " ".join(README.split())
    assert f"(AUC up to {high}," in (ROOT / "docs" / "synergy.md").read_text()
    assert (rows[rows["metric"] == "auc_low"]["value"] > 0.5).mean() > 0.5


def test_what_is_said_of_untrained_models_is_what_they_read(study):
    rows = study[(study["probe"] == "linear") & (study["metric"] == "accuracy")]
    rows = rows[(rows["epoch"] == 0) & (rows["pairs"] == "unbiased")]
    said = []
    for method in ("random_init", "clip"):
        own = rows[rows["method"] == method]
        r, u = (own[own["task"].isin(tasks)]["value"].mean() for tasks in (["R"], ["U1", "U2"]))
        said.append(f"R {100 * r:.0f} and U {100 * u:.0f}")
    text = " ".join(README.split())
    first = rows["seed"].isin([35, 36]) | ((rows["method"] == "clip") & rows["seed"].isin([40, 41]))
    two = rows[first & (rows["task"] == "R") & (rows["weights"] == "")]
    means = 100 * two[two["shared_strength"] == 1].groupby("method")["value"].mean()
    assert f"the same two seeds read {means['clip']:.1f}. CoMM" in PAGE
    assert f"against {means['comm']:.1f} before the first step" in PAGE
    assert f"CoMM {said[0]} (*Random init*, below), CLIP {said[1]}." in text


def test_what_is_said_of_the_weakest_penalty_is_how_often_it_was_chosen(study):
    rows = last_epoch_rows(study[study["probe"] == "linear"])
    rows = rows[rows["metric"] == "accuracy_strength"]
    weakest = rows[rows["value"] < 1.01e-7]
    n = weakest.groupby("task").size()
    runs = rows["run"].nunique()
    assert (
        f"U1 in {n['U1']}, U2 in {n['U2']}, S in {n['S']} and R in {n['R']} of the {runs}" in PAGE
    )
    of_comm = rows[(rows["method"] == "comm") & (rows["task"] == "S")]
    chosen = (of_comm["value"] < 1.01e-7).sum()
    assert f"for S in {chosen} of the {len(of_comm)} runs of CoMM and its ablations" in PAGE


def test_concatenations_read_no_synergy_in_any_run(study):
    rows = last_epoch_rows(study[study["probe"] == "linear"])
    rows = rows[(rows["task"] == "S") & (rows["metric"] == "accuracy")]
    late = rows[rows["method"].isin(["clip", "cross_self", "simclr", "factorcl"])]
    assert len(late) == 36 + 14  # the whole design, and CLIP's strengths
    assert ((late["value"] - 0.5).abs() < 5e-4).all()


def test_what_is_said_of_the_auc_of_concatenations_is_what_they_read(study):
    rows = last_epoch_rows(study[study["probe"] == "linear"])
    rows = rows[(rows["task"] == "S") & (rows["metric"] == "auc")]
    late = rows[rows["method"].isin(["clip", "cross_self", "simclr", "factorcl"])]
    every = [f"{end:.2f}"[1:] for end in (late["value"].min(), late["value"].max())]
    page = (ROOT / "docs" / "synergy.md").read_text()
    assert f"(AUC {every[0]} to {every[1]} in the study)" in page
    means = late[late["pairs"] == "biased"].groupby("method")["value"].mean()
    low, high = (f"{end:.2f}"[1:] for end in (means.min(), means.max()))
    assert f"CLIP, SimCLR, Cross+Self, FactorCL: 50.0 %, AUC {low} to {high} |" in README


def test_who_reads_synergy_is_said_of_the_methods_since_comm_too(study):
    """The page said that CoMM and InfMasking alone do, and that SimCLR's U is the highest."""
    since = read_results(QUICK / "since_comm.csv")
    scores = [scores_table(each, numbers=True) for each in (study, since)]
    above, highest = {}, {}
    for table in scores:
        learnt = table[~table["method"].isin(["Supervised", "Random init", "Pixels"])]
        learnt = learnt[learnt["loss"] == "whole"] if "loss" in learnt else learnt
        learnt = 100 * learnt.set_index("method")[["U", "S"]].astype(float)
        above |= learnt.loc[learnt["S"] > 51, "S"].to_dict()
        highest[learnt["U"].idxmax()] = learnt["U"].max()
    assert set(above) == {"CoMM", "InfMasking", "HRIL"}
    assert f"of the methods since CoMM HRIL ({above['HRIL']:.1f} %). CLIP," in PAGE
    assert f"its U of {highest['SimCLR']:.1f} is the highest of the self-supervised" in PAGE
    assert f"(COrAL's, [below](#the-methods-since-comm), is {highest['COrAL']:.1f})" in PAGE


def test_what_biased_pairs_add_to_the_auc_is_what_the_page_says(study):
    rows = last_epoch_rows(default_loss_rows(study[study["probe"] == "linear"]))
    rows = rows[(rows["task"] == "S") & (rows["metric"] == "auc")]
    auc = usual_design_rows(rows).groupby(["method", "pairs"])["value"].mean().unstack()
    added = (auc["biased"] - auc["unbiased"]).dropna()
    apart = added.drop(["comm", "infmasking"])

    def said(number):
        text = f"{abs(number):.2f}".removeprefix("0")
        return f"−{text}" if number < 0 else text

    assert f"concatenating methods {said(apart.min())} to {said(apart.max())}." in PAGE
    fused = [f"{added[name]:.3f}".removeprefix("0") for name in ("comm", "infmasking")]
    assert f"is {fused[0]} for CoMM and {fused[1]} for InfMasking" in PAGE
