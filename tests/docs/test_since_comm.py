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
PAGE = " ".join(TEXT.split())
COMPARED = ("R", "U", "S", "S_auc")
SCORES = (*COMPARED, "S_auc_unbiased")


@pytest.fixture(scope="module")
def table():
    return read_results(QUICK / "since_comm.csv")


def test_the_runs_are_of_one_preset_one_arithmetic_and_fresh_seeds(table):
    assert set(table["preset"]) == {"quick"}
    assert set(table["preset_version"]) == {str(PRESETS["quick"].preset_version)}
    assert set(table["seed"]) <= {35, 36, 37, 38, 39}
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


def test_the_tables_are_those_of_the_runs(table):
    scores = scores_table(table, scores=SCORES, published=True, before_training=True)
    differences = scores_table(table, scores=COMPARED, against="comm")
    bits = scores_table(table, scores=("R_bits", "U1_bits", "U2_bits", "S_bits"))
    for each in (scores, differences, bits):
        assert WRITERS[".md"](each) in TEXT
    assert set(scores["n"]) == {"5"}


def test_what_is_said_to_have_been_learnt_from_the_mapping(table):
    numbers = scores_table(table, scores=SCORES, numbers=True).set_index("method")
    fused = numbers.loc[["CoMM", "HRIL", "COrAL"], ["S_auc", "S_auc_unbiased"]].astype(float)
    more = {m: f"{row['S_auc'] - row['S_auc_unbiased']:.3f}"[1:] for m, row in fused.iterrows()}
    assert f"{more['HRIL']} for HRIL, {more['CoMM']} for CoMM and {more['COrAL']} for COrAL" in PAGE
    auc, level = (f"{value:.3f}"[1:] for value in fused.loc["COrAL"])
    assert f"its {auc} is no sign of the mapping by itself, since it reads {level} from" in PAGE
    differences = scores_table(table, scores=COMPARED, against="comm", numbers=True)
    hril = differences.set_index("method").loc["HRIL"]
    assert (hril["S_above"], hril["S_below"]) == ("5", "0")
    assert "above CoMM's in all five seeds (+11.4 ± 3.1), and its R below it" in PAGE


def test_what_is_said_of_the_balanced_label_is_its_tables():
    rows = pd.read_csv(QUICK / "balanced_synergy.csv")
    of = rows.groupby(["method", "pairs"])
    means, spread, bits = 100 * of["accuracy"].mean(), 100 * of["accuracy"].std(), of["bits"].mean()
    said = {
        m: f"{means[m, 'biased']:.1f} ± {spread[m, 'biased']:.1f}"
        for m in ("comm", "hril", "coral")
    }
    assert (
        f"CoMM reads {said['comm']} % (n = 5), HRIL {said['hril']}, COrAL {said['coral']}" in PAGE
    )
    shown = [f"{bits[m, 'biased']:.2f}".lstrip("0") for m in said]
    assert f"which are {shown[0]}, {shown[1]} and {shown[2]} of 3.32 bits" in PAGE
    never = [f"{means[m, 'unbiased']:.1f}" for m in said]
    assert f"they read {never[0]}, {never[1]} and {never[2]} (n = 5 each)" in PAGE
    others = [f"{means[m, 'unbiased']:.1f}" for m in ("decur", "disentangled", "mae")]
    assert f"MAE read {others[0]}, {others[1]} and {others[2]}." in PAGE
    assert set(of["seed"].nunique()) == {5}
    alone = 100 * rows[["accuracy_image_1", "accuracy_image_2"]]
    assert (round(alone.min().min()), round(alone.max().max())) == (8, 11)


def test_what_is_said_of_the_predictions_of_s_is_what_they_use(table):
    rows = table[(table["probe"] == "pid") & (table["task"] == "S")]
    bits = rows.pivot_table(index=["pairs", "method"], columns="metric", values="value")
    taught, level = bits.loc["biased"], bits.loc["unbiased"]
    comm, hril = (f"{taught.loc[m, 'synergy']:.2f}"[1:] for m in ("comm", "hril"))
    truth = f"{taught['synergy_truth'].mean():.2f}"[1:]
    assert f"{comm} and {hril} of {truth} bits, and hardly" in PAGE
    assert (level["synergy"].abs() < 0.005).all()
    assert "From unbiased pairs it is .00 and .00." in PAGE
    assert "COrAL's use less than .01, with the mapping and without." in PAGE
    assert abs(taught.loc["coral", "synergy"]) < 0.01
    assert (taught[["redundancy", "unique_1", "unique_2"]] < 0.01).all().all()


def test_the_cost_of_an_epoch_is_the_tables():
    costs = pd.read_csv(QUICK / "methods.csv").set_index("method")["time_relative_to_comm"]
    names = {"hril": "HRIL", "coral": "COrAL", "decur": "DeCUR"}
    names |= {"disentangled": "DisentangledSSL", "mae": "MAE"}
    said = ", ".join(f"{name} {costs[m]:.2f}".replace(" 0.", " .") for m, name in names.items())
    assert f"**Cost of an epoch**, CoMM = 1: {said}" in PAGE
    assert costs.max() < 2.5
