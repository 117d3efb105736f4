"""Figures of finished runs, as the command draws them after all the training."""

from types import SimpleNamespace

import pandas as pd
from curve_tables import table
from hostile_session import hostile_session

from interaction_probes.analysis.published import PUBLISHED
from interaction_probes.figures.curves import curves
from interaction_probes.reporting import run_figures
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


def test_published_values_stand_beside_the_designs_that_they_are_of(tmp_path, monkeypatch):
    """S was published of biased pairs, R, U1 and U2 of unbiased ones."""
    marked = []

    def draw(table, published, emergence):
        marked.append((*set(table["pairs"]), set(published)))
        return curves(table, published, emergence)

    monkeypatch.setattr(run_figures, "curves", draw)
    folders = [folder(tmp_path / "run-12345678"), folder(tmp_path / "run-23456789")]
    folders[1].read_metrics = lambda read=folders[0].read_metrics: read().assign(pairs="biased")
    write_curves(folders, PRESETS["smoke"], tmp_path, PUBLISHED["comm"])
    unbiased, biased, (*_, of_both) = marked
    assert unbiased == ("unbiased", {"R", "U1", "U2"})
    assert biased == ("biased", {"S"})
    assert of_both == {"R", "U1", "U2", "S"}
