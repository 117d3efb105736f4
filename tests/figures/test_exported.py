"""Exported data read back, and everything that is refused in a line."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from interaction_probes.figures.exported import read_exported
from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate
from trifeature.__main__ import main as write
from trifeature.dataset.export import export

IMAGES = ImageDesign(Geometry(24, 16, 5), FactorCounts(3, 4, 5), renders=2)
PAIRS = PairDesign(mapping_strength=0.5)


@pytest.fixture(scope="module")
def data():
    return generate(IMAGES, PAIRS, 3, 80)


@pytest.fixture(scope="module")
def written(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "npz"
    export(data, folder, "npz", IMAGES, PAIRS, 3)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    """A copy to damage."""
    return shutil.copytree(written, tmp_path / "data")


def rewrite(folder, **changes):
    """Change entries of the manifest; None takes one away."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text()) | changes
    path.write_text(
        json.dumps({key: value for key, value in manifest.items() if value is not None})
    )


def replace_arrays(folder, **changes):
    """Change arrays, with a checksum that agrees."""
    path = folder / "data.npz"
    with np.load(path) as file:
        arrays = dict(file) | changes
    np.savez(path, **arrays)
    rewrite(folder, files_sha256={"data.npz": hashlib.sha256(path.read_bytes()).hexdigest()})


def test_all_of_it_comes_back(written, data):
    found = read_exported(written)
    both = (data.train, data.test)
    np.testing.assert_array_equal(found.images, np.concatenate([part.images for part in both]))
    np.testing.assert_array_equal(found.factors, np.concatenate([part.factors for part in both]))
    np.testing.assert_array_equal(found.index, data.probe_train.index)
    assert set(found.labels) == set(data.probe_train.labels)
    for task, labels in data.probe_train.labels.items():
        np.testing.assert_array_equal(found.labels[task], labels)
    np.testing.assert_array_equal(found.mapping, data.mapping)
    assert found.values["colour"] == ("red", "green", "blue", "yellow", "pink")
    assert [len(names) for names in found.values.values()] == [3, 4, 5]
    assert (found.shared, found.unique, found.mapped) == ("shape", "texture", ("texture", "colour"))
    assert found.seed == 3


def test_samples_of_three_images_are_refused_in_a_line(tmp_path):
    small = "--shapes 4 --textures 4 --colours 4 --image 32 --shape 20 --period 6 --pairs 100"
    write(["generate", "--out", str(tmp_path / "three"), "--modalities", "3", *small.split()])
    with pytest.raises(ValueError, match=r"of three images or more, .* preview --modalities 3"):
        read_exported(tmp_path / "three")


@pytest.mark.parametrize("form", ["folders", "parquet"])
def test_other_formats_are_refused(folder, form):
    rewrite(folder, format=form)
    with pytest.raises(ValueError, match=f"has the format {form}; the figure is drawn from npz"):
        read_exported(folder)


@pytest.mark.parametrize("place", ["nowhere", "data/data.npz"])
def test_other_places_are_refused(folder, place):
    with pytest.raises(ValueError, match=r"no folder with a manifest\.json: write one with"):
        read_exported(folder.parent / place)


def test_a_flipped_byte_is_noticed(folder):
    path = folder / "data.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged: its checksum"):
        read_exported(folder)


def test_missing_arrays_files_and_checksums_are_named(folder):
    (folder / "data.npz").rename(folder / "other.npz")
    with pytest.raises(FileNotFoundError):
        read_exported(folder)
    rewrite(folder, files_sha256={})
    with pytest.raises(ValueError, match=r"it lacks data\.npz"):
        read_exported(folder)


@pytest.mark.parametrize("content", ["", "{", "[1]", "\udcff", "[" * 100_000])
def test_a_damaged_manifest_is_refused(folder, content):
    (folder / "manifest.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match="is damaged: it is no JSON"):
        read_exported(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": None}, "it lacks values.*generate it again"),
        ({"values": {"shape": ["triangle"]}}, "it lacks texture"),
        ({"values": 3}, "cannot be drawn"),
        ({"pairs": []}, "cannot be drawn"),
        (
            {"pairs": {"shared": "size", "unique": "texture", "mapped": ["texture", "colour"]}},
            "fit",
        ),
        ({"pairs": {"shared": [], "unique": "texture", "mapped": ["texture", "colour"]}}, "drawn"),
        (
            {"pairs": {"shared": "shape", "unique": "texture", "mapped": ["texture"]}},
            "damaged",
        ),
        ({"mapping": {"solid": "red"}}, "tell different mappings"),
        ({"seed": "three"}, "damaged"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(folder, changes, message):
    rewrite(folder, **changes)
    with pytest.raises(ValueError, match=message):
        read_exported(folder)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("train_images", lambda a: a[:, :, :-1], "do not fit|damaged"),
        ("train_images", lambda a: a.astype(float), "do not fit"),
        ("train_factors", lambda a: a + 1, "do not fit"),
        ("fit_index", lambda a: a + 10_000, "do not fit"),
        ("fit_index", lambda a: a[:0], "do not fit"),
        ("fit_S", lambda a: 1 - a, "labels of S are not those"),
        ("fit_U2", np.roll, "labels of U2 are not those"),
        ("mapping", lambda a: a[::-1], "labels of S are not those"),
        ("mapping", lambda a: a - 1, "do not fit"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(folder, name, change, message):
    with np.load(folder / "data.npz") as file:
        array = file[name]
    replace_arrays(folder, **{name: change(array, 1) if change is np.roll else change(array)})
    with pytest.raises(ValueError, match=message):
        read_exported(folder)
