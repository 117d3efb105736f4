"""Figures of finished runs, as the command draws them after all the training."""

from types import SimpleNamespace

import pandas as pd
from curve_tables import table
from hostile_session import hostile_session

from interaction_probes.reporting.run_figures import write_curves
from interaction_probes.settings.presets import PRESETS


def folder(path):
    path.mkdir(parents=True)
    scores = table(pairs=("unbiased",))
    low = scores[(scores["metric"] == "accuracy") & (scores["probe"] == "linear")]
    low = low.assign(metric="accuracy_low", value=low["value"] - 0.05)
    metrics = pd.concat([scores, low], ignore_index=True)
    return SimpleNamespace(
        path=path, read_metrics=lambda: metrics, read_representations=lambda: None
    )


def test_settings_of_a_session_do_not_change_them(tmp_path):
    config = PRESETS["smoke"]
    [plain] = write_curves([folder(tmp_path / "a" / "run-1234")], config, tmp_path / "a", None)
    with hostile_session():
        [drawn] = write_curves([folder(tmp_path / "b" / "run-1234")], config, tmp_path / "b", None)
    assert plain.read_bytes() == drawn.read_bytes()


def test_the_figure_of_both_designs_is_named_by_both_hashes(tmp_path):
    config = PRESETS["smoke"]
    folders = [folder(tmp_path / "run-12345678"), folder(tmp_path / "run-23456789")]
    folders[1].read_metrics = lambda read=folders[0].read_metrics: read().assign(pairs="biased")
    [both] = write_curves(folders, config, tmp_path, None)
    assert both == tmp_path / f"{config.method}-smoke-s0-1234-2345-curves.png"
    drawn = {path.name for path in tmp_path.rglob("*.png")}
    assert drawn == {both.name, "curves.png"}
