"""Data that stay on disk and change while a run reads them are refused; nothing of them is kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from dataset_runs import dataset_config
from small_datasets import arrays, write_folder, write_npz
from stopping import content

from interaction_probes.datasets.file_states import FileStates
from interaction_probes.datasets.loading import load_dataset
from interaction_probes.experiment import supervised_reference
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.experiment.runner import run
from interaction_probes.features import dataset_features
from interaction_probes.storage.run_folder import RunFolder
from interaction_probes.training import encoding

CPU = torch.device("cpu")


def config_of(path):
    config = dataset_config(path)
    return replace(config, probe=replace(config.probe, controls=()))


def two_modalities():
    whole = arrays(90)
    kept = ("modality.record", "modality.photo", "label.animal", "split")
    return {key: whole[key] for key in kept}


def after_epoch_1(act):
    """A listener that acts once epoch 1 is written."""

    def report(progress):
        if progress.line and progress.line.startswith("epoch 1/"):
            act()

    return report


def test_values_that_change_on_disk_end_the_run_before_they_are_kept(tmp_path):
    path = write_folder(tmp_path / "data", two_modalities())
    config = config_of(path)
    whole = run(config, tmp_path / "whole", CPU)
    file = path / "modality.record.npy"
    before = file.read_bytes()

    def change():
        values = np.load(file, mmap_mode="r+")
        values *= -1
        values.flush()

    with pytest.raises(ValueError, match="changed while they were read"):
        run(config, tmp_path / "parts", CPU, after_epoch_1(change))
    [stopped] = (tmp_path / "parts").iterdir()
    assert set(RunFolder(stopped).read_metrics()["epoch"]) == {0, 1}
    file.write_bytes(before)
    parts = run(config, tmp_path / "parts", CPU)
    assert content(parts) == content(whole)


def test_a_file_that_was_read_whole_may_change(tmp_path):
    path = write_npz(tmp_path / "data.npz", two_modalities())
    folder = run(config_of(path), tmp_path / "runs", CPU, after_epoch_1(path.touch))
    assert folder.read_json("run.json")["status"] == "finished"


def test_runs_may_lie_in_the_folder_of_the_data(tmp_path):
    path = write_folder(tmp_path / "data", two_modalities())
    folder = run(config_of(path), path / "runs", CPU)
    assert folder.read_json("run.json")["status"] == "finished"


@pytest.mark.parametrize("use", ["features", "reference"])
def test_features_and_the_reference_of_data_that_change_meanwhile_are_refused(
    tmp_path, monkeypatch, use
):
    path = write_folder(tmp_path / "data", two_modalities())
    config = with_dataset(config_of(path))
    touched = []

    def change(*_, **__):
        touched.append((path / "modality.record.npy").touch())
        return {} if use == "reference" else np.zeros((1, 1))

    if use == "reference":
        monkeypatch.setattr(supervised_reference, "early_fusion_profiles", change)
        with pytest.raises(ValueError, match="changed while they were read"):
            supervised_reference.supervised_reference(config)
    else:
        monkeypatch.setattr(encoding, "encode_modalities", lambda *_: [])
        monkeypatch.setattr(encoding, "combine_modalities", change)
        with pytest.raises(ValueError, match="changed while they were read"):
            dataset_features(config, None)
    assert touched


def test_the_states_of_files_are_their_names_sizes_and_times(tmp_path):
    path = write_folder(tmp_path / "data", two_modalities())
    dataset, states = load_dataset(path), FileStates.of(str(path))
    states.check(dataset)
    (path / "further.npy").write_bytes(b"2")
    with pytest.raises(ValueError, match="changed while they were read"):
        states.check(dataset)
    assert FileStates.of("package.module:function").states == ()
