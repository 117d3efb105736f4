"""Truncated, flipped and missing files: mended from the checkpoint, or one clear line."""

import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from interaction_probes.collect import collect
from interaction_probes.execution.launcher import error_message
from interaction_probes.experiment import image_data, runner
from interaction_probes.experiment.loading import load_run
from interaction_probes.experiment.runner import run
from interaction_probes.storage.checksums import damaged
from interaction_probes.storage.run_folder import RunFolder, state_of

from .harness import compare

CPU = torch.device("cpu")
SEALED = (
    *("config.json", "metrics.csv", "losses.csv", "dynamics.csv"),
    *("confusion.csv", "representation.csv", "run.json"),
)


@pytest.fixture
def copy(whole, tmp_path):
    """A copy of the undisturbed run."""
    shutil.copytree(whole.path, tmp_path / whole.path.name)
    return RunFolder(tmp_path / whole.path.name)


def flip(path, share=0.5):
    """Turn one character into another that is as likely: a digit stays a digit."""
    content = bytearray(path.read_bytes())
    at = int(share * len(content))
    while not chr(content[at]).isdigit():
        at = (at + 1) % len(content)
    content[at] = ord("0") + (content[at] - ord("0") + 1) % 10
    path.write_bytes(content)


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


HARM = {"flipped": flip, "truncated": truncate, "empty": empty, "missing": Path.unlink}


@pytest.fixture(scope="module")
def half(config, tmp_path_factory):
    """The folder of runs that holds one that was stopped after its first epoch."""

    def report(progress):
        if progress.epoch == 1 and progress.line:
            raise KeyboardInterrupt

    out = tmp_path_factory.mktemp("half")
    with pytest.raises(KeyboardInterrupt):
        run(config, out, CPU, report)
    return out


@pytest.fixture
def unfinished(half, tmp_path):
    """A folder of runs with a copy of it."""
    shutil.copytree(half, tmp_path / "unfinished")
    return tmp_path / "unfinished"


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("name", SEALED)
def test_a_finished_run_is_mended_from_its_checkpoint(config, copy, whole, monkeypatch, name, harm):
    HARM[harm](copy.path / name)
    if (name, harm) != ("run.json", "missing"):
        state = state_of(copy.path)
        assert state.name == "half done"
        assert name in state.failure
    table, left_out = collect(copy.path.parent)
    assert table.empty
    assert list(left_out) == [copy.path.name]
    monkeypatch.setattr(image_data, "pretrain", no_training)
    lines = []
    run(config, copy.path.parent, CPU, lambda progress: lines.append(progress.line))
    told = f"written anew from the checkpoint: {name}, damaged or missing"
    assert (told in lines) == ((name, harm) != ("run.json", "missing"))
    compare(copy.path, whole.path)
    assert state_of(copy.path).name == "finished"
    assert not collect(copy.path.parent)[1]


def no_training(*_, finished_epochs, **__):
    assert finished_epochs == 2
    return iter(())


def test_an_intact_run_is_left_as_it_is(config, copy, monkeypatch):
    assert damaged(copy.read_json("run.json"), copy.path) == []
    monkeypatch.setattr(runner, "open_data", lambda *_: pytest.fail("nothing is to be done"))
    run(config, copy.path.parent, CPU)


@pytest.mark.parametrize("name", SEALED)
def test_what_no_checkpoint_can_mend_is_named(config, copy, name):
    (copy.path / "checkpoint.pt").unlink()
    flip(copy.path / name)
    before = {path: path.read_bytes() for path in copy.path.iterdir()}
    with pytest.raises(ValueError, match=r"is damaged or missing.*delete the folder") as caught:
        run(config, copy.path.parent, CPU)
    assert str(copy.path / name) in str(caught.value)
    assert before == {path: path.read_bytes() for path in copy.path.iterdir()}


@pytest.mark.parametrize("share", [0.02, 0.2, 0.4, 0.6, 0.8, 0.97])
def test_no_flipped_digit_of_a_status_passes(copy, share):
    """Neither in its numbers, nor in its checksums, nor in its versions."""
    flip(copy.path / "run.json", share)
    assert state_of(copy.path).name == "half done"


