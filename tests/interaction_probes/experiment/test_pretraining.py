"""What the data of a run hand to its training: their own samples and labels, the config's rest."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
import torch
from dataset_runs import dataset_config, mixed_file

from interaction_probes.experiment import dataset_data, image_data, vector_data
from interaction_probes.experiment.opened_data import open_data
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.settings.presets import PRESETS
from trifeature import FactorCounts, PairDesign

CPU = torch.device("cpu")
GIVEN = ("method", "optimizer", "optim", {"views": 0.5}, 3, "on step")


@pytest.fixture
def handed(monkeypatch):
    """From a config to its data and what its training is given, by the names of the arguments."""

    def of(config):
        seen = {}
        for module, name in (
            (image_data, "pretrain"),
            (vector_data, "pretrain_modalities"),
            (dataset_data, "pretrain_modalities"),
        ):
            names = inspect.signature(getattr(module, name))
            monkeypatch.setattr(
                module,
                name,
                lambda *a, names=names, **k: seen.update(names.bind(*a, **k).arguments),
            )
        data = open_data(config, CPU)
        data.pretrain(*GIVEN)
        names = ("method", "optimizer", "config", "weights", "finished_epochs", "on_step")
        assert tuple(seen[name] for name in names) == GIVEN
        assert seen["seed"] == config.seed
        return data, seen

    return of


def test_images_are_trained_on_the_pairs_to_learn_from(smoke, handed):
    config = replace(
        smoke,
        seed=5,
        design=PairDesign(mapping_strength=1.0),
        views=replace(smoke.views, crop_scale=(0.5, 0.9)),
    )
    data, seen = handed(config)
    known = data.samples.pretrain
    assert seen["images"] is data.train
    assert seen["views"] == config.views
    np.testing.assert_array_equal(seen["pairs"], known.index)
    assert seen["labels"].keys() == known.labels.keys()
    for task, labels in seen["labels"].items():
        np.testing.assert_array_equal(labels, known.labels[task])
    assert (seen["labels"]["S"] == 1).all()  # which no other pairs of the run all obey


def test_vectors_are_trained_on_the_samples_to_learn_from(handed):
    preset = PRESETS["vectors"]
    images = replace(preset.images, counts=FactorCounts(4, 4, 4))
    design = PairDesign(mapping_strength=1.0)
    config = with_dataset(replace(preset, seed=5, n_pairs=100, images=images, design=design))
    data, seen = handed(config)
    assert seen["modalities"] is data.vectors
    np.testing.assert_array_equal(seen["rows"], np.arange(100))
    for task, labels in seen["labels"].items():
        np.testing.assert_array_equal(labels, data.samples.pretrain.labels[task])
    assert (seen["labels"]["S"] == 1).all()


def test_a_dataset_is_trained_on_the_rows_to_learn_from(tmp_path, handed):
    config = replace(with_dataset(dataset_config(mixed_file(tmp_path))), seed=5)
    config = replace(config, views=replace(config.views, crop_scale=(0.5, 0.9)))
    data, seen = handed(config)
    assert seen["modalities"] is data.dataset.modalities
    assert seen["views"] == config.views
    np.testing.assert_array_equal(seen["rows"], np.arange(60))
    assert seen["labels"].keys() == {"animal"}  # the one of classes
    np.testing.assert_array_equal(seen["labels"]["animal"], np.arange(90) % 3)
