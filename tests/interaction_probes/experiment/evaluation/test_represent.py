"""New images and vectors through a model, in the forms that users have them in."""

from dataclasses import replace

import numpy as np
import pytest

from interaction_probes import Pixels, represent
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.settings.data_config import DataConfig
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method

CONFIG = PRESETS["smoke"]
IMAGES = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
INDEX = np.array([[0, 1], [2, 3]])


def shown(images=IMAGES, index=INDEX, config=CONFIG):
    return represent(Pixels(config.model), images, index, config)


def test_other_forms_of_the_same_images_are_represented_alike():
    expected = shown()
    assert np.array_equal(shown(index=INDEX.tolist()), expected)
    assert np.array_equal(shown(index=INDEX[::-1]), expected[::-1])
    assert np.array_equal(shown(IMAGES[:, ::-1]), shown(IMAGES[:, ::-1].copy()))
    for kind in (np.float32, np.float64):
        np.testing.assert_allclose(shown(IMAGES.astype(kind) / 255), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES.astype(np.float32), r"floats in 0\.\.1, not float32 in 0\.\.255: divide them"),
        (IMAGES / 127.5 - 1, r"not float64 in -1\.\.1"),
        (IMAGES.astype(np.int64), "images are uint8 or floats in 0..1, not int64"),
        (IMAGES / np.float32(255) * np.nan, "not float32 in nan..nan"),
    ],
)
def test_images_of_other_values_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        shown(images)


def test_vectors_may_be_float64():
    config = with_dataset(PRESETS["vectors"])
    method = initialise(find_method("comm"), config)
    width = config.model.inputs[0].shape[0]
    vectors = np.random.default_rng(0).normal(size=(2, 5, width))
    index = np.zeros((5, 2), int)
    found = represent(method, vectors, index, config)
    assert np.array_equal(found, represent(method, vectors.astype(np.float32), index, config))


def test_a_model_of_a_dataset_has_another_function():
    config = replace(CONFIG, data=DataConfig(path="some.npz"))
    with pytest.raises(ValueError, match=r"this run is on a dataset: encode .* encode_modalities"):
        shown(config=config)
