import inspect

import numpy as np
import pytest
import torch
from dataset_runs import dataset_config, digits_file
from tiny_method import Tiny

from interaction_probes.datasets.checksum import content_checksum
from interaction_probes.experiment.evaluation.epoch import probe_epoch
from interaction_probes.experiment.evaluation.representations import pixels
from interaction_probes.experiment.loading import check_output_path, load_model, load_run
from interaction_probes.experiment.runner import run
from interaction_probes.features import dataset_features
from interaction_probes.storage.checkpoint_file import checkpoint_bytes
from interaction_probes.storage.run_folder import RunFolder
from interaction_probes.training.encoding import combine_modalities, encode_modalities

CPU = torch.device("cpu")


def test_a_run_read_back_scores_as_it_did(smoke, tmp_path):
    folder = run(smoke, tmp_path, CPU)
    config, method, data = load_run(str(folder.path), "cpu")
    assert config == smoke
    images = (pixels(part.images) for part in (data.train, data.test))
    rows = probe_epoch(method, data, *images, config, final=True)
    metrics = folder.read_metrics()
    last = metrics[(metrics["epoch"] == 2) & (metrics["probe"] != "exact")]
    assert [(row.task, row.probe, row.metric, row.value) for row in rows] == list(
        zip(last["task"], last["probe"], last["metric"], last["value"], strict=True)
    )


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not a run folder"):
        load_run(tmp_path, CPU)


def test_a_checkpoint_of_another_model_is_refused(smoke, tmp_path):
    folder = run(smoke, tmp_path, CPU)
    folder.write_checkpoint(checkpoint_bytes({"method": {}}))
    with pytest.raises(ValueError, match="does not fit"):
        load_run(folder.path, CPU)


def test_unfinished_runs_and_changed_sources_are_warned_of(copied, whole, capsys):
    folder = RunFolder(copied / whole.path.name)
    assert load_model(folder.path, CPU)[2] == 2
    assert capsys.readouterr().err == ""
    folder.write_checkpoint(checkpoint_bytes(folder.load_checkpoint() | {"epoch": 1}))
    folder.write_json("run.json", {"status": "running", "method_file": "0" * 64})
    assert load_model(folder.path, CPU)[2] == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{folder.path} is not finished: its model is that of epoch 1 of 2",
        f"{inspect.getfile(Tiny)} has changed since {folder.path} was saved: the model uses the "
        "new code",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("f.txt", "features are written to an .npz file, not to 'f.txt'"),
        ("nowhere/f.npz", "no folder "),
        ("folder.npz", "folder.npz is a folder; name a file"),
    ],
)
def test_what_cannot_be_written_is_refused_beforehand(tmp_path, name, message):
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(ValueError, match=message):
        check_output_path(tmp_path / name, ".npz", "features are")


def test_a_run_on_a_dataset_comes_with_its_dataset(tmp_path):
    path = digits_file(tmp_path)
    folder = run(dataset_config(path, method="simclr"), tmp_path / "runs", CPU)
    config, method, data = load_run(folder.path, CPU)
    assert content_checksum(data) == config.data.sha256
    encoded = encode_modalities(method, data.modalities, config.optim, data.split.test)
    features = combine_modalities(method, encoded)
    assert np.array_equal(features, dataset_features(config, method)["test_features"])