@pytest.mark.parametrize("harm", ["truncated", "missing"])
@pytest.mark.parametrize("name", ["metrics.csv", "config.json", "run.json"])
def test_damage_to_an_unfinished_run_does_not_matter(config, unfinished, whole, name, harm):
    HARM[harm](unfinished / whole.path.name / name)
    compare(run(config, unfinished, CPU).path, whole.path)


@pytest.mark.parametrize("harm", ["flipped", "truncated", "empty"])
def test_a_damaged_checkpoint_stops_an_unfinished_run_in_a_line(config, unfinished, whole, harm):
    path = unfinished / whole.path.name / "checkpoint.pt"
    HARM[harm](path)
    harmed = path.read_bytes()
    with pytest.raises(ValueError, match=r"is damaged .*delete it to start this run again"):
        run(config, unfinished, CPU)
    assert path.read_bytes() == harmed


def test_without_its_checkpoint_an_unfinished_run_starts_again(config, unfinished, whole):
    (unfinished / whole.path.name / "checkpoint.pt").unlink()
    compare(run(config, unfinished, CPU).path, whole.path)


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        (None, r"config\.json is damaged.*run it again to restore it"),
        ("flipped", r"run\.json is damaged.*run it again to restore it"),
        ("truncated", r"run\.json is damaged"),
        ("empty", r"run\.json is damaged"),
        ("missing", r"run\.json is missing, and with it.*run it again to restore it"),
    ],
)
def test_a_config_that_was_changed_is_not_taken_for_the_runs(config, copy, harm, line):
    """Nor where its checksum is gone."""
    path = copy.path / "config.json"
    plain = json.loads(path.read_text())
    path.write_text(json.dumps({**plain, "seed": 5}))
    if harm:
        HARM[harm](copy.path / "run.json")
    with pytest.raises(ValueError, match=line):
        load_run(copy.path, CPU)
    run(config, copy.path.parent, CPU)
    assert load_run(copy.path, CPU)[0] == config


def test_files_of_an_earlier_version_have_no_sums_and_are_taken(copy):
    status = copy.read_json("run.json")
    del status["sha256"]
    copy.write_json("run.json", status)
    assert state_of(copy.path).name == "finished"
    assert list(collect(copy.path.parent)[1]) == []


@pytest.mark.parametrize("content", [{"seconds": "x"}, {"seconds": []}, {"epoch": "x"}, {}])
def test_a_status_of_strange_types_is_no_bug(config, unfinished, whole, content):
    folder = RunFolder(unfinished / whole.path.name)
    folder.write_json("run.json", {"status": "running", **content})
    assert state_of(folder.path).epoch is None
    compare(run(config, unfinished, CPU).path, whole.path)


@pytest.mark.parametrize("at", [1, 4, 7, 12])
def test_a_disk_that_fills_keeps_the_last_saved_epoch(config, tmp_path, whole, monkeypatch, at):
    """The at-th write fails; with room again the same command resumes."""
    real, calls = os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) >= at:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            run(config, tmp_path, CPU)
    assert not list(tmp_path.rglob(".*"))
    compare(run(config, tmp_path, CPU).path, whole.path)


def test_a_file_over_the_systems_limit_is_one_line_and_none_is_left_half(config, tmp_path, whole):
    """As on a full disk: the system itself cuts the checkpoint's write short."""
    resource = pytest.importorskip("resource", reason="this system has no such limits")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, hard))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            run(config, tmp_path, CPU)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    told = error_message(caught.value, tmp_path, "cpu")
    assert told == f"File too large: {tmp_path / whole.path.name / 'checkpoint.pt'}"
    files = {path.name for path in (tmp_path / whole.path.name).iterdir()}
    assert files == {"config.json", "metrics.csv", "losses.csv", "representation.csv"}
    compare(run(config, tmp_path, CPU).path, whole.path)


def test_a_cache_that_is_damaged_stops_before_anything_is_written(config, tmp_path):
    cache, out = tmp_path / "cache", tmp_path / "out"
    short = replace(config, optim=replace(config.optim, epochs=0))
    run(short, tmp_path / "first", CPU, cache=cache)
    [path] = cache.iterdir()
    for harm in (truncate, empty):
        intact = path.read_bytes()
        harm(path)
        with pytest.raises(ValueError, match=r"image cache .* is damaged .*delete it"):
            run(short, out, CPU, cache=cache)
        assert not out.exists()
        path.write_bytes(intact)
