import json

import numpy as np
import pytest

from interaction_probes.datasets.loading import load_dataset
from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate, generate_samples
from trifeature.__main__ import main
from trifeature.dataset.vectors import (
    VectorDesign,
    draw_factors,
    export_vectors,
    vector_arrays,
)
from trifeature.images.factors import combinations
from trifeature.samples.design import SampleDesign

COUNTS = FactorCounts(3, 4, 4)
SMALL = ImageDesign(Geometry(24, 16, 5), COUNTS, renders=2)
DESIGN = VectorDesign(COUNTS, renders=2)
PAIRS = PairDesign(mapping_strength=0.5)
SAMPLES = SampleDesign.standard(3, pair_strength=0.5)


@pytest.mark.parametrize("rules", [PAIRS, SAMPLES], ids=["pairs", "samples"])
def test_samples_labels_and_truth_are_those_of_the_images(rules):
    drawn = draw_factors(DESIGN, rules, 3, 120)
    make = generate if isinstance(rules, PairDesign) else generate_samples
    images = make(SMALL, rules, 3, 120)
    for name in ("pretrain", "probe_train", "probe_test"):
        one, other = getattr(drawn, name), getattr(images, name)
        np.testing.assert_array_equal(one.index, other.index)
        assert list(one.labels) == list(other.labels)
        for task, labels in one.labels.items():
            np.testing.assert_array_equal(labels, other.labels[task])
    np.testing.assert_array_equal(drawn.test.factors, images.test.factors)
    assert drawn.truth == images.truth


def test_rows_are_pretraining_training_and_test_samples():
    data = draw_factors(DESIGN, PAIRS, 0, 100)
    arrays = vector_arrays(data, DESIGN, 0)
    n = len(arrays["label.R"])
    parts = ("pretrain", "train", "test")
    assert np.concatenate([arrays[f"split.{part}"] for part in parts]).tolist() == [*range(n)]
    sets = data.pretrain, data.probe_train, data.probe_test
    for part, samples in zip(parts, sets, strict=True):
        for task, labels in samples.labels.items():
            np.testing.assert_array_equal(arrays[f"label.{task}"][arrays[f"split.{part}"]], labels)
    assert arrays["modality.image1"].shape == arrays["modality.image2"].shape == (n, 32)
    assert arrays["modality.image1"].dtype == np.float32


def test_a_vector_without_noise_is_a_perceptron_of_its_factors():
    """One vector for each combination and modality, and others for other factors."""
    quiet = VectorDesign(COUNTS, renders=2, noise=0)
    data = draw_factors(quiet, PAIRS, 0, 150)
    arrays = vector_arrays(data, quiet, 0)
    sets = (data.train, data.pretrain), (data.train, data.probe_train), (data.test, data.probe_test)
    factors = np.concatenate([images.factors[samples.index] for images, samples in sets])
    for k in range(2):
        values = arrays[f"modality.image{k + 1}"]
        of_factors = np.unique(np.concatenate([factors[:, k], values], axis=1), axis=0)
        assert len(of_factors) == len(np.unique(factors[:, k], axis=0))
        assert len(of_factors) == len(np.unique(values, axis=0))
    assert not np.array_equal(arrays["modality.image1"], arrays["modality.image2"])


def test_each_modality_has_a_perceptron_of_its_own():
    """One combination of factors gives other vectors as image 1 than as image 2."""
    quiet = VectorDesign(COUNTS, renders=2, noise=0)
    data = draw_factors(quiet, PAIRS, 0, 150)
    arrays = vector_arrays(data, quiet, 0)
    rows = arrays["split.test"]
    first, second = data.test.factors[data.probe_test.index].transpose(1, 0, 2)
    i, j = np.argwhere((first[:, None] == second[None]).all(2))[0]
    one, other = arrays["modality.image1"][rows[i]], arrays["modality.image2"][rows[j]]
    assert np.abs(one - other).max() > 0.5


