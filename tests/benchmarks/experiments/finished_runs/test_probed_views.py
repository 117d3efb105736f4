"""Finished runs probed at other views: their own ones give what the run has measured."""

import sys
from dataclasses import replace

import pandas as pd
import pytest

from benchmarks.experiments.finished_runs import probed_views as module
from benchmarks.experiments.finished_runs.probed_views import own_views, parse_views
from interaction_probes.experiment.runner import run
from interaction_probes.settings.presets import PRESETS

SMOKE = replace(
    PRESETS["smoke"],
    method="comm",
    probe=replace(PRESETS["smoke"].probe, zoom=1.5, further_zooms=(1.0,), mirrored=True),
)


@pytest.fixture(scope="module")
def table_and_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("views")
    folder = run(replace(SMOKE, probe=replace(SMOKE.probe, controls=())), out, "cpu").path
    words = ["probed_views.py", str(folder), "--views", "48", "32 48m", "32m 48 48m 32"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [*words, "--out", str(out / "views.csv")])
        module.main()
    return pd.read_csv(out / "views.csv"), pd.read_csv(folder / "metrics.csv")


def test_a_runs_own_views_give_its_own_scores(table_and_run):
    table, metrics = table_and_run
    assert own_views(SMOKE) == ((48, False), (48, True), (32, False), (32, True))
    last = metrics[(metrics["epoch"] == metrics["epoch"].max()) & (metrics["probe"] == "linear")]
    own = table[table["views"] == "48 48m 32 32m"].set_index("task")
    assert (own["cost"] == 1).all()
    for task in ("R", "U1", "U2", "S"):
        measured = last[last["task"] == task].set_index("metric")["value"]
        assert own.loc[task, "accuracy"] == pytest.approx(measured["accuracy"], abs=1e-5)
    assert own.loc["S", "auc"] == pytest.approx(measured["auc"], abs=1e-5)
    assert own["auc"].isna().tolist() == [True, True, True, False]


def test_every_set_has_a_row_per_task(table_and_run):
    table, _ = table_and_run
    assert set(table["views"]) == {"48 48m 32 32m", "48", "32 48m"}  # its own ones once
    assert len(table) == 3 * 4
    cost = table.groupby("views")["cost"].first()
    assert cost["48"] == round(48**2 / (2 * 48**2 + 2 * 32**2), 2)
    scores = table.pivot(index="task", columns="views", values="accuracy")
    assert ((scores >= 0) & (scores <= 1)).all(axis=None)
    assert not scores["48"].equals(scores["32 48m"])


def test_views_are_sizes_with_or_without_an_m():
    assert parse_views("80 64m") == ((80, False), (64, True))
    for wrong in ("", "80 80", "80x", "m", "0", "-64"):
        with pytest.raises(ValueError, match=r"a view is a size|one or more different"):
            parse_views(wrong)
