"""Curves of finished runs, as the command draws them after all the training."""

from types import SimpleNamespace

import pandas as pd
from curve_tables import table
from hostile_session import hostile_session

from interaction_probes.reporting.run_curves import write_curves
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
