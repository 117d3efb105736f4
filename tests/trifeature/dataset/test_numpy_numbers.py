"""Numbers of NumPy in a design: they are written as Python's own, to the same bytes."""

import json

import numpy as np
import pytest

from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, SampleDesign, generate
from trifeature.dataset.export import export
from trifeature.dataset.image_samples import generate_samples
from trifeature.dataset.vectors import VectorDesign, draw_factors, export_vectors

PLAIN = ImageDesign(Geometry(24, 16, 5), FactorCounts(3, 4, 4), 2)
OF_NUMPY = ImageDesign(
    Geometry(*np.array([24, 16, 5])), FactorCounts(*np.array([3, 4, 4], np.int8)), np.int64(2)
)


@pytest.mark.parametrize(
    ("plain", "of_numpy"),
    [
        (PairDesign(mapping_strength=0.3), PairDesign(mapping_strength=np.float32(0.3))),
        (PairDesign(shared_strength=0.25), PairDesign(shared_strength=np.float16(0.25))),
        (PairDesign(mapping_strength=1), PairDesign(mapping_strength=np.int64(1))),
        (SampleDesign.standard(3, 0.5), SampleDesign.standard(np.int64(3), np.float32(0.5))),
    ],
)
def test_images_of_a_design_of_numpy_numbers(tmp_path, plain, of_numpy):
    draw = generate if isinstance(plain, PairDesign) else generate_samples
    written = []
    for name, images, pairs, seed in (
        ("plain", PLAIN, plain, 3),
        ("numpy", OF_NUMPY, of_numpy, np.int64(3)),
    ):
        data = draw(images, pairs, seed, 20, tmp_path / "cache")
        export(data, tmp_path / name, "npz", images, pairs, seed)
        written.append((tmp_path / name / "manifest.json").read_bytes())
    assert written[0] == written[1]
    assert len(list((tmp_path / "cache").iterdir())) == 1  # under one name


def test_vectors_of_a_design_of_numpy_numbers(tmp_path):
    rules, written = PairDesign(), []
    for name, form, seed in (
        ("plain", VectorDesign(FactorCounts(3, 4, 4), 2, 8, 8, 0.1), 3),
        (
            "numpy",
            VectorDesign(OF_NUMPY.counts, np.int64(2), np.int8(8), np.uint8(8), np.float32(0.1)),
            np.uint64(3),
        ),
    ):
        export_vectors(draw_factors(form, rules, seed, 20), tmp_path / name, form, rules, seed)
        written.append((tmp_path / name / "manifest.json").read_bytes())
    assert written[0] == written[1]


def test_whole_strengths_are_written_as_they_were_given(tmp_path):
    """A checksum of a folder's pairs covers the text of its design."""
    design = PairDesign(mapping_strength=1)
    data = generate(PLAIN, design, 3, 20)
    manifest = export(data, tmp_path / "data", "npz", PLAIN, design, 3)
    assert json.dumps(manifest["pairs"]["mapping_strength"]) == "1"


@pytest.mark.parametrize("seed", [3.0, np.float64(3), "3", -1])
def test_a_cache_is_of_a_whole_seed(tmp_path, seed):
    generate(PLAIN, PairDesign(), 3, 20, tmp_path)
    with pytest.raises(ValueError, match="a seed is"):
        generate(PLAIN, PairDesign(), seed, 20, tmp_path)
