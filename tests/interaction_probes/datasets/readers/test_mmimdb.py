import json

import numpy as np
import pytest
from foreign_files import write_films, write_mmimdb
from PIL import Image

from interaction_probes.datasets.loading import load_dataset
from interaction_probes.datasets.readers import mmimdb

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 3, 8, 6), dtype=np.uint8)


@pytest.fixture
def small(monkeypatch):
    """The published file, with fewer rows."""
    pytest.importorskip("h5py", reason="h5py is an extra: [hdf5]")
    for name, rows in (("ROWS", 20), ("DEV", 12), ("TEST", 16)):
        monkeypatch.setattr(mmimdb, name, rows)


def test_the_published_rows():
    assert (mmimdb.ROWS, mmimdb.DEV, mmimdb.TEST) == (25959, 15552, 18160)


@pytest.mark.parametrize(
    ("images", "settings", "on_disk"),
    [
        (IMAGES, {}, True),
        (IMAGES, {"chunks": True, "compression": "gzip"}, False),
        (IMAGES.astype(np.int32), {}, False),
        (IMAGES.astype(np.float32), {}, False),
    ],
)
def test_an_hdf5_file(tmp_path, small, images, settings, on_disk):
    path = write_mmimdb(tmp_path / "films.hdf5", images, **settings)
    data = load_dataset(path, "mmimdb")
    image, text = data.modalities
    assert image.values.dtype == np.uint8
    np.testing.assert_array_equal(image.values, IMAGES.transpose(0, 2, 3, 1))
    base = image.values
    while base.base is not None and isinstance(base.base, np.ndarray):
        base = base.base
    assert isinstance(base, np.memmap) == on_disk
    assert (text.kind, text.values.shape) == ("vectors", (20, 6))
    np.testing.assert_allclose(text.values[:12].mean(0), 0, atol=1e-6)
    [genres] = data.labels
    assert (genres.kind, genres.values.shape) == ("multilabel", (20, 4))
    parts = {part: rows.tolist() for part, rows in data.split.parts().items()}
    assert parts == {
        "train": [*range(12)],
        "validation": [*range(12, 16)],
        "test": [16, 17, 18, 19],
    }


def test_images_from_0_to_1_stay_floats(tmp_path, small):
    scaled = (IMAGES / 255).astype(np.float32)
    data = load_dataset(write_mmimdb(tmp_path / "films.hdf5", scaled), "mmimdb")
    np.testing.assert_array_equal(data.modalities[0].values, scaled.transpose(0, 2, 3, 1))


def test_other_hdf5_content_is_one_line(tmp_path, small, monkeypatch):
    path = write_mmimdb(tmp_path / "films.hdf5", IMAGES.astype(np.int32) * 3)
    with pytest.raises(ValueError, match="images is 0 to 255 or 0 to 1, not 0 to 765"):
        load_dataset(path, "mmimdb")
    monkeypatch.setattr(mmimdb, "ROWS", 21)
    with pytest.raises(ValueError, match="images has 20 rows: 21 are expected"):
        load_dataset(path, "mmimdb")


def test_a_folder_of_films(tmp_path):
    folder = write_films(tmp_path / "films")
    data = load_dataset(folder, "mmimdb", standardise=False)
    image, text = data.modalities
    assert image.values.shape == (23, 256, 160, 3)
    with Image.open(folder / "dataset" / "dev1.jpeg") as poster:
        expected = np.asarray(poster.resize((160, 256)))
    np.testing.assert_array_equal(image.values[13], expected)
    assert text.values.shape == (23, 10)
    np.testing.assert_allclose((text.values**2).sum(1), 1, rtol=1e-5)
    [genres] = data.labels
    assert genres.classes == ("Comedy", "Drama", "War")
    assert genres.values[:2].tolist() == [[True, False, True], [False, True, False]]
    assert [len(rows) for rows in data.split.parts().values()] == [12, 5, 6]


def test_words_are_those_of_the_training_plots(tmp_path):
    folder = write_films(tmp_path / "films")
    path = folder / "dataset" / "test0.json"
    film = json.loads(path.read_text())
    path.write_text(json.dumps(film | {"plot": ["zeppelin " * 50]}))
    data = load_dataset(folder, "mmimdb", standardise=False)
    assert data.modalities[1].values.shape == (23, 10)
    assert not data.modalities[1].values[17].any()


def test_films_that_are_dropped_are_counted(tmp_path):
    folder = write_films(tmp_path / "films")
    (folder / "dataset" / "train3.jpeg").unlink()
    for name, change in (("test2", {"plot": [" "]}), ("dev0", {"genres": ["Short"]})):
        path = folder / "dataset" / f"{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    data = load_dataset(folder, "mmimdb")
    assert len(data) == 20
    assert data.notes[0] == (
        "23 films read; 3 dropped: 1 without a poster, 1 without a frequent genre, 1 without a plot"
    )


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("split.json", "{", "split.json is no JSON file"),
        (
            "split.json",
            '{"train": []}',
            "split.json has no 'dev': expected train, dev, test; found",
        ),
        ("split.json", '{"train": ["../a"], "dev": [], "test": []}', "a plain name, not '../a'"),
        ("split.json", '{"train": [3], "dev": [], "test": []}', "a plain name, not 3"),
        ("split.json", '{"train": ["x"], "dev": [], "test": []}', "there is no x.json"),
        ("dataset/train1.json", "[]", "train1.json is a list: a dict is expected"),
        (
            "dataset/train1.json",
            '{"genres": []}',
            "train1.json has no 'plot': expected plot, genres",
        ),
        ("dataset/train1.json", '{"plot": [1], "genres": []}', "train1.json: plot is a list of te"),
        ("dataset/train1.jpeg", "no image", "train1.jpeg is no JPEG that can be read"),
    ],
)
def test_other_folders_are_one_line(tmp_path, name, content, expected):
    folder = write_films(tmp_path / "films")
    (folder / name).write_text(content)
    with pytest.raises(ValueError, match=expected) as caught:
        load_dataset(folder, "mmimdb")
    assert "\n" not in str(caught.value)