def test_noise_hides_no_factor():
    """So that the exact truth of the factors is that of the vectors."""
    full = VectorDesign(FactorCounts())
    data = draw_factors(full, PairDesign(), 0, 500)
    noisy = vector_arrays(data, full, 0)
    table = combinations(full.counts)
    codes = {tuple(row): k for k, row in enumerate(table.tolist())}
    clean = vector_arrays(data, VectorDesign(FactorCounts(), noise=0), 0)
    sets = (data.train, data.pretrain), (data.train, data.probe_train), (data.test, data.probe_test)
    factors = np.concatenate([images.factors[samples.index] for images, samples in sets])
    for k in range(2):
        own = np.array([codes[tuple(row)] for row in factors[:, k].tolist()])
        present, first = np.unique(own, return_index=True)
        key = f"modality.image{k + 1}"
        centres, values = clean[key][first], noisy[key]
        distance = (values**2).sum(1)[:, None] - 2 * values @ centres.T + (centres**2).sum(1)
        np.testing.assert_array_equal(present[distance.argmin(1)], own)
        spread = (noisy[key] - clean[key]).std()
        assert spread == pytest.approx(0.2, rel=0.02)
        assert 0.7 < clean[key].std() < 1.4


def test_a_seed_is_a_dataset_and_parts_have_streams_of_their_own():
    data = draw_factors(DESIGN, PAIRS, 0, 100)
    one, again = (vector_arrays(data, DESIGN, 0) for _ in range(2))
    other = vector_arrays(data, DESIGN, 1)
    for key, values in one.items():
        np.testing.assert_array_equal(values, again[key])
        assert np.array_equal(values, other[key]) == (not key.startswith("modality"))
    quiet = vector_arrays(data, VectorDesign(COUNTS, renders=2, noise=0), 0)
    louder = vector_arrays(data, VectorDesign(COUNTS, renders=2, noise=0.4), 0)
    twice = 2 * (one["modality.image1"] - quiet["modality.image1"])
    found = louder["modality.image1"] - quiet["modality.image1"]
    np.testing.assert_allclose(found, twice, atol=1e-5)


@pytest.mark.parametrize("rules", [PAIRS, SAMPLES], ids=["pairs", "samples"])
def test_the_file_is_a_dataset(tmp_path, rules):
    data = draw_factors(DESIGN, rules, 0, 100)
    manifest = export_vectors(data, tmp_path / "out", DESIGN, rules, 0)
    read = load_dataset(tmp_path / "out" / "data.npz")
    names = [f"image{k + 1}" for k in range(data.modalities)]
    assert [one.name for one in read.modalities] == names
    assert [label.name for label in read.labels] == [task.name for task in data.tasks]
    assert len(read.split.pretraining) == len(data.pretrain)
    assert len(read.split.test) == len(data.probe_test)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == json.loads(
        json.dumps(manifest)
    )
    assert manifest["vectors"]["noise"] == 0.2
    assert "images" not in manifest
    with pytest.raises(ValueError, match="is not empty; name a new folder"):
        export_vectors(data, tmp_path / "out", DESIGN, rules, 0)


def test_the_command(tmp_path, capsys):
    words = ["generate", "--kind", "vectors", "--pairs", "60", "--shapes", "3", "--textures", "3"]
    main([*words, "--colours", "3", "--out", str(tmp_path / "out")])
    assert "1 file and manifest.json\nsha256 of the content: " in capsys.readouterr().out
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert list(manifest["truth_bits"]) == ["R", "U1", "U2", "S"]
    with pytest.raises(SystemExit):
        main([*words, "--format", "parquet", "--out", str(tmp_path / "other")])
    assert "vectors are written as npz, not as parquet" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"width": 0}, "width is 1 or more"),
        ({"hidden": 2.5}, "hidden is a whole number"),
        ({"noise": -1}, "noise is 0 or more"),
        ({"noise": float("nan")}, "noise is 0 or more"),
    ],
)
def test_designs_that_do_not_exist(change, expected):
    with pytest.raises(ValueError, match=expected):
        VectorDesign(COUNTS, **change)


def test_each_modality_has_noise_of_its_own():
    data = draw_factors(DESIGN, PAIRS, 0, 100)
    noisy = vector_arrays(data, DESIGN, 0)
    quiet = vector_arrays(data, VectorDesign(COUNTS, renders=2, noise=0), 0)
    first, second = (
        (noisy[key] - quiet[key]).ravel() for key in ("modality.image1", "modality.image2")
    )
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1
