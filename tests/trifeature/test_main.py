import contextlib
import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hostile_session import hostile_session
from PIL import Image

from interaction_probes.settings.fields import field_kinds, option_of
from trifeature import (
    GENERATOR_VERSION,
    FactorCounts,
    Geometry,
    ImageDesign,
    PairDesign,
    generate,
)
from trifeature.__main__ import Generate, main
from trifeature.dataset import new_folder
from trifeature.dataset.export import contents
from trifeature.images.image_sets import checksum
from trifeature.options_of_runs import EQUIVALENTS
from trifeature.preview import _shown

SMALL = "--image 24 --shape 16 --period 5 --shapes 3 --textures 4 --colours 4 --renders 2"
SMALL = [*SMALL.split(), "--pairs", "60", "--seed", "4", "--mapping-strength", "0.5"]
DESIGN = ImageDesign(Geometry(24, 16, 5), FactorCounts(3, 4, 4), renders=2)
PAIRS = PairDesign(mapping_strength=0.5)


@pytest.fixture(scope="module")
def data():
    return generate(DESIGN, PAIRS, 4, 60)


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


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["generat"],
            "no command 'generat'; choose from generate, preview, audit; did you mean gen",
        ),
        (["generate", "--out", "x", "--sed", "1"], "no option --sed; did you mean --seed?"),
        *(
            (["generate", "--out", "x", option, "4"], f"no option {option}; it is {here} here")
            for option, here in EQUIVALENTS.items()
        ),
        (
            ["audit", "--images.geometry.image", "40"],
            "no option --images.geometry.image; audit draws no images: it is --image of generate",
        ),
        (["audit", "--images.counts.shape=4"], "no option --images.counts.shape; it is --shapes"),
        (["audit", "--shared", "colour", "--unique", "colour"], "cannot be both the shared and"),
        (["audit", "--shapes", "11"], "the shape factor has 2 to 10 values, not 11"),
        (["audit", "--pairs", "0"], "at least 1 pair is needed, not 0"),
        (["audit", "--seed", "-1"], "a seed is 0 or more, not -1"),
        (["audit", "--mapping-strength", "2"], "mapping_strength lies in [0, 1], not 2.0"),
        (["audit", "--mapped", "texture", "color"], "did you mean colour?"),
        (["generate", "--out", "."], ". is the current folder; name a new folder"),
        (["preview", "--out", "x", "--image", "40"], "an image of 40 pixels cannot hold"),
        *(
            (
                ["generate", "--out", "x", "--kind", "vectors", option, value],
                f"{option} is an option of images, which --kind vectors does not draw: omit it",
            )
            for option, value in (
                ("--preset", "paper"),
                ("--image", "3"),
                ("--shape", "-1"),
                ("--period", "9"),
            )
        ),
    ],
)
def test_mistakes_are_one_line(words, expected, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_preview_that_cannot_be_written_leaves_the_old_sheets(tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    (tmp_path / "factors.png").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SystemExit):
        main(["preview", "--out", str(tmp_path), *SMALL])
    assert capsys.readouterr().err == f"error: no space left on device: {tmp_path}/factors.png\n"
    assert [path.name for path in tmp_path.iterdir()] == ["factors.png"]
    assert (tmp_path / "factors.png").read_bytes() == b"old"
    with pytest.raises(SystemExit):
        main(["preview", "--out", str(tmp_path / "new"), *SMALL])
    assert not (tmp_path / "new").exists()


def test_preview_draws_two_sheets(tmp_path):
    main(["preview", "--out", str(tmp_path / "sheets"), *SMALL])
    assert sorted(p.name for p in (tmp_path / "sheets").iterdir()) == ["factors.png", "pairs.png"]
    for path in (tmp_path / "sheets").iterdir():
        pixels = np.asarray(Image.open(path).convert("RGB"))
        assert min(pixels.shape[:2]) > 500
        found = {tuple(pixel) for pixel in pixels[::2, ::2].reshape(-1, 3).tolist()}
        assert {(127, 127, 127), (255, 0, 0), (0, 255, 0)} <= found  # grey, red and green


def test_a_preview_takes_no_settings_of_a_session(tmp_path):
    sheets = []
    for name in ("plain", "hostile"):
        with hostile_session() if name == "hostile" else contextlib.nullcontext():
            main(["preview", "--out", str(tmp_path / name), *SMALL])
        sheets.append([path.read_bytes() for path in sorted((tmp_path / name).iterdir())])
    assert sheets[0] == sheets[1]


@pytest.mark.parametrize("extra", [["--mapping-strength", "0"], ["--mapped", "shape", "texture"]])
def test_preview_where_pairs_are_few(tmp_path, extra):
    main(["preview", "--out", str(tmp_path), *SMALL, "--pairs", "3", *extra])
    assert (tmp_path / "pairs.png").stat().st_size > 10_000


def test_the_heading_of_example_pairs_says_how_many_were_chosen_to_obey(data):
    obeys = data.pretrain.labels["S"] == 1
    rows = [*np.flatnonzero(obeys)[:3], *np.flatnonzero(~obeys)[:5]]
    assert _shown(data, rows) == "chosen: 3 that obey it, 5 that do not"


def test_audit_counts_and_bits(data, capsys):
    geometry = SMALL.index("--shapes")  # an audit needs no geometry
    main(["audit", *SMALL[geometry:]])
    report = capsys.readouterr().out
    share = 100 * data.pretrain.labels["S"].mean()
    mapping = f"mapping obeyed by design in 50 %, {share:.1f} % with those that obey it by chance"
    assert f"Pretraining pairs: 60, shape shared by design in 100 %, {mapping}\n" in report
    chance = 100 * data.probe_test.labels["S"].mean()
    mapping = f"mapping not imposed; {chance:.1f} % obey it by chance"
    assert f", shape shared by design in 100 %, {mapping}\n" in report
    first = data.train.factors[data.pretrain.index[:, 0]]
    second = data.train.factors[data.pretrain.index[:, 1]]
    counts = " +".join(map(str, np.bincount(first[:, 0], minlength=3)))
    assert re.search(rf"image 1 +{counts}\n", report)
    met = np.zeros((4, 4), int)
    np.add.at(met, (first[:, 1], second[:, 2]), 1)
    rows = re.findall(r"^  (solid|stripes|grid|hexgrid) +(.*)$", report, re.MULTILINE)[:4]
    for k, (_, cells) in enumerate(rows):
        assert [int(n) for n in re.findall(r"\d+", cells)] == met[k].tolist()
        assert cells.split()[data.mapping[k]] == f"[{met[k, data.mapping[k]]}]"
    bits = re.findall(r"^  (R|U1|U2|S) +(\d.*)$", report, re.MULTILINE)
    assert [task for task, _ in bits[:4]] == ["R", "U1", "U2", "S"]
    ideal = [float(value) for value in bits[-4][1].split()[4:]]
    assert ideal == [pytest.approx(np.log2(3), abs=1e-3), 0, 0, 0]


def test_the_module_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "trifeature", "preview", "--out", str(tmp_path), "--preset", "papr"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert (
        done.stderr == "error: --preset is one of quick, paper, not 'papr'; did you mean paper?\n"
    )


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


def test_without_arguments_all_commands_are_listed(capsys):
    main([])
    shown = capsys.readouterr().out
    found = re.findall(r"^  python -m trifeature (\w+) +\w", shown, re.MULTILINE)
    assert found == ["generate", "preview", "audit"]
    for name in found:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0


def test_options_of_runs_have_a_name_here_each():
    """Both names exist, the fields are run's, and the page has the table."""
    shown = {option_of(name) for name in field_kinds()}
    assert set(EQUIVALENTS) <= shown
    own = {f"--{field.name.replace('_', '-')}" for field in fields(Generate)}
    assert set(EQUIVALENTS.values()) <= own
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
    assert all(f"`{here}`" in page for here in EQUIVALENTS.values())
