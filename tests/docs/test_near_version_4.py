"""Changes of version 4 of the quick preset, and views of probed images, as the page shows them."""

import json
from pathlib import Path

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
OWN = "80 80m 64 64m"


@pytest.fixture(scope="module")
def trials():
    table = pd.read_csv(QUICK / "near_version_4.csv")
    changes = [json.loads(each) for each in table["changes"]]
    return table.assign(U=(table["U1"] + table["U2"]) / 2, changes=changes)


def changes_of(label):
    found = {}
    for part in label.removesuffix(" wide").split(", "):
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
            assert sorted(changed.index) == seeds_of(seeds), label
            difference = changed - scores(trials, {}, pairs, task)[changed.index]
            expected.append(written(difference.mean(), signed=True))
        assert cells == expected, label
    assert len(rows) == len({json.dumps(each) for each in trials["changes"]}) - 1


def test_version_4_on_ten_seeds(trials):
    of = {task: scores(trials, {}, "unbiased", task) for task in ("R", "U")}
    of |= {task: scores(trials, {}, "biased", task) for task in ("S", "AUC_S")}
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
