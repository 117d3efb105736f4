"""The methods since CoMM in RESULTS.md, beside their runs."""

from pathlib import Path

import pandas as pd
import pytest

from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.scores.formats import WRITERS
from interaction_probes.analysis.scores.table import scores_table
from interaction_probes.settings.presets import PRESETS

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "results" / "quick"
TEXT = (ROOT / "RESULTS.md").read_text()
SCORES = ("R", "U", "S", "S_auc")


@pytest.fixture(scope="module")
def table():
    return read_results(QUICK / "since_comm.csv")


def test_the_runs_are_of_one_preset_one_arithmetic_and_fresh_seeds(table):
    assert set(table["preset"]) == {"quick"}
    assert set(table["preset_version"]) == {str(PRESETS["quick"].preset_version)}
    assert set(table["seed"]) <= {10, 11, 12, 13, 14}
    assert table["generator_version"].nunique() == 1
    trained = table[table["epoch"] > 0]
    assert set(trained["precision"]) == {"bfloat16"}
    assert trained["processor"].nunique() == 1


def test_comms_runs_are_the_studys(table):
    rows, studied = (
        each[(each["method"] == "comm") & (each["probe"] == "linear")]
        for each in (table, read_results(QUICK / "study.csv"))
    )
    keys = ["seed", "pairs", "epoch", "task", "metric"]
    studied = studied[studied["weights"].isna() | (studied["weights"] == "")]
    both = rows.merge(studied, on=keys, suffixes=("", "_studied"))
    assert len(both) == len(rows)
    # probes that were solved anew differ by a sample here and there
    near = {"check_names": False, "rtol": 0, "atol": 0.003}
    pd.testing.assert_series_equal(both["value"], both["value_studied"], **near)


def test_both_tables_are_those_of_the_runs(table):
    for options in ({"published": True, "before_training": True}, {"against": "comm"}):
        assert WRITERS[".md"](scores_table(table, scores=SCORES, **options)) in TEXT


def test_what_is_said_of_the_balanced_label_is_its_tables():
    rows = pd.read_csv(QUICK / "balanced_synergy.csv")
    page = " ".join(TEXT.split())
    of = rows.groupby(["method", "pairs"])
    means, spread, bits = 100 * of["accuracy"].mean(), 100 * of["accuracy"].std(), of["bits"].mean()
    said = {
        m: f"{means[m, 'biased']:.1f} ± {spread[m, 'biased']:.1f}"
        for m in ("comm", "hril", "coral")
    }
    assert (
        f"CoMM reads {said['comm']} % (n = 5), HRIL {said['hril']}, COrAL {said['coral']}" in page
    )
    shown = [f"{bits[m, 'biased']:.2f}".lstrip("0") for m in said]
    assert f"which are {shown[0]}, {shown[1]} and {shown[2]} of 3.32 bits" in page
    never = [f"{means[m, 'unbiased']:.1f}" for m in said]
    assert f"they read {never[0]}, {never[1]} and {never[2]}" in page
    alone = 100 * rows[["accuracy_image_1", "accuracy_image_2"]]
    assert (round(alone.min().min()), round(alone.max().max())) == (8, 11)


def test_what_is_said_of_the_predictions_of_s_is_what_they_use(table):
    rows = table[(table["probe"] == "pid") & (table["task"] == "S") & (table["pairs"] == "biased")]
    bits = rows.pivot_table(index="method", columns="metric", values="value")
    comm, hril, coral = (f"{bits.loc[m, 'synergy']:.2f}"[1:] for m in ("comm", "hril", "coral"))
    truth = f"{bits['synergy_truth'].mean():.2f}"[1:]
    page = " ".join(TEXT.split())
    assert f"{comm} and {hril} of {truth} bits, COrAL's {coral}," in page
    assert (bits[["redundancy", "unique_1", "unique_2"]] < 0.01).all().all()
