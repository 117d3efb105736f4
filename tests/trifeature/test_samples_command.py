"""``python -m trifeature … --modalities N``."""

import contextlib
import csv
import json
import re

import numpy as np
import pytest
from hostile_session import hostile_session
from PIL import Image

from trifeature import FactorCounts, Geometry, ImageDesign, SampleDesign, generate_samples
from trifeature.__main__ import main
from trifeature.dataset.export import contents
from trifeature.images.image_sets import checksum

SMALL = "--image 24 --shape 16 --period 5 --shapes 3 --textures 4 --colours 4 --renders 2"
SMALL = [*SMALL.split(), "--pairs", "60", "--seed", "4"]
STRENGTHS = ["--modalities", "3", "--pair-rule-strength", "0.25", "--triple-rule-strength", "0.5"]
DESIGN = SampleDesign.standard(3, 0.25, 0.5)
TASKS = ["R123", "R12", "U1", "U2", "U3", "S13", "S13-4", "S123", "S123-4", "S12to3"]


@pytest.fixture(scope="module")
def data():
    images = ImageDesign(Geometry(24, 16, 5), FactorCounts(3, 4, 4), renders=2)
    return generate_samples(images, DESIGN, 4, 60)


def test_npz_holds_the_dataset(tmp_path, data):
    main(["generate", "--out", str(tmp_path / "data"), *SMALL, *STRENGTHS])
    manifest = json.loads((tmp_path / "data" / "manifest.json").read_text())
    with np.load(tmp_path / "data" / "data.npz") as stored:
        assert set(stored) == set(contents(data))
        for name, array in contents(data).items():
            np.testing.assert_array_equal(stored[name], array)
        assert stored["pretrain_index"].shape == (60, 3)
        assert stored["latin_S123_shifts"].shape == (3, 4)
        assert stored["latin_S13_symbols"].shape == (4,)
    assert manifest["content_sha256"] == checksum(*contents(data).values())
    assert SampleDesign.from_dict(manifest["samples"]) == DESIGN
    assert list(manifest["tasks"]) == TASKS
    assert manifest["truth_bits"]["S123-4"] == pytest.approx(
        dict.fromkeys(["1", "2", "3", "12", "13", "23"], 0) | {"123": 2}
    )
    assert "pairs" not in manifest
    assert "mapping" not in manifest


