"""The trials of fewer epochs, as docs/quick-preset.md shows them."""

from pathlib import Path

import pandas as pd
import pytest
from page_tables import cells_of, seeds_of, written

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "results" / "quick"
PAGE = (ROOT / "docs" / "quick-preset.md").read_text()
SECTION = PAGE.partition("## Toward fewer than six epochs\n")[2].partition("\n## ")[0]
#: What a trial has unless its row says otherwise.
USUAL = {
    "method": "comm",
    "loss": "whole",
    "batch": 64,
    "lr": 0.006,
    "schedule": "trapezoidal",
    "momentum": 0.95,
    "initialisation": "torch",
    "norm": "none",
    "dim": 256,
    "temperature": 0.15,
    "crops_from": 0.4,
    "colours": "the paper's",
}


@pytest.fixture(scope="module")
def trials():
    table = pd.read_csv(QUICK / "fewer_epochs.csv")
    return table.assign(U=(table["U1"] + table["U2"]) / 2)


def only(trials, **wanted):
    """The trials with these settings, the usual ones where none is given."""
    for name, value in {**USUAL, **wanted}.items():
        trials = trials[trials[name] == value]
    return trials


@pytest.mark.parametrize("table", ["fewer_epochs", "cheaper_steps"])
def test_no_trial_is_on_a_seed_that_tables_report(table):
    tables = ["study", "since_comm", "balanced_synergy"]
    paths = [QUICK / f"{name}.csv" for name in tables]
    reported = {seed for path in paths for seed in pd.read_csv(path, usecols=["seed"])["seed"]}
    assert reported.isdisjoint(pd.read_csv(QUICK / f"{table}.csv")["seed"])


@pytest.mark.parametrize("row", cells_of(SECTION, "| schedule | first layer | R | U"))
def test_a_row_of_both_settings_is_of_its_trial(trials, row):
    schedule, stem, *scores = row
    schedule, _, momentum = schedule.partition(", momentum of Muon ")
    layers = {
        "random, all layers of the size of He et al.": ("random", "He"),
        "random, all layers orthogonal": ("random", "orthogonal"),
    }
    stem, initialisation = layers.get(stem, (stem, "torch"))
    found = only(
        trials[trials["pairs"] == "unbiased"],
        epochs=4,
        seed=1000,
        schedule=schedule,
        stem=stem,
        initialisation=initialisation,
        momentum=float(momentum or 0.95),
        dim=192,
    )
    assert scores == [written(found[task].item()) for task in ("R", "U")]


@pytest.mark.parametrize("row", cells_of(SECTION, "| epochs | first layer | what else"))
def test_a_row_of_several_seeds_is_the_mean_of_its_trials(trials, row):
    epochs, stem, changes, seeds, *scores = row
    fields = {"rate": "lr", "crops from": "crops_from", "temperature": "temperature"}
    whole = {"": {}, "fusion 192 wide": {"dim": 192}, "version 3": {"schedule": "linear"}}
    wanted = whole.get(changes, {})
    for change in () if changes in whole else changes.split(", "):
        name, _, value = change.rpartition(" ")
        wanted = {**wanted, fields[name]: float(value)}
    found = only(trials, epochs=int(epochs), stem=stem, **wanted)
    found = found[found["stem_slope"] != 0.7]  # the form that was being tried
    means = {}
    for pairs, columns in {"unbiased": ["R", "U"], "biased": ["S", "AUC_S"]}.items():
        of_pairs = found[found["pairs"] == pairs]
        assert sorted(of_pairs["seed"]) == sorted(seeds_of(seeds))
        means |= of_pairs[columns].mean().to_dict()
    assert scores == [written(means[c], 3 if c == "AUC_S" else 1) for c in means]


@pytest.mark.parametrize("row", cells_of(SECTION, "| | four epochs: R | U | S"))
def test_a_row_of_another_method_is_of_its_trials(trials, row):
    label, *cells = row
    trial = {"infmasking": 16, "cross_self": 13, "clip": 19, "factorcl": 19, "decur": 7}
    method, _, biased = label.lower().replace("+", "_").partition(", ")
    of_six = pd.read_csv(QUICK / "tuning.csv")
    of_six = of_six[(of_six["method"] == method) & (of_six["trial"] == trial[method])]
    of_six = of_six.assign(U=(of_six["U1"] + of_six["U2"]) / 2)
    scores = []
    for table in (trials[trials["method"] == method], of_six):
        assert set(table["pairs"]) == {"biased" if biased else "unbiased"}
        scores += [written(table[task].item()) for task in ("R", "U")]
        scores.append(written(table["S"].item()) if biased else "")
    assert cells == scores


def test_the_changes_seed_by_seed_are_those_of_four_epochs(trials):
    shorter = only(trials, epochs=4, stem="random", dim=192)
    version_3 = only(trials, epochs=6, stem="random", schedule="linear")
    changes = [
        table.set_index(["pairs", "seed"])[["R", "U", "S"]] for table in (shorter, version_3)
    ]
    difference = (changes[0] - changes[1]).dropna()
    assert sorted(difference.loc["unbiased"].index) == [*range(1000, 1005)]
    for task, pairs in {"R": "unbiased", "U": "unbiased", "S": "biased"}.items():
        values = difference.loc[pairs, task]
        mean = f"{values.mean():+.1f}".replace("-", "−")
        assert f"{task} by {mean} ± {values.std():.1f}" in SECTION.replace("R changes by", "R by")
