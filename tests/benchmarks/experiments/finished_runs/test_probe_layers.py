"""The probe at every place of a run: where the run itself probed, it reads what the run read."""

import csv
from dataclasses import replace

import pytest
import torch

from benchmarks.experiments.finished_runs import probe_layers as module
from interaction_probes.experiment.runner import run
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import PRESETS


def test_a_runs_own_place_reads_what_the_run_did(tmp_path, script):
    config = replace(preset_for_method(PRESETS["smoke"], "clip"), n_pairs=100)
    config = replace(config, optim=replace(config.optim, epochs=1, precision="fp32"))
    folder = run(config, tmp_path, torch.device("cpu"))
    table = tmp_path / "places.csv"
    said, _ = script(module, folder.path, "--out", table)
    assert said.count("\n") == 2
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["place"] for row in rows} == {"projection", "encoder"}
    metrics = folder.read_metrics()
    last = metrics[(metrics["epoch"] == 1) & (metrics["probe"] == "linear")]
    expected = last.set_index(["task", "metric"])["value"]
    for row in rows:
        if row["place"] == "projection":
            value = expected[row["task"], row["metric"]]
            assert float(row["value"]) == pytest.approx(value, abs=1e-6)
    both = {(row["place"], row["features"]) for row in rows}
    assert len(both) == 2


def test_a_wrong_folder_is_one_line(tmp_path, script, capsys):
    with pytest.raises(SystemExit) as stop:
        script(module, tmp_path / "none")
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
