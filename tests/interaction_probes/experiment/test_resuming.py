from dataclasses import replace

import pandas as pd
import pytest
import torch
from stopping import Interrupted, content, stop_after
from three_images import as_many_as_needed

from interaction_probes.analysis.schema import FORMAT_VERSION
from interaction_probes.collect import collect
from interaction_probes.experiment import image_data, runner
from interaction_probes.experiment.loading import load_model
from interaction_probes.experiment.runner import run
from interaction_probes.settings.registry import METHODS, find_method
from interaction_probes.storage import provenance
from interaction_probes.storage.checkpoint_file import checkpoint_bytes
from interaction_probes.storage.checksums import with_checksums
from interaction_probes.storage.find_runs import read_runs
from interaction_probes.storage.reuse import find_reusable, to_do
from interaction_probes.storage.run_folder import FAILURE, RunFolder, State, state_of

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


def as_version_1(folder, status="running"):
    """Rewrite a run's folder as version 1 wrote it: no format, no names of columns."""
    told = folder.read_json("run.json")
    plain = {name: told[name] for name in told if name not in ("format", "sha256")}
    folder.write_json("run.json", with_checksums({**plain, "status": status}, folder.path))
    checkpoint = folder.load_checkpoint()
    del checkpoint["columns"], checkpoint["modalities"]
    assert all(type(row) is tuple and len(row) == 5 for row in checkpoint["rows"])
    folder.write_checkpoint(checkpoint_bytes(checkpoint))


def test_a_run_folder_of_version_1_resumes_to_the_same_bytes(smoke, tmp_path, whole):
    with pytest.raises(Interrupted):
        run(smoke, tmp_path, CPU, stop_after(1))
    [path] = tmp_path.iterdir()
    as_version_1(RunFolder(path))
    lines = []
    folder = run(smoke, tmp_path, CPU, lambda p: lines.append(p.line) if p.line else 0)
    assert lines[0] == "resumed after epoch 1"
    assert content(folder) == content(whole)
    assert folder.read_json("run.json")["format"] == FORMAT_VERSION


def test_a_run_folder_of_version_1_is_skipped_collected_and_loaded(smoke, copied, whole):
    folder = RunFolder(copied / whole.path.name)
    expected, _ = collect(copied)
    as_version_1(folder, "finished")
    lines = []
    run(smoke, copied, CPU, lambda progress: lines.append(progress.line))
    assert lines == ["finished before"]
    found, _ = collect(copied)
    assert found.pop("format").isna().all()
    assert (expected.pop("format") == FORMAT_VERSION).all()
    pd.testing.assert_frame_equal(found, expected)
    assert load_model(folder.path, CPU)[2] == 2


def test_a_run_folder_of_a_later_version_is_left_alone(smoke, copied, whole):
    folder = RunFolder(copied / whole.path.name)
    later = {**folder.read_json("run.json"), "format": FORMAT_VERSION + 1}
    folder.write_json("run.json", later)
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    message = f"newer version: format {FORMAT_VERSION + 1}"
    for read in (lambda: run(smoke, copied, CPU), lambda: load_model(folder.path, CPU)):
        with pytest.raises(ValueError, match=message):
            read()
    _, [reason] = zip(*read_runs(copied)[1].items(), strict=True)
    assert message in reason
    further = replace(smoke, probe=replace(smoke.probe, controls=("mlp",)))
    assert find_reusable(further, copied) is None
    assert before == {path.name: path.read_bytes() for path in folder.path.iterdir()}


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


def test_a_run_is_finished_by_the_generator_that_began_it(brief, tmp_path, monkeypatch):
    with pytest.raises(Interrupted):
        run(brief, tmp_path, CPU, stop_after(1))
    monkeypatch.setattr(provenance, "GENERATOR_VERSION", provenance.GENERATOR_VERSION + 1)
    with pytest.raises(ValueError, match=r"was begun by version 2 of the generator, and this is"):
        run(brief, tmp_path, CPU)
    monkeypatch.undo()
    folder = run(brief, tmp_path, CPU)
    monkeypatch.setattr(provenance, "GENERATOR_VERSION", provenance.GENERATOR_VERSION + 1)
    lines = []
    run(brief, tmp_path, CPU, lambda progress: lines.append(progress.line))
    assert lines == [
        "finished before by version 2 of the generator, and this is version 3: "
        f"delete {folder.path} to run it with this one"
    ]
    further = replace(brief, probe=replace(brief.probe, controls=("mlp",)))
    assert find_reusable(further, tmp_path) is None


def test_another_version_of_the_package_that_resumes_a_run_is_told(brief, tmp_path, monkeypatch):
    with pytest.raises(Interrupted):
        run(brief, tmp_path, CPU, stop_after(1))
    monkeypatch.setattr(provenance, "version", lambda _: "7.0")
    lines = []
    run(brief, tmp_path, CPU, lambda progress: lines.append(progress.line))
    [told] = [line for line in lines if line and "interaction_probes" in line]
    assert told.startswith("this run was begun by interaction_probes ")
    assert told.endswith("; it resumes with 7.0")
