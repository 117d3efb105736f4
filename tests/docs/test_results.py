"""What README and RESULTS.md say of the study is what its committed tables say."""

import re
from pathlib import Path

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
from interaction_probes.analysis.scores.formats import WRITERS
from interaction_probes.analysis.scores.table import scores_table
from interaction_probes.reporting.summary import summary
from interaction_probes.settings.presets import PRESETS

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "results" / "quick"
TEXT = (ROOT / "RESULTS.md").read_text()
PAGE = " ".join(TEXT.split())
README = (ROOT / "README.md").read_text()
BEFORE, EARLY, END = 0, 2, 6  # epochs

#: A row of the table of scores → the sentences of RESULTS.md that its values stand in.
CLAIMS: dict[tuple[str, str], list[str]] = {}

#: Method, weights, pairs, epoch and tasks → the sentence that their mean accuracy over seeds is in.
MEANS: dict[tuple[str, str, str, int, str], str] = {}


@pytest.fixture(scope="module")
def study():
    return read_results(QUICK / "study.csv")


@pytest.fixture(scope="module")
def scores(study):
    """The study's table of scores, which no test changes."""
    return scores_table(study).set_index(["method", "loss"])


def test_the_study_is_of_one_preset_one_arithmetic_and_fresh_seeds(study):
    """No choice saw its seeds: trials are on seeds from 1000 on, earlier looks below 10."""
    assert set(study["preset"]) == {"quick"}
    assert set(study["preset_version"]) == {PRESETS["quick"].preset_version}
    assert set(study["seed"]) == {10, 11, 12, 13, 14}
    assert study["generator_version"].nunique() == 1
    trained = study[study["epoch"] > 0]
    assert set(trained["precision"]) == {"bf16"}


def test_the_readmes_table_is_the_studys(study):
    assert WRITERS[".md"](scores_table(study, published=True)) in README


def test_the_readmes_run_is_what_run_prints_of_it():
    rows = usual_design_rows(default_loss_rows(read_results(QUICK / "run_seed_0.csv")))
    rows = filter_rows(rows, ["method=comm", "seed=0"])
    runs = [rows[rows["pairs"] == pairs] for pairs in ("unbiased", "biased")]
    assert summary(runs, PUBLISHED["comm"], PRESETS["quick"].probe.strengths) in README


def test_the_readmes_examples_of_s_are_the_studys(scores):
    means = {key: str(cell).partition(" ")[0] for key, cell in scores["S"].items()}
    auc = f"{float(scores.loc[('CoMM', 'whole'), 'AUC of S'].partition(' ')[0]):.2f}"[1:]
    assert f"CoMM: {means['CoMM', 'whole']} %, AUC {auc} |" in README
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


@pytest.mark.parametrize("row", CLAIMS, ids=" ".join)
def test_what_is_said_of_a_method_is_what_it_reads(scores, row):
    values = {}
    for name, cell in scores.loc[row].items():
        mean, _, spread = str(cell).partition(" ± ")
        values |= {name: mean.removeprefix("0"), f"{name}.spread": spread.partition(" ")[0]}
    for claim in CLAIMS[row]:
        said = re.sub(r"\{([\w ,.]+?)\}", lambda name: values[name[1]], claim)
        assert said in PAGE


@pytest.mark.parametrize("mean", MEANS, ids=str)
def test_what_is_said_of_a_mean_is_what_it_is(study, mean):
    method, weights, pairs, epoch, tasks = mean
    rows = study[(study["probe"] == "linear") & (study["metric"] == "accuracy")]
    rows = rows[(rows["method"] == method) & (rows["weights"] == weights)]
    rows = rows[(rows["pairs"] == pairs) & (rows["epoch"] == epoch)]
    value = 100 * rows[rows["task"].isin(tasks.split())]["value"].mean()
    assert MEANS[mean].format(f"{value:.1f}") in PAGE


def test_concatenations_read_no_synergy_in_any_run(study):
    rows = last_epoch_rows(study[study["probe"] == "linear"])
    rows = rows[(rows["task"] == "S") & (rows["metric"] == "accuracy")]
    late = rows[rows["method"].isin(["clip", "cross_self", "simclr", "factorcl"])]
    assert len(late) >= 36
    assert ((late["value"] - 0.5).abs() < 5e-4).all()
