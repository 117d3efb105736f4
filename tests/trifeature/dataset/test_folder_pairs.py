import json
from pathlib import Path

import numpy as np
import pytest
from adapted_folder import unlist

from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate, read_folder
from trifeature.dataset.export import export
from trifeature.dataset.folder_pairs import _check_strengths, has_pairs, read_pairs

DESIGN = ImageDesign(Geometry(24, 16, 5), FactorCounts(3, 4, 4), renders=2)
PAIRS = PairDesign(shared_strength=0.75, mapping_strength=0.5)


@pytest.fixture
def folder(tmp_path):
    data = generate(DESIGN, PAIRS, 4, 40)
    export(data, tmp_path / "data", "folders", DESIGN, PAIRS, 4)
    return tmp_path / "data"


def test_the_pairs_are_those_that_were_drawn(folder):
    data = generate(DESIGN, PAIRS, 4, 40)
    pairs = read_pairs(folder, read_folder(folder))
    assert pairs.design == PAIRS
    np.testing.assert_array_equal(pairs.mapping, data.mapping)
    for name in ("pretrain", "probe_train", "probe_test"):
        ours, theirs = getattr(pairs, name), getattr(data, name)
        np.testing.assert_array_equal(ours.index, theirs.index)
        assert list(ours.labels) == list(theirs.labels)
        for task in ours.labels:
            np.testing.assert_array_equal(ours.labels[task], theirs.labels[task])


def test_the_checksum_covers_pairs_design_and_mapping(folder):
    images = read_folder(folder)
    before = read_pairs(folder, images).sha256(images)
    assert read_pairs(folder, images).sha256(images) == before
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["pairs"]["mapping_strength"] = 0.25
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert read_pairs(folder, images).sha256(images) != before


def test_a_folder_without_pairs(folder):
    assert has_pairs(folder)
    for name in ("fit", "pretrain"):
        (folder / f"pairs_{name}.csv").unlink()
        with pytest.raises(ValueError, match=rf"lacks pairs_{name}.csv: its pairs are three tab"):
            has_pairs(folder)
    (folder / "pairs_score.csv").unlink()
    assert not has_pairs(folder)


def edited(path, line, change):
    lines = path.read_text().splitlines()
    lines[line - 1] = change(lines[line - 1].split(","))
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("name", "line", "change", "message"),
    [
        ("pretrain", 3, lambda c: ",".join([*c[:5], str(1 - int(c[5]))]), r"line 3: S is \d, but"),
        ("fit", 2, lambda c: ",".join(["train/no.png", *c[1:]]), "line 2: no image 'train/no.png'"),
        ("fit", 2, lambda c: ",".join(c[:5]), "line 2: 5 cells"),
        ("score", 1, lambda c: ",".join(c[:5]), "columns of a table of pairs are image_1"),
    ],
)
def test_damaged_pairs_are_refused(folder, name, line, change, message):
    edited(folder / f"pairs_{name}.csv", line, change)
    with pytest.raises(ValueError, match=message):
        read_pairs(folder, read_folder(folder))


def test_probing_pairs_share_the_attribute(folder):
    unlist(folder, "files_sha256")
    lines = (folder / "pairs_pretrain.csv").read_text()
    (folder / "pairs_fit.csv").write_text(lines)  # a quarter of them does not
    with pytest.raises(ValueError, match="the images differ in shape, which probing pairs share"):
        read_pairs(folder, read_folder(folder))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("mapping"),
        lambda m: m["pairs"].update(shared="size"),
        lambda m: m["pairs"].update(more=1),
    ],
)
def test_a_damaged_manifest_is_refused(folder, change):
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="does not name the design of the pairs and the mapping"):
        read_pairs(folder, read_folder(folder))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"image_1,image_2,R,U1,U2,S\n" + b"x" * 200_000, "field larger than field limit"),
        (b"\xff\xfe", "can't decode byte 0xff"),
        (b"image_1,\0", ""),
        (b"", "the columns of a table of pairs are image_1"),
    ],
)
def test_a_table_that_is_none_is_named(folder, content, message):
    (folder / "pairs_fit.csv").write_bytes(content)
    with pytest.raises(ValueError, match=f"pairs_fit.csv.*{message}"):
        read_pairs(folder, read_folder(folder))


@pytest.mark.parametrize("value", ["white", ["red"], None, {}])
def test_a_mapping_of_other_values_is_refused(folder, value):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["mapping"]["solid"] = value
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="the mapping leads from each texture of the images"):
        read_pairs(folder, read_folder(folder))


@pytest.mark.parametrize("strength", [0.0, 0.7])
def test_strengths_that_the_pairs_do_not_reach_are_refused(tmp_path, strength):
    design = PairDesign(mapping_strength=strength)
    data = generate(DESIGN, design, 4, 400)
    export(data, tmp_path / "data", "folders", DESIGN, design, 4)
    path = tmp_path / "data" / "manifest.json"
    read_pairs(tmp_path / "data", read_folder(tmp_path / "data"))
    manifest = json.loads(path.read_text())
    manifest["pairs"]["mapping_strength"] = 1.0
    path.write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=r"\d+ % obey the mapping, and 100 % would of its"):
        read_pairs(tmp_path / "data", read_folder(tmp_path / "data"))


@pytest.mark.parametrize("counts", [(10, 10, 10), (3, 5, 10), (10, 10, 4), (2, 2, 2)])
@pytest.mark.parametrize(
    "mapped", [("texture", "colour"), ("shape", "colour"), ("colour", "shape")]
)
def test_strengths_that_were_drawn_are_never_refused(counts, mapped):
    images = ImageDesign(Geometry(13, 8, 5), FactorCounts(*counts), renders=1)
    for seed, (shared, mapping) in enumerate([(1, 0), (1, 1), (0, 0), (0.5, 0.5), (0.25, 0.9)]):
        design = PairDesign(shared_strength=shared, mapping_strength=mapping, mapped=mapped)
        for size in (60, 5000):
            data = generate(images, design, seed, size)
            for rules, pairs, part in (
                (design, data.pretrain, data.train),
                (design.unbiased, data.probe_train, data.train),
                (design.unbiased, data.probe_test, data.test),
            ):
                _check_strengths(Path("here"), rules, pairs, part, data.mapping)


def test_biased_pairs_of_a_manifest_without_the_mapping_are_refused(tmp_path):
    """Their summary said that nothing had been learnt from the mapping."""
    design, folder = PairDesign(mapping_strength=1.0), tmp_path / "data"
    export(generate(DESIGN, design, 4, 200), folder, "folders", DESIGN, design, 4)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["pairs"]["mapping_strength"] = 0.0
    (folder / "manifest.json").write_text(json.dumps(manifest))
    message = r"pairs_pretrain.csv: 100 % obey the mapping, and \d+ % would of its strength 0 in"
    with pytest.raises(ValueError, match=message):
        read_pairs(folder, read_folder(folder))


def test_probing_pairs_that_obey_the_mapping_are_refused(folder):
    unlist(folder, "files_sha256", "pair_sets")
    head, *rows = (folder / "pairs_fit.csv").read_text().splitlines()
    obeying = [row for row in rows if row.endswith(",1")]
    (folder / "pairs_fit.csv").write_text("\n".join([head, *obeying * 20]) + "\n")
    with pytest.raises(ValueError, match=r"pairs_fit.csv: 100 % obey the mapping, and \d+ % wo"):
        read_pairs(folder, read_folder(folder))
