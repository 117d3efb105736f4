"""The trials of cheaper steps, as docs/quick-preset.md shows them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from page_tables import cells_of, seeds_of, written

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "results" / "quick"
PAGE = (ROOT / "docs" / "quick-preset.md").read_text()
SECTION = PAGE.partition("## Toward cheaper steps\n")[2].partition("\n## ")[0]
#: What the page calls a change → its field, or its name in words, in the table.
SCREENED = {
    "weight decay .2 in place of 1e-4": "optim.weight_decay",
    "filters of the towers begin at .6 of torch's size": "towers' filters begin at times",
    "biases of the towers begin at 0": "towers' biases begin at 0",
    "half of the stem's filters begin as the negatives of the others": (
        "half of the stem is the negative of the other"
    ),
    "rate .009 in place of .006": "optim.lr",
    "vectors at the whole rate, not at half of it": "rate of vectors, as a part",
    "the stem at twice the rate": "rate of the stem, times",
    "updates of Muon by torch's `original` scale": "scale of Muon's updates",
    "warm-up .03 in place of .1": "optim.warmup",
    "temperature .18 in place of .15": "model.temperature",
    "crops from .5 in place of .4": "views.crop_scale",
    "batches of 96 in place of 64": "optim.batch",
    "last layer 64 wide in place of 96": "model.encoder.widths",
    "fusion 192 wide in place of 256": "model.dim",
}
FOUR = {"model.dim": 192, "optim.epochs": 4, "optim.schedule": "trapezoidal"}
#: What the page calls a single change → the change.
SINGLE = {
    "none": {},
    "updates of Muon by torch's `original` scale, rate .009": {
        "scale of Muon's updates": "original",
        "optim.lr": 0.009,
    },
    "updates of Muon of the size √(rows / columns), rate .012": {
        "scale of Muon's updates": "spectral",
        "optim.lr": 0.012,
    },
    "the stem at three times the rate": {"rate of the stem, times": 3},
    "biases of the towers begin at 0": {"towers' biases begin at 0": 1},
    "filters of the towers begin at .6 of torch's size": {"towers' filters begin at times": 0.6},
    "16 orthonormal filters and their negatives in the stem": {
        "stem of orthonormal filters and their negatives, of norm": 1.0
    },
    "filters of the stem without their mean, 2.5 times as large": {
        "the stem's filters begin at times": 2.5,
        "the stem's filters have mean 0": 1,
    },
    "2 iterations of Muon in place of 3": {"iterations of Muon": 2},
    "kernels of 2 × 2 in the first block": {"model.encoder.kernels": [2, 3, 3]},
    "a pool behind a stem of 64, and no first block": {
        "model.encoder.widths": [64, 96, 96],
        "tower": "a pool behind the stem, and two blocks",
    },
}


def read(name):
    table = pd.read_csv(QUICK / f"{name}.csv")
    return table.assign(U=(table["U1"] + table["U2"]) / 2)


@pytest.fixture(scope="module")
def trials():
    table = read("cheaper_steps")
    return table.assign(changes=[json.loads(each) for each in table["changes"]])


def effects(trials, score):
    """Change → its effect by least squares, and the standard error of each."""
    rows = trials[trials["set"] == "screening"]
    rows = rows[rows["pairs"] == ("biased" if score == "S" else "unbiased")]
    levels = [[1, *(1 if c in row else -1 for c in SCREENED.values())] for row in rows["changes"]]
    fitted, *_ = np.linalg.lstsq(np.array(levels, float), rows[score], rcond=None)
    left = rows[score] - np.array(levels) @ fitted
    error = 2 * np.sqrt(left @ left / (len(rows) - len(fitted)) / len(rows))
    return dict(zip(SCREENED, 2 * fitted[1:], strict=True)), error


@pytest.mark.parametrize("pairs", ["unbiased", "biased"])
def test_the_screening_is_balanced(trials, pairs):
    rows = trials[(trials["set"] == "screening") & (trials["pairs"] == pairs)]
    assert rows["seed"].nunique() == len(rows) == 24
    levels = np.array(
        [[1 if c in row else -1 for c in SCREENED.values()] for row in rows["changes"]]
    )
    assert (levels.T @ levels == 24 * np.eye(len(SCREENED))).all()
    assert (levels.sum(0) == 0).all()


@pytest.mark.parametrize("column", [0, 1, 2])
def test_the_effects_are_those_of_the_screening(trials, column):
    score = ("R", "U", "S")[column]
    found, error = effects(trials, score)
    shown = {change: cells[column] for change, *cells in cells_of(SECTION, "| change | R | U | S")}
    assert shown == {change: written(value, signed=True) for change, value in found.items()}
    assert f"{written(error)} for {score}" in SECTION


def test_single_changes_are_the_means_of_two_seeds(trials):
    rows = cells_of(SECTION, "| change | R | U |\n")
    before = None
    for label, *scores in rows:
        if label.startswith("the same, rate "):
            changes = {name: value for name, value in before.items() if name != "optim.lr"}
        else:
            changes = before = SINGLE[label]
        wanted = {**FOUR, **changes}
        found = trials[(trials["set"] == "others") & (trials["pairs"] == "unbiased")]
        found = found[[each == wanted for each in found["changes"]]]
        assert sorted(found["seed"]) == [1000, 1001], label
        assert scores == [written(found[task].mean()) for task in ("R", "U")], label
    assert len(rows) == len(SINGLE) + 2


NAMES = {"weight decay": "optim.weight_decay", "temperature": "model.temperature"}


def changes_of(epochs, kernels, widths, what):
    """A row's changes of version 3, as the table names them."""
    found = {**FOUR, "optim.epochs": int(epochs), "model.encoder.kernels": numbers(kernels)}
    if widths != "32 64 96 96":
        found["model.encoder.widths"] = numbers(widths)
    for part in what.split(", "):
        name, _, value = part.rpartition(" ")
        if name == "rate":
            found["optim.lr"] = float(value)
        elif name == "crops from":
            found["views.crop_scale"] = [float(value), 1.0]
        elif part == "views of 44 pixels":
            found |= {"model.size": 44, "probe.zoom": 76 / 44, "probe.further_zooms": [60 / 44, 1]}
        else:
            found[NAMES[name]] = float(value)
    return found


