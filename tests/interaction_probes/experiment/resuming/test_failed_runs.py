"""Runs that failed: which failure stays told, and what is refused."""

from dataclasses import replace

import pytest
import torch
from stopping import Interrupted, stop_after

from interaction_probes.experiment import runner
from interaction_probes.experiment.runner import run
from interaction_probes.storage.checkpoint_file import checkpoint_bytes
from interaction_probes.storage.run_folder import FAILURE, RunFolder, State, state_of

CPU = torch.device("cpu")


@pytest.mark.parametrize("stop", [0, 1, None])
def test_a_run_that_goes_on_is_no_failed_one(brief, tmp_path, stop):
    """Whichever command retries it: stopped again, it is half done, and finished it is finished."""
    with pytest.raises(Interrupted):
        run(brief, tmp_path, CPU, stop_after(0))
    [path] = tmp_path.iterdir()
    RunFolder(path).write_json(FAILURE, {"reason": "out of memory"})
    assert state_of(path).failure == "out of memory"
    if stop is None:
        run(brief, tmp_path, CPU)
    else:
        with pytest.raises(Interrupted):
            run(brief, tmp_path, CPU, stop_after(stop))
        assert state_of(path) == State("half done", stop)
    assert not (path / FAILURE).exists()


def test_a_run_that_is_refused_again_stays_a_failed_one(brief, tmp_path, monkeypatch):
    def refuse(*_):
        raise ValueError("the data have changed")

    with pytest.raises(Interrupted):
        run(brief, tmp_path, CPU, stop_after(0))
    [path] = tmp_path.iterdir()
    RunFolder(path).write_json(FAILURE, {"reason": "out of memory"})
    monkeypatch.setattr(runner, "open_data", refuse)
    with pytest.raises(ValueError, match="have changed"):
        run(brief, tmp_path, CPU)
    assert state_of(path).failure == "out of memory"


@pytest.mark.parametrize(
    "damage", ["method", "shape", "keys", "rows", "columns", "modalities", "optimizer"]
)
def test_a_checkpoint_of_another_run_is_refused(smoke, copied, whole, damage):
    folder = RunFolder(copied / whole.path.name)
    (folder.path / "run.json").unlink()
    state = folder.load_checkpoint()
    if damage == "method":
        state["method"].pop("heads.0.weight")
    if damage == "shape":
        state["method"]["heads.0.weight"] = torch.zeros(1, 1)
    if damage == "keys":
        state = {"other": 1}
    if damage == "rows":
        state["rows"] = [1, 2]
    if damage == "columns":
        state["columns"] = ("epoch", "task", "probe", "metric", "other")
    if damage == "modalities":
        state["modalities"] = 3
    if damage == "optimizer":
        state["optimizer"]["state"][0]["exp_avg"] = torch.zeros(1)
    folder.write_checkpoint(checkpoint_bytes(state))
    with pytest.raises(ValueError, match=r"checkpoint\.pt does not fit this run.*delete it"):
        run(smoke, copied, CPU)


def test_a_run_that_diverges_says_where(smoke, tmp_path):
    with pytest.raises(FloatingPointError, match="is nan at step 1 of epoch 2"):
        run(replace(smoke, method="tiny_method:Broken"), tmp_path, CPU)
    [path] = tmp_path.iterdir()
    folder = RunFolder(path)
    assert folder.load_checkpoint()["epoch"] == 1
    assert all(value.isfinite().all() for value in folder.load_checkpoint()["method"].values())
    assert folder.read_json("run.json")["status"] == "running"
    assert set(folder.read_metrics()["epoch"]) == {0, 1}
