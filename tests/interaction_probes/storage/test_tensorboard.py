from dataclasses import replace

import pandas as pd
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from interaction_probes.analysis.schema import Measurement, RunIdentity
from interaction_probes.execution.launcher import launch
from interaction_probes.experiment.runner import run as do
from interaction_probes.runtime.devices import Resources
from interaction_probes.storage import tensorboard
from interaction_probes.storage.run_folder import RunFolder
from interaction_probes.storage.tensorboard import FOLDER, EventFiles, check_tensorboard

IDENTITY = RunIdentity("comm", "quick", "biased", 0)
ROWS = [Measurement(0, "R", "exact", "bits", 3.25), Measurement(0, "S", "linear", "accuracy", 0.5)]


def written(run):
    """Tag → [(step, value)], as TensorBoard reads them."""
    events = EventAccumulator(str(run.path / FOLDER)).Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path)


def test_rows_are_added_as_they_come(run):
    files = EventFiles(run)
    files.update()
    assert not (run.path / FOLDER).exists()
    run.write_metrics(IDENTITY, ROWS)
    run.write_losses([])  # as before the first epoch
    files.update()
    assert written(run) == {"R/exact/bits": [(0, 3.25)], "S/linear/accuracy": [(0, 0.5)]}
    run.write_metrics(IDENTITY, [*ROWS, Measurement(2, "S", "linear", "accuracy", 0.75)])
    run.write_losses([(1, "joint", 4.5), (2, "joint", 4.0)])
    files.update()
    files.update()
    files.close()
    found = written(run)
    assert found["S/linear/accuracy"] == [(0, 0.5), (2, 0.75)]
    assert found["loss/joint"] == [(1, 4.5), (2, 4.0)]


def test_another_start_replaces_the_events_of_the_last(run):
    run.write_metrics(IDENTITY, ROWS)
    (run.path / FOLDER).mkdir()
    other = run.path / FOLDER / "mine.txt"
    other.write_text("kept")
    for _ in range(2):
        files = EventFiles(run)
        files.update()
        files.close()
    assert len(list((run.path / FOLDER).glob("events*"))) == 1
    assert written(run)["R/exact/bits"] == [(0, 3.25)]
    assert other.read_text() == "kept"


def test_a_damaged_table_comes_when_it_is_mended(run):
    identity = RunIdentity("comm", "quick", "biased", 0)
    run.write_metrics(identity, ROWS)
    run.write_losses([(1, "joint", 4.5)])
    files = EventFiles(run)
    whole = (run.path / "metrics.csv").read_text()
    for damage in ("", whole.replace("0.5", "0.999"), whole.replace("value", "valu"), "\0"):
        (run.path / "metrics.csv").write_text(damage)
        files.update()
    run.write_metrics(identity, ROWS)
    files.update()
    files.close()
    found = written(run)
    assert found.pop("loss/joint") == [(1, 4.5)]
    assert found == {"R/exact/bits": [(0, 3.25)], "S/linear/accuracy": [(0, 0.5)]}


def test_events_of_a_finished_run_that_is_mended_are_those_of_its_tables(brief, tmp_path):
    folder = do(brief, tmp_path, torch.device("cpu"))
    path = folder.path / "metrics.csv"
    whole = path.read_text()
    path.write_text(whole.replace("accuracy", "acuracy"))
    files = EventFiles(folder)

    def watch(progress):
        if progress.line:
            files.update()

    do(brief, tmp_path, torch.device("cpu"), watch)
    files.close()
    assert path.read_text() == whole
    assert not [tag for tag in written(folder) if "acuracy" in tag]
    assert "S/linear/accuracy" in written(folder)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install tensorboard"):
        check_tensorboard()


@pytest.mark.slow
def test_a_run_keeps_event_files_of_its_tables(smoke, tmp_path):
    config = replace(smoke, optim=replace(smoke.optim, epochs=1))
    [run] = launch([config], tmp_path, Resources(torch.device("cpu"), 1, 1), tensorboard=True)
    found = written(run)
    for row in run.read_metrics().itertuples():
        values = dict(found[f"{row.task}/{row.probe}/{row.metric}"])
        assert values[row.epoch] == pytest.approx(row.value, rel=1e-6)
    for row in pd.read_csv(run.path / "losses.csv").itertuples():
        assert dict(found[f"loss/{row.term}"])[row.epoch] == pytest.approx(row.value, rel=1e-6)
    assert sum(map(len, found.values())) == len(run.read_metrics()) + len(
        pd.read_csv(run.path / "losses.csv")
    )


@pytest.mark.parametrize("name", ["null", "NA", "nan", "None", "N/A", "1e5"])
def test_a_term_may_have_any_name(run, name):
    run.write_metrics(IDENTITY, [Measurement(0, name, name, name, 0.5)])
    run.write_losses([(1, name, 4.5), (1, "joint", 4.0)])
    files = EventFiles(run)
    files.update()
    files.close()
    assert written(run) == {
        f"{name}/{name}/{name}": [(0, 0.5)],
        f"loss/{name}": [(1, 4.5)],
        "loss/joint": [(1, 4.0)],
    }
