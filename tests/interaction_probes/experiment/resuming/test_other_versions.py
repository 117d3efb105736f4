"""Runs that another version began: of the folder, of the generator, of the package."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from stopping import Interrupted, content, stop_after

from interaction_probes.analysis.schema import FORMAT_VERSION
from interaction_probes.collect import collect
from interaction_probes.experiment.loading import load_model
from interaction_probes.experiment.runner import run
from interaction_probes.storage import provenance
from interaction_probes.storage.checkpoint_file import checkpoint_bytes
from interaction_probes.storage.checksums import with_checksums
from interaction_probes.storage.find_runs import read_runs
from interaction_probes.storage.reuse import find_reusable
from interaction_probes.storage.run_folder import RunFolder

CPU = torch.device("cpu")


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