def test_folders_have_a_table_of_samples(tmp_path, data):
    words = ["generate", "--out", str(tmp_path / "data"), "--format", "folders"]
    main([*words, *SMALL, *STRENGTHS])
    manifest = json.loads((tmp_path / "data" / "manifest.json").read_text())
    assert manifest["content_sha256"] == checksum(*contents(data).values())
    for name, samples in (("pretrain", data.pretrain), ("score", data.probe_test)):
        with (tmp_path / "data" / f"samples_{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == ["image_1", "image_2", "image_3", *TASKS]
        assert [[int(row[t]) for t in TASKS] for row in rows] == np.stack(
            [samples.labels[t] for t in TASKS], axis=1
        ).tolist()
        images = data.test if name == "score" else data.train
        for row, index in zip(rows, samples.index, strict=True):
            for k, image in enumerate(index):
                file = tmp_path / "data" / row[f"image_{k + 1}"]
                np.testing.assert_array_equal(np.asarray(Image.open(file)), images.images[image])


def test_parquet_has_the_samples(tmp_path, data):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is an extra: [parquet]")
    words = ["generate", "--out", str(tmp_path / "data"), "--format", "parquet"]
    main([*words, *SMALL, *STRENGTHS])
    table = parquet.read_table(tmp_path / "data" / "samples" / "fit.parquet").to_pydict()
    assert list(table) == ["image_1", "image_2", "image_3", *TASKS]
    assert table["image_3"] == data.probe_train.index[:, 2].tolist()
    assert table["S12to3"] == data.probe_train.labels["S12to3"].tolist()
    card = (tmp_path / "data" / "README.md").read_text()
    assert "- config_name: samples\n" in card
    assert "    path: samples/score.parquet\n" in card
    assert "`image_1` to `image_3`, and has a column of labels per task:" in card
    assert "pairs" not in card


def test_preview_draws_samples_and_rules(tmp_path):
    sheets = []
    for name in ("plain", "hostile"):
        with hostile_session() if name == "hostile" else contextlib.nullcontext():
            main(["preview", "--out", str(tmp_path / name), *SMALL, *STRENGTHS])
        names = [path.name for path in sorted((tmp_path / name).iterdir())]
        assert names == ["factors.png", "samples.png"]
        sheets.append((tmp_path / name / "samples.png").read_bytes())
    assert sheets[0] == sheets[1]
    pixels = np.asarray(Image.open(tmp_path / "plain" / "samples.png").convert("RGB"))
    found = {tuple(pixel) for pixel in pixels[::2, ::2].reshape(-1, 3).tolist()}
    assert {(127, 127, 127), (255, 0, 0), (0, 255, 0)} <= found  # grey, red and green
    assert min(pixels.shape[:2]) > 800


@pytest.mark.parametrize("modalities", ["4", "9"])
def test_preview_of_more_images_and_few_samples(tmp_path, modalities):
    words = ["preview", "--out", str(tmp_path), *SMALL, "--modalities", modalities]
    main([*words, "--pairs", "2"])
    assert (tmp_path / "samples.png").stat().st_size > 10_000


def test_audit_shows_the_profile_as_drawn_and_ideal(data, capsys):
    main(["audit", *SMALL[SMALL.index("--shapes") :], *STRENGTHS])
    report = capsys.readouterr().out
    assert "Pretraining samples: 60 of 3 images" in report
    rate = 100 * data.pretrain.labels["S123"].mean()
    rule = "the rule of texture 1, texture 2 and texture 3"
    assert f"{rule}  by design in 50 %, obeyed in {rate:.1f} %" in report
    assert f"what the images share by design: {data.shared}" in report
    probing = report.partition("Probing samples")[2]
    [(drawn, ideal)] = re.findall(
        r"^  S123-4 +as drawn (.*)\n +ideal (.*)$", probing, flags=re.MULTILINE
    )
    assert [float(bits) for bits in ideal.split()] == [0, 0, 0, 0, 0, 0, 2]
    assert len(drawn.split()) == 7
    assert "on S123 without the interaction: 70.8 % by sums of terms of one image, 89.6 %" in report


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--modalities", "1"], "a sample has 2 to 9 images, not 1"),
        (["--modalities", "10"], "a sample has 2 to 9 images, not 10"),
        (
            ["--modalities", "3", "--mapping-strength", "1"],
            "--mapping-strength is an option of pairs; samples of 3 images have "
            "--pair-rule-strength and --triple-rule-strength",
        ),
        (["--modalities", "4", "--shared", "colour"], "--shared is an option of pairs"),
        (
            ["--pair-rule-strength", "1"],
            "--pair-rule-strength and --triple-rule-strength are of 3 modalities or more; pairs "
            "have --mapping-strength",
        ),
        (
            ["--modalities", "3", "--triple-rule-strength", "2"],
            "the strength of the rule of texture 1, texture 2 and texture 3 lies in [0, 1], not 2",
        ),
        (
            ["--modalities", "3", "--textures", "5"],
            "the rule of texture 1 and colour 3 needs as many values of each: there are 5 "
            "textures where it needs 10",
        ),
        (["--modalities", "3", "--pairs", "0"], "at least 1 sample is needed, not 0"),
        (
            ["--modalities", "9", "--pairs", "1" + "0" * 18],
            "at most 10,000,000 samples are drawn, not 1000000000000000000",
        ),
    ],
)
def test_mistakes_are_one_line(words, expected, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["audit", *words])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
