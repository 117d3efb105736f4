import json

import numpy as np
import pytest
import torch

from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation.confusion import class_names, confusion_cells
from interaction_probes.experiment.runner import run
from interaction_probes.storage.checkpoint_file import checkpoint_bytes
from interaction_probes.storage.checksums import with_checksums
from interaction_probes.storage.run_folder import RunFolder, state_of
from trifeature import FactorCounts, PairDesign
from trifeature.pairs.design import tasks

CPU = torch.device("cpu")


def test_matrices_sum_to_the_test_pairs_and_their_recall_is_the_accuracy(smoke, whole):
    table = whole.read_confusion()
    metrics = whole.read_metrics()
    data = dataset(smoke)
    linear = metrics.query("probe == 'linear' and metric == 'accuracy' and epoch == 2")
    accuracy = linear.set_index("task")["value"]
    assert list(table["task"].unique()) == [task.name for task in data.tasks]
    for task in data.tasks:
        rows = table[table["task"] == task.name]
        names = list(class_names(smoke.design, task))
        matrix = rows.pivot(index="true", columns="predicted", values="count").loc[names, names]
        counts = matrix.to_numpy()
        labels = data.probe_test.labels[task.name]
        assert counts.sum(1).tolist() == np.bincount(labels, minlength=task.classes).tolist()
        present = counts.sum(1) > 0
        recall = (np.diag(counts)[present] / counts.sum(1)[present]).mean()
        assert recall == pytest.approx(accuracy[task.name], abs=1e-12)
    assert set(table["epoch"]) == {2}
    assert set(table["probe"]) == {"linear"}


def test_rows_are_true_classes_and_columns_predicted_ones():
    task = tasks(PairDesign(), FactorCounts(3, 3, 3))[0]
    cells = confusion_cells(
        1, "linear", task, PairDesign(), np.array([0, 0, 2]), np.array([0, 1, 1])
    )
    shapes = class_names(PairDesign(), task)
    counted = {(cell.true, cell.predicted): cell.count for cell in cells}
    assert len(cells) == 9
    assert {key for key, count in counted.items() if count} == {
        (shapes[0], shapes[0]),
        (shapes[0], shapes[1]),
        (shapes[2], shapes[1]),
    }


def test_classes_are_named_by_the_attribute_that_the_design_asks_for():
    design = PairDesign(shared="colour", unique="shape")
    redundancy, first, _, synergy = tasks(design, FactorCounts(4, 4, 4))
    assert "red" in class_names(design, redundancy)
    assert "triangle" in class_names(design, first)
    assert class_names(design, synergy) == ("no match", "match")


def test_a_finished_run_of_an_earlier_version_is_still_finished(smoke, copied, whole):
    folder = RunFolder(copied / whole.path.name)
    (folder.path / "confusion.csv").unlink()
    assert state_of(folder.path).name == "half done"  # its checksum says that it was there
    status = {key: value for key, value in folder.read_json("run.json").items() if key != "sha256"}
    folder.write_json("run.json", with_checksums(status, folder.path))
    assert "confusion.csv" not in json.loads((folder.path / "run.json").read_text())["sha256"]
    assert state_of(folder.path).name == "finished"
    lines = []
    run(smoke, copied, CPU, lambda progress: lines.append(progress.line))
    assert lines == ["finished before"]
    assert folder.read_confusion() is None


def test_a_checkpoint_of_an_earlier_version_mends_the_other_tables(smoke, copied, whole):
    folder = RunFolder(copied / whole.path.name)
    state = folder.load_checkpoint()
    del state["confusion"]
    folder.write_checkpoint(checkpoint_bytes(state))
    (folder.path / "confusion.csv").unlink()
    (folder.path / "metrics.csv").unlink()
    run(smoke, copied, CPU)
    assert state_of(folder.path).name == "finished"
    assert (folder.path / "metrics.csv").read_bytes() == (whole.path / "metrics.csv").read_bytes()


def test_a_lost_file_is_written_anew(smoke, copied, whole):
    folder = RunFolder(copied / whole.path.name)
    (folder.path / "confusion.csv").write_text("nothing")
    run(smoke, copied, CPU)
    name = "confusion.csv"
    assert (folder.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_more_controls_of_the_same_training_have_matrices_too(smoke, copied, whole):
    probe = type(smoke.probe)(**{**vars(smoke.probe), "controls": ("mlp",)})
    again = run(type(smoke)(**{**vars(smoke), "probe": probe}), copied, CPU)
    assert again.path != whole.path
    assert (again.path / "confusion.csv").read_bytes() == (
        whole.path / "confusion.csv"
    ).read_bytes()
