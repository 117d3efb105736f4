import json
from dataclasses import replace

import numpy as np
import pytest
from adapted_folder import unlist

from trifeature import (
    FactorCounts,
    Geometry,
    ImageDesign,
    SampleDesign,
    generate_samples,
    read_folder,
)
from trifeature.dataset.export import export
from trifeature.dataset.folder_pairs import has_pairs
from trifeature.dataset.folder_samples import has_samples, read_samples

IMAGES = ImageDesign(Geometry(24, 16, 5), FactorCounts(3, 4, 4), renders=2)
DESIGN = SampleDesign.standard(3, 0.25, 0.5)


@pytest.fixture
def folder(tmp_path):
    data = generate_samples(IMAGES, DESIGN, 4, 80)
    export(data, tmp_path / "data", "folders", IMAGES, DESIGN, 4)
    return tmp_path / "data"


def changed(folder, change):
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_the_samples_are_those_that_were_drawn(folder):
    data = generate_samples(IMAGES, DESIGN, 4, 80)
    found = read_samples(folder, read_folder(folder))
    assert found.design == DESIGN
    for ours, theirs in zip(found.arrays, data.arrays, strict=True):
        np.testing.assert_array_equal(ours.table(), theirs.table())
    for name in ("pretrain", "probe_train", "probe_test"):
        ours, theirs = getattr(found, name), getattr(data, name)
        np.testing.assert_array_equal(ours.index, theirs.index)
        assert list(ours.labels) == list(theirs.labels)
        for task, labels in ours.labels.items():
            np.testing.assert_array_equal(labels, theirs.labels[task])


def test_a_folder_of_samples_is_none_of_pairs(folder):
    assert has_samples(folder)
    assert not has_pairs(folder)
    (folder / "samples_fit.csv").unlink()
    with pytest.raises(ValueError, match=r"lacks samples_fit.csv: its samples are three tables"):
        has_samples(folder)
    (folder / "manifest.json").unlink()
    assert not has_samples(folder)


def test_the_checksum_covers_samples_design_and_arrays(folder):
    images = read_folder(folder)
    found = read_samples(folder, images)
    before = found.sha256(images)
    assert read_samples(folder, images).sha256(images) == before
    square, cube = found.arrays
    other = replace(square, symbols=square.symbols[::-1])
    fewer = replace(found.probe_test, index=found.probe_test.index[1:])
    assert replace(found, arrays=(other, cube)).sha256(images) != before
    assert replace(found, probe_test=fewer).sha256(images) != before
    changed(folder, lambda m: m["samples"]["latin"][0].update(strength=0.2))
    assert read_samples(folder, images).sha256(images) != before


@pytest.mark.parametrize(
    ("name", "line", "change", "message"),
    [
        ("pretrain", 3, lambda c: [*c[:-1], str((int(c[-1]) + 1) % 4)], r"line 3: S12to3 is \d"),
        ("fit", 2, lambda c: ["train/no.png", *c[1:]], "line 2: no image 'train/no.png'"),
        ("fit", 2, lambda c: [c[0], c[1], "test/no.png", *c[3:]], "line 2: no image 'test/no.png'"),
        ("fit", 2, lambda c: c[:-1], "line 2: 12 cells"),
        ("score", 1, lambda c: c[1:], "the columns of a table of samples are image_1, image_2"),
    ],
)
def test_damaged_samples_are_refused(folder, name, line, change, message):
    path = folder / f"samples_{name}.csv"
    lines = path.read_text().splitlines()
    lines[line - 1] = ",".join(change(lines[line - 1].split(",")))
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ValueError, match=message) as error:
        read_samples(folder, read_folder(folder))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.pop("samples"), "does not name the design of the samples"),
        (lambda m: m.pop("latin"), "does not name the design of the samples"),
        (lambda m: m["samples"].update(images=2), "shape 3 is of no image"),
        (lambda m: m["latin"].pop("S13"), "its Latin arrays are those of S13, S123"),
        (lambda m: m["latin"]["S13"].pop("symbols"), "a Latin array has shifts and symbols"),
        (lambda m: m["latin"].update(S13=[1, 2]), "a Latin array has shifts and symbols"),
        (lambda m: m["latin"]["S13"].update(symbols=[0, 0, 1, 2]), r"a permutation of 0\.\.3"),
        (lambda m: m["latin"]["S13"].update(symbols="0123"), "are lists of whole numbers"),
        (lambda m: m["latin"]["S13"].update(symbols=[10**30]), "has shifts and symbols"),
        (lambda m: m["latin"]["S13"]["shifts"].pop(), "of 2 attributes or more, not 1"),
        (
            lambda m: m["latin"]["S13"].update(shifts=[[0, 1, 2, 3], [0, 0, 1, 2]]),
            "the rule of texture 1 and colour 3 gives the label of S13 away: image 1 alone",
        ),
    ],
)
def test_a_damaged_manifest_is_refused(folder, change, message):
    changed(folder, change)
    with pytest.raises(ValueError, match=message) as error:
        read_samples(folder, read_folder(folder))
    assert "manifest.json" in str(error.value)
    assert "\n" not in str(error.value)


def test_strengths_that_the_samples_do_not_reach_are_refused(folder):
    changed(folder, lambda m: m["samples"]["latin"][1].update(strength=1.0))
    with pytest.raises(ValueError, match=r"obey the rule of texture 1, .*its strength 1 in"):
        read_samples(folder, read_folder(folder))


def test_probing_samples_share_the_attributes(tmp_path):
    weak = SampleDesign.standard(3)
    shared = (weak.shared[0], type(weak.shared[1])("colour", (1, 2), 0.5))
    design = SampleDesign(3, shared, weak.unique, weak.latin)
    data = generate_samples(IMAGES, design, 4, 80)
    export(data, tmp_path / "data", "folders", IMAGES, design, 4)
    read_samples(tmp_path / "data", read_folder(tmp_path / "data"))
    unlist(tmp_path / "data", "files_sha256")
    lines = (tmp_path / "data" / "samples_pretrain.csv").read_text()
    (tmp_path / "data" / "samples_fit.csv").write_text(lines)
    with pytest.raises(ValueError, match=r"samples_fit\.csv: \d+ % obey the colour shared by"):
        read_samples(tmp_path / "data", read_folder(tmp_path / "data"))


@pytest.mark.parametrize("counts", [(10, 10, 10), (3, 5, 5)])
def test_strengths_that_were_drawn_are_never_refused(tmp_path, counts):
    images = ImageDesign(Geometry(13, 8, 5), FactorCounts(*counts), renders=1)
    for seed, strengths in enumerate([(0, 0), (1, 1), (0.5, 0.5), (0.1, 0.9)]):
        design = SampleDesign.standard(3, *strengths)
        data = generate_samples(images, design, seed, 300)
        export(data, tmp_path / str(seed), "folders", images, design, seed)
        assert (
            read_samples(tmp_path / str(seed), read_folder(tmp_path / str(seed))).design == design
        )


@pytest.mark.parametrize("rule", [0, 1])
def test_biased_samples_of_a_manifest_without_the_rule_are_refused(tmp_path, rule):
    design, folder = SampleDesign.standard(3, *((1, 0), (0, 1))[rule]), tmp_path / "data"
    export(generate_samples(IMAGES, design, 4, 200), folder, "folders", IMAGES, design, 4)
    changed(folder, lambda m: m["samples"]["latin"][rule].update(strength=0.0))
    message = r"samples_pretrain.csv: 100 % obey the rule of .* would of its strength 0 in manifest"
    with pytest.raises(ValueError, match=message):
        read_samples(folder, read_folder(folder))
