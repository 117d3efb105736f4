"""``python -m trifeature generate``: what it writes, and where it writes nothing."""

import csv
import hashlib
import json
import re

import numpy as np
import pytest
from PIL import Image
from small_pairs import SMALL

from trifeature import GENERATOR_VERSION
from trifeature.__main__ import main
from trifeature.dataset import new_folder
from trifeature.dataset.export import contents
from trifeature.images.image_sets import checksum


def manifest_of(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, digest in manifest["files_sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    on_disk = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert on_disk == {*manifest["files_sha256"], "manifest.json"}
    return manifest


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_npz_holds_the_dataset(tmp_path, data, capsys):
    main(["generate", "--out", str(tmp_path / "deep" / "data"), *SMALL])
    manifest = manifest_of(tmp_path / "deep" / "data")
    with np.load(tmp_path / "deep" / "data" / "data.npz") as stored:
        assert set(stored) == set(contents(data))
        for name, array in contents(data).items():
            np.testing.assert_array_equal(stored[name], array)
    assert manifest["content_sha256"] == checksum(*contents(data).values())
    assert manifest["content_sha256"] in capsys.readouterr().out
    assert (manifest["seed"], manifest["generator_version"]) == (4, GENERATOR_VERSION)
    assert manifest["images"]["geometry"] == {"image": 24, "shape": 16, "period": 5}
    assert manifest["images"]["counts"] == {"shape": 3, "texture": 4, "colour": 4}
    assert manifest["pairs"]["mapping_strength"] == 0.5
    assert list(manifest["mapping"]) == ["solid", "stripes", "grid", "hexgrid"]
    assert manifest["values"] == {
        "shape": ["triangle", "square", "plus"],
        "texture": ["solid", "stripes", "grid", "hexgrid"],
        "colour": ["red", "green", "blue", "yellow"],
    }
    assert manifest["truth_bits"]["R"]["redundancy"] == pytest.approx(np.log2(3))
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["data"]


def test_folders_are_what_published_code_reads(tmp_path, data):
    main(["generate", "--out", str(tmp_path / "data"), "--format", "folders", *SMALL])
    folder = tmp_path / "data"
    manifest = manifest_of(folder)
    assert manifest["content_sha256"] == checksum(*contents(data).values())
    factors = rows_of(folder / "factors.csv")
    assert len(factors) == len(data.train) + len(data.test) == 2 * 38 + 10
    for row, image in zip(factors, [*data.train.images, *data.test.images], strict=True):
        name = f"{row['shape']}_{row['texture']}_{row['colour']}"
        suffix = "_[01]" if row["split"] == "train" else ""
        assert re.fullmatch(f"{row['split']}/{name}{suffix}.png", row["file"])
        np.testing.assert_array_equal(np.asarray(Image.open(folder / row["file"])), image)
    files = {
        split: [r["file"] for r in factors if r["split"] == split] for split in ("train", "test")
    }
    for name, split in (("pretrain", "train"), ("fit", "train"), ("score", "test")):
        pairs = getattr(data, name)
        rows = rows_of(folder / f"pairs_{name}.csv")
        assert len(rows) == len(pairs)
        for k, row in enumerate(rows):
            first, second = pairs.index[k]
            assert (row["image_1"], row["image_2"]) == (files[split][first], files[split][second])
            assert all(int(row[task]) == pairs.labels[task][k] for task in ("R", "U1", "U2", "S"))


def test_the_same_command_writes_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        main(["generate", "--out", str(tmp_path / name), *SMALL])
    texts = [(tmp_path / name / "manifest.json").read_bytes() for name in ("a", "b")]
    assert texts[0] == texts[1]


def test_an_empty_folder_is_used_and_a_full_one_refused(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    main(["generate", "--out", str(tmp_path / "empty"), *SMALL])
    (tmp_path / "free").mkdir()
    (tmp_path / "link").symlink_to("free")
    (tmp_path / "dangling").symlink_to("nowhere")
    before = sorted(p.name for p in tmp_path.rglob("*"))
    capsys.readouterr()
    for out, reason in (
        ("empty", "is not empty; name a new folder"),
        ("empty/data.npz", "is a file; name a new folder"),
        ("empty/data.npz/x", "cannot be a folder"),
        ("link", "is a link; name a new folder"),
        ("dangling", "is a link; name a new folder"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(["generate", "--out", str(tmp_path / out), *SMALL])
        assert stop.value.code == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert reason in error
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


def test_a_failed_export_leaves_nothing(tmp_path, monkeypatch, capsys):
    def fail(*_, **__):
        raise PermissionError(13, "Permission denied", "somewhere")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(SystemExit) as stop:
        main(["generate", "--out", str(tmp_path / "data"), *SMALL])
    assert stop.value.code == 2
    assert capsys.readouterr().err == "error: permission denied: somewhere\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("part", ["mkdtemp", "savez_compressed", "replace"])
def test_a_full_disk_names_the_folder_that_was_asked_for(tmp_path, monkeypatch, capsys, part):
    def full(*words, **_):
        named = (str(words[0]),) if part == "replace" else ()
        raise OSError(28, "No space left on device", *named)

    homes = {"mkdtemp": new_folder.tempfile, "savez_compressed": np, "replace": new_folder.os}
    monkeypatch.setattr(homes[part], part, full)
    with pytest.raises(SystemExit):
        main(["generate", "--out", str(tmp_path / "data"), *SMALL])
    assert capsys.readouterr().err == f"error: no space left on device: {tmp_path / 'data'}\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["images", "vectors"])
def test_the_current_folder_is_refused_by_any_name(kind, tmp_path, monkeypatch, capsys):
    """No folder can take its place: after all the work the device was busy."""
    monkeypatch.chdir(tmp_path)
    for out in (".", str(tmp_path), f"../{tmp_path.name}"):
        with pytest.raises(SystemExit):
            main(["generate", "--out", out, "--kind", kind, "--pairs", "10"])
        assert capsys.readouterr().err == (
            f"error: {out} is the current folder; name a new folder\n"
        )
    assert not list(tmp_path.iterdir())
