"""A run that was stopped goes on where it was, byte for byte; a finished one is skipped."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from stopping import Interrupted, content, stop_after
from three_images import as_many_as_needed

from interaction_probes.experiment import runner
from interaction_probes.experiment.runner import run
from interaction_probes.settings.registry import METHODS, find_method
from interaction_probes.storage import provenance
from interaction_probes.storage.run_folder import RunFolder

CPU = torch.device("cpu")


def test_a_finished_run_is_skipped(smoke, copied, whole, monkeypatch):
    folder = RunFolder(copied / whole.path.name)
    before = {path.name: path.stat().st_mtime_ns for path in folder.path.iterdir()}
    monkeypatch.setattr(runner, "open_data", lambda *_: pytest.fail("nothing is to be done"))
    lines = []
    run(smoke, copied, CPU, lambda progress: lines.append(progress.line))
    assert lines == ["finished before"]
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.path.iterdir()}


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_an_interrupted_run_goes_on_bit_for_bit(smoke, tmp_path, whole, epoch):
    with pytest.raises(Interrupted):
        run(smoke, tmp_path / "parts", CPU, stop_after(epoch))
    lines = []
    parts = run(smoke, tmp_path / "parts", CPU, lambda p: lines.append(p.line) if p.line else 0)
    if epoch == 2:
        assert lines == ["finished before"]
    elif epoch == 1:
        assert lines[0] == "resumed after epoch 1"
    assert content(parts) == content(whole)
    saved, expected = parts.load_checkpoint(), whole.load_checkpoint()
    assert saved["rows"] == expected["rows"]
    for name, value in expected["method"].items():
        assert torch.equal(saved["method"][name], value), name
    for index, slots in expected["optimizer"]["state"].items():
        for name, value in slots.items():
            assert torch.equal(saved["optimizer"]["state"][index][name], value)


def test_layers_that_draw_globally_go_on_bit_for_bit(brief, tmp_path):
    dropping = replace(brief, method="tiny_method:Dropping")
    torch.manual_seed(1)
    undisturbed = run(dropping, tmp_path / "whole", CPU)
    torch.manual_seed(2)
    with pytest.raises(Interrupted):
        run(dropping, tmp_path / "parts", CPU, stop_after(1))
    state = torch.get_rng_state()
    parts = run(dropping, tmp_path / "parts", CPU)
    assert content(parts) == content(undisturbed)
    assert torch.equal(torch.get_rng_state(), state)  # whoever calls keeps their own
    other = run(replace(dropping, seed=1), tmp_path / "other", CPU)
    assert content(other) != content(parts)


def test_a_run_stopped_in_the_middle_of_an_epoch_goes_on(smoke, tmp_path, whole):
    def report(progress):
        if progress.epoch == 1 and progress.fraction == 0.5:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(smoke, tmp_path / "parts", CPU, report)
    assert content(run(smoke, tmp_path / "parts", CPU)) == content(whole)


def test_a_run_that_goes_on_elsewhere_says_so(smoke, tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "processor", lambda: "first")
    with pytest.raises(Interrupted):
        run(smoke, tmp_path, CPU, stop_after(1))
    monkeypatch.setattr(provenance, "processor", lambda: "second")
    folder = run(smoke, tmp_path, CPU)
    assert folder.read_json("run.json")["processor"] == "first, then second"
    # Files that are only written anew are no more than that.
    (folder.path / "losses.csv").unlink()
    monkeypatch.setattr(provenance, "processor", lambda: "third")
    run(smoke, tmp_path, CPU)
    assert folder.read_json("run.json")["processor"] == "first, then second"
    assert folder.read_json("run.json")["threads"] == 1


def test_a_run_stopped_before_its_last_file_is_finished(smoke, copied, whole):
    folder = RunFolder(copied / whole.path.name)
    status = folder.read_json("run.json")
    folder.write_json("run.json", {**status, "status": "running"})
    run(smoke, copied, CPU)
    assert folder.read_json("run.json")["status"] == "finished"
    assert content(folder) == content(whole)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_runs_and_goes_on_where_it_was_stopped(brief, tmp_path, method):
    """Byte for byte, whatever its loss draws at random."""
    config = as_many_as_needed(replace(brief, method=method))
    whole = run(config, tmp_path / "whole", CPU)
    metrics = whole.read_metrics()
    learns = bool(find_method(method).terms)
    assert set(metrics["epoch"]) == ({0, 2} if learns else {0})
    assert {"mask1", "mask2", "shuffled"} < set(metrics["probe"])
    losses = pd.read_csv(whole.path / "losses.csv")
    between = {"partial"} if method == "comm" else set()  # no mask lies between one image and two
    assert set(losses["term"]) == set(find_method(method).terms) - between
    if learns:
        with pytest.raises(Interrupted):
            run(config, tmp_path / "parts", CPU, stop_after(1))
        assert content(run(config, tmp_path / "parts", CPU)) == content(whole)
