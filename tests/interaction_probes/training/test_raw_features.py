import numpy as np
import pytest

from interaction_probes.datasets.schema import Modality
from interaction_probes.training.raw_features import raw_features

RNG = np.random.default_rng(0)
ROWS = np.array([4, 0, 2])


def test_vectors_are_as_they_are():
    values = RNG.normal(size=(5, 3)).astype(np.float32)
    assert (raw_features(Modality("v", "vectors", values), ROWS) == values[ROWS]).all()


def test_a_sequence_is_the_means_of_eight_stretches():
    values = RNG.normal(size=(5, 16, 3)).astype(np.float32)
    found = raw_features(Modality("s", "sequences", values), ROWS).reshape(3, 3, 8)
    assert found == pytest.approx(values.reshape(5, 8, 2, 3).mean(2).transpose(0, 2, 1)[ROWS])


def test_padded_steps_are_no_part_of_the_means():
    values = np.full((5, 16, 1), np.nan, dtype=np.float32)
    values[:, :3] = np.array([1, 2, 6])[:, None]
    lengths = np.full(5, 3)
    found = raw_features(Modality("s", "sequences", values, lengths), ROWS)
    assert found == pytest.approx(np.tile([1.5, 6, 0, 0, 0, 0, 0, 0], (3, 1)))


def test_an_image_is_eight_by_eight_cells_of_each_channel():
    values = RNG.integers(256, size=(5, 16, 24, 3), dtype=np.uint8)
    found = raw_features(Modality("i", "images", values), ROWS).reshape(3, 3, 8, 8)
    cells = values.reshape(5, 8, 2, 8, 3, 3).mean((2, 4)).transpose(0, 3, 1, 2)[ROWS]
    assert found == pytest.approx(cells, rel=1e-5)


def test_more_rows_than_are_read_at_a_time_keep_their_order():
    values = np.arange(2_500, dtype=np.float32)[:, None]
    rows = RNG.permutation(2_500)
    assert (raw_features(Modality("v", "vectors", values), rows)[:, 0] == rows).all()
