"""The comparison of two probe protocols: both scored on one encoder, the public cost scaled."""

from dataclasses import replace

import pytest
import torch

from benchmarks.experiments.finished_runs import protocols
from benchmarks.experiments.finished_runs.protocols import Seconds, accuracies, measure
from interaction_probes.analysis.schema import Measurement
from interaction_probes.comm.method import CoMM
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.experiment.runner import run
from interaction_probes.settings.presets import PRESETS


def smallest():
    smoke = PRESETS["smoke"]
    return replace(
        smoke,
        images=replace(smoke.images, renders=1),
        n_pairs=200,
        optim=replace(smoke.optim, epochs=0, precision="fp32"),
        probe=replace(smoke.probe, strengths=(1e-1, 1e-3), controls=()),
    )


def test_seconds_are_scaled_to_every_pair_of_every_task(monkeypatch):
    config = smallest()
    data = dataset(config)
    monkeypatch.setattr(protocols, "probe_epoch", lambda *arguments, **named: None)
    monkeypatch.setattr(protocols, "seconds_per_batch", lambda *arguments: 0.5)
    found = measure(initialise(CoMM, config), data, config, 3)
    per_task = sum(-(-len(pairs.index) // 64) for pairs in (data.probe_train, data.probe_test))
    assert found.batches == 4 * per_task
    assert found.released == 0.5 * 4 * per_task


def test_both_images_of_each_pair_of_a_batch_are_encoded(monkeypatch):
    config = smallest()
    data = dataset(config)
    encoded = []
    encode = CoMM.encode
    monkeypatch.setattr(
        CoMM,
        "encode",
        lambda self, m, images: encoded.append(len(images)) or encode(self, m, images),
    )
    images = protocols.pixels(data.train.images)
    method = initialise(CoMM, config)
    assert protocols.seconds_per_batch(method, data, images, config, 3) > 0
    assert encoded == [64] * 2 * 4  # the first is not timed


def test_what_was_scaled_is_said():
    line = str(Seconds(2.0, 200.0, 5, 880))
    for part in ("2.0 s", "200 s", "5 of 880", "scaled", "at least 100 times", "fits not counted"):
        assert part in line


def test_a_line_has_both_accuracies_and_their_difference():
    rows = [
        Measurement(0, "R", probe, name, value + shift)
        for probe, shift in (("linear", 0.0), ("public", -0.05))
        for name, value in (("accuracy", 0.9), ("accuracy_low", 0.88), ("accuracy_high", 0.92))
    ]
    [line] = accuracies(rows)
    assert "here  90.0 (88.0 to 92.0)" in line
    assert "released  85.0 (83.0 to 87.0)" in line
    assert line.endswith("-5.0")


@pytest.mark.slow
def test_the_command_on_a_run_and_at_a_scale(tmp_path, script, capsys):
    folder = run(replace(smallest(), method="comm"), tmp_path, torch.device("cpu"))
    said, _ = script(protocols, "--batches", 1, folder.path, "--scale", "smoke")
    for task in ("R ", "U1 ", "U2 ", "S "):
        assert any(line.startswith(task) for line in said.splitlines())
    assert said.count("times as long") == 2
    with pytest.raises(SystemExit) as stop:
        script(protocols, "--batches", 1, tmp_path / "missing")
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
