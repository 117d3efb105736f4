"""Changes of version 4 of the quick preset, and views of probed images, as the page shows them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from page_tables import cells_of, seeds_of, written

from benchmarks.experiments.finished_runs.probed_views import parse_views
from interaction_probes.analysis.results_table import read_results

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "results" / "quick"
PAGE = (ROOT / "docs" / "quick-preset.md").read_text()
NEAR = PAGE.partition("## Near version 4\n")[2].partition("\n## ")[0]
LARGER = PAGE.partition("## Probe larger images")[2].partition("\n## ")[0]
#: What the page calls a change → its field.
FIELDS = {"rate": "optim.lr", "temperature": "model.temperature", "fusion": "model.dim"}
FIELDS |= {"weight decay": "optim.weight_decay", "crops from": "views.crop_scale"}
FIELDS |= {"projection of": "model.dim"}
#: What the page calls a change that is no number → the change.
OTHERS = {
    "released initialisation": {"model.initialisation": "released"},
    "crop ratios .65 to 1.54": {"views.crop_ratio": [0.65, 1.54]},
}
OWN = "80 80m 64 64m"


@pytest.fixture(scope="module")
def trials():
    table = pd.read_csv(QUICK / "near_version_4.csv")
    changes = [json.loads(each) for each in table["changes"]]
    return table.assign(U=(table["U1"] + table["U2"]) / 2, changes=changes)


def changes_of(label):
    found = {}
    for part in label.removesuffix(" wide").split(", "):
        if part in OTHERS:
            found |= OTHERS[part]
            continue
        name, _, value = part.rpartition(" ")
        found[FIELDS[name]] = float(value)
    if "views.crop_scale" in found:
        found["views.crop_scale"] = [found["views.crop_scale"], 1.0]
    return found


def scores(trials, changes, pairs, task):
    rows = trials[[each == changes for each in trials["changes"]]]
    return rows[rows["pairs"] == pairs].set_index("seed")[task]


def test_every_change_is_beside_version_4_on_its_seeds(trials):
    rows = cells_of(NEAR, "| change of version 4")
    for label, seeds, *cells in rows:
        expected = []
        for pairs, task in (("unbiased", "R"), ("unbiased", "U"), ("biased", "S")):
            changed = scores(trials, changes_of(label), pairs, task)
            if pairs == "biased" and changed.empty:
                expected.append("")
                continue
            assert sorted(changed.index) == seeds_of(seeds), label
            difference = changed - scores(trials, {}, pairs, task)[changed.index]
            expected.append(written(difference.mean(), signed=True))
        assert cells == expected, label
    assert len(rows) == len({json.dumps(each) for each in trials["changes"]}) - 1


def test_the_spread_of_the_change_that_is_taken(trials):
    told = []
    for pairs, task in (("unbiased", "U"), ("biased", "S")):
        changed = scores(trials, OTHERS["released initialisation"], pairs, task)
        difference = changed - scores(trials, {}, pairs, task)[changed.index]
        told.append(f"{written(difference.mean(), signed=True)} ± {written(difference.std())}")
    assert f"(seed by seed {told[0]}, and S {told[1]}: those eight" in " ".join(NEAR.split())


def test_version_4_on_ten_seeds(trials):
    of = {task: scores(trials, {}, "unbiased", task) for task in ("R", "U")}
    of |= {task: scores(trials, {}, "biased", task) for task in ("S", "AUC_S")}
    of = {task: each[each.index < 1010] for task, each in of.items()}  # of one code
    assert all(sorted(each.index) == [*range(1000, 1010)] for each in of.values())
    means = {task: written(each.mean(), 3 if task == "AUC_S" else 1) for task, each in of.items()}
    spreads = {task: written(each.std(), 3 if task == "AUC_S" else 1) for task, each in of.items()}
    told = ["{} {} ± {}".format(t.removesuffix("_S"), means[t], spreads[t]) for t in of]
    assert f"reads {', '.join(told[:3])} and {told[3]} (n = 10)" in " ".join(NEAR.split())
    chosen_with = {task: each[each.index < 1005].mean() for task, each in of.items()}
    new = {task: each[each.index >= 1005] for task, each in of.items()}
    mean = {task: each.mean() for task, each in new.items()}
    told = f"U {written(chosen_with['U'])} and S {written(chosen_with['S'])}. Seeds 1005 to 1009"
    assert f"{told} read U {written(mean['U'])} and S {written(mean['S'])};" in " ".join(
        NEAR.split()
    )
    told = f"read R {written(mean['R'])}, U {written(mean['U'])}, S {written(mean['S'])}"
    top = " ".join(PAGE.partition("## The settings")[0].split())
    assert f"{told} and AUC {written(mean['AUC_S'], 3)}" in top
    study = read_results(QUICK / "study.csv")
    run = study[(study["method"] == "comm") & (study["pairs"] == "unbiased")]
    run = run[(run["weights"] == "") & (run["epoch"] == 5) & (run["probe"] == "linear")]
    u = run[run["task"].isin(["U1", "U2"]) & (run["metric"] == "accuracy")]
    reported = 100 * u.groupby("seed")["value"].mean()
    assert [*reported.index] == [*range(35, 40)]
    both = pd.concat([reported, new["U"]])
    assert f"U of these ten seeds is {written(both.mean())} ± {written(both.std())}" in top


def test_the_reported_seeds_by_a_later_code():
    table = pd.read_csv(QUICK / "comm_repeated.csv")
    means = table.groupby("pairs").mean(numeric_only=True)
    assert all([*rows["seed"]] == [*range(35, 40)] for _, rows in table.groupby("pairs"))
    unbiased, biased = means.loc["unbiased"], means.loc["biased"]
    u = (unbiased["U1"] + unbiased["U2"]) / 2
    told = f"R {written(unbiased['R'])}, U {written(u)}, S {written(biased['S'])}"
    told = f"35 to 39 read {told} and AUC {written(biased['AUC_S'], 3)}"
    assert told in " ".join(PAGE.partition("## The settings")[0].split())


def test_the_effects_of_the_screening_are_those_of_its_runs():
    table = pd.read_csv(QUICK / "screened_near_version_4.csv")
    changes = [*table.columns[2 : [*table.columns].index("R")]]
    levels = 2 * table[changes].to_numpy(float) - 1
    blocks = (table["seed"].to_numpy()[:, None] == table["seed"].unique()).astype(float)
    design = np.hstack([levels, blocks])
    effects, errors = [], []
    for score in (table["R"], (table["U1"] + table["U2"]) / 2):
        fitted = np.linalg.lstsq(design, score.to_numpy(), rcond=None)[0]
        rest = score.to_numpy() - design @ fitted
        variance = rest @ rest / (len(table) - design.shape[1])
        effects.append(2 * fitted[: len(changes)])
        inverse = np.linalg.inv(design.T @ design)
        errors.append(2 * np.sqrt(variance * inverse[:13, :13].diagonal().max()))
    rows = cells_of(NEAR, "| one of thirteen changes")
    assert [row[0] for row in rows] == changes
    for k, (_, *cells) in enumerate(rows):
        assert cells == [written(each[k], signed=True) for each in effects]
    told = f"error of each is {written(errors[0])} for R and {written(errors[1])} for U"
    assert told in " ".join(NEAR.split())
    assert f"{len(table)} runs" in NEAR


def test_the_further_trials_of_clip():
    table = pd.read_csv(QUICK / "clip_near_version_4.csv")
    table = table.assign(U=(table["U1"] + table["U2"]) / 2)
    rows = cells_of(NEAR, "| CLIP, change")
    assert len(rows) == table["changes"].nunique()
    for label, *cells in rows:
        found = {} if label == "none" else changes_of(label)
        of = table[[json.loads(each) == found for each in table["changes"]]]
        assert [*of["seed"]] == [*range(1000, 1005)], label
        assert cells == [written(of[task].mean()) for task in ("R", "U")], label


def test_the_views_are_those_of_the_table():
    table = pd.read_csv(QUICK / "probed_views.csv")
    rows = cells_of(LARGER, "| views | cost")
    assert {row[0] for row in rows} == {*table["views"]}
    of = {"R": ("unbiased", ["R"]), "U": ("unbiased", ["U1", "U2"]), "S": ("biased", ["S"])}
    by_seed = {}
    for name, (pairs, tasks) in of.items():
        found = table[(table["pairs"] == pairs) & table["task"].isin(tasks)]
        by_seed[name] = 100 * found.groupby(["seed", "views"])["accuracy"].mean().unstack()
        assert [*by_seed[name].index] == [*range(1000, 1010)]
    ranked = table[(table["pairs"] == "biased") & (table["task"] == "S")].groupby("views")["auc"]
    pixels = {views: sum(size**2 for size, _ in parse_views(views)) for views, *_ in rows}
    for views, cost, *cells in rows:
        expected = [written(each[views].mean()) for each in by_seed.values()]
        if views != OWN:
            moved = [each[views] - each[OWN] for each in by_seed.values()]
            expected = [f"{written(d.mean(), signed=True)} ± {written(d.std())}" for d in moved]
        assert cells == [*expected, written(ranked.mean()[views], 3)], views
        assert float(cost) == round(pixels[views] / pixels[OWN], 2)
    assert [float(cost) for _, cost, *_ in rows] == sorted(float(cost) for _, cost, *_ in rows)
