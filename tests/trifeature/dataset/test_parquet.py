import io

import numpy as np
import pytest
from PIL import Image

from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate
from trifeature.__main__ import main
from trifeature.dataset.parquet import card, features, image_columns, pair_columns

WORDS = "--image 24 --shape 16 --period 5 --shapes 2 --textures 3 --colours 3 --renders 2"
WORDS = [*WORDS.split(), "--pairs", "40", "--format", "parquet"]
DESIGN = ImageDesign(Geometry(24, 16, 5), FactorCounts(2, 3, 3), renders=2)


@pytest.fixture(scope="module")
def data():
    return generate(DESIGN, PairDesign(), 0, 40)


def test_columns_hold_the_images_and_their_factors(data):
    for split, images in (("train", data.train), ("test", data.test)):
        columns = image_columns(images, split, 2)
        assert list(columns) == ["image", "shape", "texture", "colour"]
        for k, image in enumerate(columns["image"]):
            pixels = np.asarray(Image.open(io.BytesIO(image["bytes"])))
            np.testing.assert_array_equal(pixels, images.images[k])
            names = [features(DESIGN.counts)[f]["names"][columns[f][k]] for f in list(columns)[1:]]
            number = [str(k % 2)] if split == "train" else []
            assert image["path"] == "_".join([*names, *number]) + ".png"


def test_pairs_are_rows_and_labels(data):
    columns = pair_columns(data.probe_train)
    assert list(columns) == ["image_1", "image_2", "R", "U1", "U2", "S"]
    for k in range(len(data.probe_train)):
        first, second = (data.train.factors[columns[f"image_{s}"][k]] for s in (1, 2))
        assert (columns["R"][k], columns["U1"][k]) == (first[0], first[1])
        assert columns["U2"][k] == second[1]
        assert columns["S"][k] == (data.mapping[first[1]] == second[2])


def test_the_card_names_every_file_class_and_task(data):
    text = card(data, DESIGN.counts, {"train": 9109, "test": 1309})
    _, header, body = text.split("---\n")
    for line in (
        "license: mit",
        "    path: data/train-*.parquet",
        "    path: pairs/score.parquet",
        "          '2': grid",
        "    num_bytes: 1309",
        f"    num_examples: {len(data.test)}",
    ):
        assert line in header.splitlines()
    assert "'3': hexgrid" not in header
    assert all(f"- `{task.name}`: {task.measures}" in body for task in data.tasks)


def test_without_pyarrow_one_line_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("trifeature.dataset.parquet.find_spec", lambda name: None)
    with pytest.raises(SystemExit) as stop:
        main(["generate", "--out", str(tmp_path / "data"), *WORDS])
    assert stop.value.code == 2
    expected = "error: parquet needs pyarrow: pip install pyarrow\n"
    assert capsys.readouterr().err == expected
    assert list(tmp_path.iterdir()) == []


def test_files_are_what_the_hub_reads(tmp_path, data):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is an extra: [parquet]")
    main(["generate", "--out", str(tmp_path / "data"), *WORDS])
    sizes = {}
    for split in ("train", "test"):
        table = parquet.read_table(tmp_path / "data" / "data" / f"{split}-00000-of-00001.parquet")
        assert table.to_pydict() == image_columns(getattr(data, split), split, 2)
        assert str(table.schema.field("image").type) == "struct<bytes: binary, path: string>"
        sizes[split] = table.nbytes
        assert b'"_type": "Image"' in table.schema.metadata[b"huggingface"]
    table = parquet.read_table(tmp_path / "data" / "pairs" / "score.parquet")
    assert table.to_pydict() == pair_columns(data.probe_test)
    assert (tmp_path / "data" / "README.md").read_text() == card(data, DESIGN.counts, sizes)