def numbers(cell):
    return [int(each) for each in cell.split()]


@pytest.mark.parametrize("row", cells_of(SECTION, "| epochs | kernels"))
def test_a_row_of_a_tower_is_the_mean_of_its_trials(trials, row):
    epochs, kernels, widths, what, of_r, *scores = row
    r, u, of_s, s, auc = scores
    if kernels == "3 3 3":
        table = read("fewer_epochs")
        usual = {"method": "comm", "loss": "whole", "batch": 64, "lr": 0.006, "momentum": 0.95}
        usual |= {"stem": "random", "initialisation": "torch", "norm": "none", "temperature": 0.15}
        usual |= {"crops_from": 0.4, "colours": "the paper's", "epochs": int(epochs)}
        usual |= {"version 3": {"dim": 256, "schedule": "linear"}}.get(
            what, {"dim": 192, "schedule": "trapezoidal"}
        )
        for name, value in usual.items():
            table = table[table[name] == value]
        table = table[table["seed"].isin(seeds_of(of_r))]
    else:
        wanted = changes_of(epochs, kernels, widths, what)
        table = trials[[each == wanted for each in trials["changes"]]]
    unbiased, biased = (table[table["pairs"] == pairs] for pairs in ("unbiased", "biased"))
    assert sorted(unbiased["seed"]) == seeds_of(of_r)
    assert [r, u] == [written(unbiased[task].mean()) for task in ("R", "U")]
    assert sorted(biased["seed"]) == seeds_of(of_s)
    if of_s:
        assert [s, auc] == [written(biased["S"].mean()), written(biased["AUC_S"].mean(), 3)]


def test_what_the_page_says_of_the_cheaper_tower_is_in_its_row():
    rows = {(row[0], row[3]): row for row in cells_of(SECTION, "| epochs | kernels")}
    _, _, _, _, seeds, r, u, same, s, _ = rows["5", "weight decay .2, temperature .16"]
    _, _, _, _, *of_version_3 = rows["6", "version 3"]
    assert seeds == same == of_version_3[0]
    r_before, u_before, s_before = (of_version_3[k] for k in (1, 2, 4))
    said = f"R {r}, U {u} and S {s} on seeds {seeds}, and version 3 {r_before}, {u_before} and "
    assert f"{said}{s_before}." in " ".join(SECTION.split())


def test_what_the_page_says_of_other_methods_is_of_their_trials(trials):
    methods = pd.Series([each.get("method") for each in trials["changes"]], trials.index)
    of_six = read("tuning")
    scores = []
    for method in ("clip", "cross_self", "factorcl"):
        row = trials[methods == method]
        scores += [written(row[task].item()) for task in ("R", "U")]
    for method, trial in (("clip", 19), ("cross_self", 13), ("factorcl", 19)):
        row = of_six[(of_six["method"] == method) & (of_six["trial"] == trial)]
        scores += [written(row[task].item()) for task in ("R", "U")]
    page = " ".join(SECTION.split())
    assert "CLIP reads R {}, U {}, Cross+Self {}, {} and FactorCL {}, {} (".format(*scores) in page
    assert "version 3 read {}, {}, and {}, {}, and {}, {}.".format(*scores[6:]) in page
