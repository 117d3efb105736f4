"""A run that differs from a finished one in its controls alone takes over its training."""

from dataclasses import replace

import pytest
import torch
from stopping import content

from interaction_probes.collect import collect
from interaction_probes.experiment import image_data
from interaction_probes.experiment.runner import run
from interaction_probes.storage.reuse import find_reusable, to_do
from interaction_probes.storage.run_folder import RunFolder, State

CPU = torch.device("cpu")


def test_further_controls_need_no_further_training(
    smoke, copied, whole, tmp_path_factory, monkeypatch
):
    further = replace(smoke, probe=replace(smoke.probe, controls=("masks", "shuffled", "mlp")))
    expected = run(further, tmp_path_factory.mktemp("apart"), CPU)
    monkeypatch.setattr(image_data, "pretrain", lambda *_, **__: [])
    states = [State("new"), State("finished", 2), State("half done", 1)]
    assert to_do([further, smoke, smoke], states, copied) == [(further, 2), (smoke, 1)]
    lines = []
    found = run(further, copied, CPU, lambda progress: lines.append(progress.line))
    [line] = lines
    assert line.startswith(f"resumed from the checkpoint of {whole.path.name}: epoch 2 reprobed  ")
    assert found.path.name == expected.path.name != whole.path.name
    assert content(found) == content(expected)
    assert found.load_checkpoint()["rows"] == expected.load_checkpoint()["rows"]
    assert found.read_json("config.json") == expected.read_json("config.json")
    assert found.read_json("run.json")["status"] == "finished"
    assert content(RunFolder(copied / whole.path.name)) == content(whole)
    lines.clear()
    run(further, copied, CPU, lambda progress: lines.append(progress.line))
    assert lines == ["finished before"]
    table, left_out = collect(copied)
    assert set(table["run"]) == {found.path.name}
    assert left_out == {
        whole.path.name: f"{found.path.name} is the same training with further controls"
    }


@pytest.mark.parametrize("other", ["seed", "rate", "half done", "damaged"])
def test_a_run_that_differs_in_more_is_trained(smoke, copied, whole, other):
    further = replace(smoke, probe=replace(smoke.probe, controls=("mlp",)))
    if other == "seed":
        further = replace(further, seed=1)
    if other == "rate":
        further = replace(further, optim=replace(further.optim, lr=1e-5))
    folder = RunFolder(copied / whole.path.name)
    if other == "half done":
        folder.write_json("run.json", {**folder.read_json("run.json"), "status": "running"})
    if other == "damaged":
        (folder.path / "config.json").write_text("{}")
    assert find_reusable(further, copied) is None
    assert to_do([further], [State("new")], copied) == [(further, None)]
    assert find_reusable(smoke, copied / "nowhere") is None


def test_what_learns_nothing_is_probed_as_it_begins(brief, tmp_path):
    floor = replace(brief, method="tiny_method:Untrained")
    run(floor, tmp_path, CPU)
    further = replace(floor, probe=replace(floor.probe, controls=("mlp",)))
    assert to_do([further], [State("new")], tmp_path) == [(further, None)]
    lines = []
    run(further, tmp_path, CPU, lambda progress: lines.append(progress.line))
    assert lines[0].startswith("epoch 0/")


@pytest.mark.parametrize("content", [None, b"damaged"])
def test_without_its_checkpoint_a_run_is_trained_again(brief, tmp_path, content):
    path = run(brief, tmp_path, CPU).path / "checkpoint.pt"
    path.unlink()
    if content:
        path.write_bytes(content)
    further = replace(brief, probe=replace(brief.probe, controls=("mlp",)))
    if not content:  # and its plan says so; of a damaged one only reading it tells
        assert to_do([further], [State("new")], tmp_path) == [(further, None)]
    lines = []
    found = run(further, tmp_path, CPU, lambda progress: lines.append(progress.line))
    assert found.read_json("run.json")["status"] == "finished"
    assert not [line for line in lines if line and "reprobed" in line]
