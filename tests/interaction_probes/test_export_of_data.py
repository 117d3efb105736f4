"""The export of a run on another program's file: its features, read as the description says."""

import json

import numpy as np
import pytest
import torch
from dataset_runs import dataset_config, error_of
from foreign_files import affect, mimic, write_pickle

from interaction_probes import export, features
from interaction_probes.datasets.loading import load_dataset
from interaction_probes.experiment.runner import run
from interaction_probes.settings.config import OptimConfig, from_dict
from interaction_probes.settings.data_config import DataConfig
from interaction_probes.settings.registry import find_method

OPTIONS = {"mimic": {}, "affect": {"neutral": "negative"}}


def content_of(name):
    if name == "affect":
        return affect()
    content = mimic()
    content["adm_features_all"][:, 1] = 7.5  # constant: it becomes 0
    return content


def exported(folder, name, **settings):
    """A run's folder, and its file."""
    path = write_pickle(folder / "data.pk", content_of(name))
    data = DataConfig(str(path), format=name, **OPTIONS[name], **settings)
    optim = OptimConfig(epochs=1, batch=10, precision="fp32")
    config = dataset_config(path, method="simclr", data=data, optim=optim)
    return run(config, folder / "runs", "cpu").path, path


def inputs_of(entry, modality, rows):
    """Some rows of a modality as its encoder reads them, by its entry in the description."""
    values = modality.values[rows].astype(np.float64)
    valid = np.ones(values.shape[:-1], dtype=bool)
    if modality.lengths is not None:
        valid = np.arange(values.shape[1]) < modality.lengths[rows][:, None]
    if "mean" in entry:
        values = (values - entry["mean"]) / entry["std"] * valid[..., None]
    if "last_feature" in entry:
        values = np.concatenate([values, valid[..., None]], axis=-1)
    assert list(values.shape[1:]) == entry["shape"]
    return torch.from_numpy(values.astype(np.float32))


@pytest.mark.parametrize("standardise", [True, False])
@pytest.mark.parametrize("name", OPTIONS)
def test_the_files_own_features_give_the_runs_representations(tmp_path, name, standardise):
    folder, path = exported(tmp_path, name, standardise=standardise)
    export.main([str(folder), "-o", str(tmp_path / "encoder.safetensors")])
    features.main([str(folder), "-o", str(tmp_path / "features.npz"), "--device", "cpu"])

    described = json.loads(
        (tmp_path / "encoder.json").read_text(), parse_constant=lambda word: pytest.fail(word)
    )
    config = from_dict({"model": described["model"]})
    method_class = find_method(described["class"])
    method = method_class.build(config.model, described["classes"], described["modalities"])
    weights = torch.load(folder / "checkpoint.pt", weights_only=True)["method"]
    assert set(weights) == set(described["tensors"])
    method.load_state_dict(weights)
    method.eval()
    method.place = described["probed"]

    data = load_dataset(path, name, standardise=False, **OPTIONS[name])
    entries = described["input"]
    assert [entry["modality"] for entry in entries] == [each.name for each in data.modalities]
    assert {"mean" in entry for entry in entries} == {standardise}
    stored = np.load(tmp_path / "features.npz")
    for part in ("train", "test"):
        rows = stored[f"{part}_rows"]
        with torch.no_grad():
            codes = [
                method.encode(m, inputs_of(entry, each, rows))
                for m, (entry, each) in enumerate(zip(entries, data.modalities, strict=True))
            ]
            found = method.combine(codes)
        np.testing.assert_allclose(found, stored[f"{part}_features"], rtol=1e-4, atol=1e-5)


def test_without_the_data_nothing_is_exported(tmp_path, capsys):
    folder, path = exported(tmp_path, "mimic")
    path.unlink()
    out = tmp_path / "encoder.safetensors"
    line = "standardised by the rows of the data, which cannot be read: "
    assert line in error_of(export.main, [folder, "-o", out], capsys)
    assert not list(tmp_path.glob("encoder.*"))
