"""What a folder's manifest lists is what is read: nothing cut, exchanged or removed."""

import shutil

import pytest
from adapted_folder import unlist

from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate, read_folder
from trifeature.dataset.export import export
from trifeature.dataset.folder_pairs import has_pairs, read_pairs

DESIGN = ImageDesign(Geometry(13, 8, 5), FactorCounts(3, 3, 3), renders=2)
LISTED = ("files_sha256", "values", "pair_sets")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    out = tmp_path_factory.mktemp("images") / "data"
    export(generate(DESIGN, PairDesign(), 5, 40), out, "folders", DESIGN, PairDesign(), 5)
    return out


@pytest.fixture
def folder(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "copy")


def read(folder):
    images = read_folder(folder)
    return images, read_pairs(folder, images) if has_pairs(folder) else None


def cut_rows(folder):
    path = folder / "pairs_score.csv"
    path.write_text("".join(path.read_text().splitlines(True)[:4]))


def repeat_a_row(folder):
    path = folder / "pairs_pretrain.csv"
    head, row, *others = path.read_text().splitlines(True)
    path.write_text("".join([head, row, row, *others[1:]]))


def exchange_images(folder):
    first, *_, last = sorted((folder / "train").glob("*.png"))
    one, other = first.read_bytes(), last.read_bytes()
    first.write_bytes(other)
    last.write_bytes(one)


def remove_a_texture(folder):
    for path in [*folder.rglob("*_grid_*.png"), *folder.glob("pairs_*.csv")]:
        path.unlink()


def remove_a_render(folder):
    for path in [*folder.glob("train/*_1.png"), *folder.glob("pairs_*.csv")]:
        path.unlink()


CHANGES = {
    cut_rows: r"pairs_score.csv has 3 pairs, and \d+ by manifest.json; .*pair_sets from",
    repeat_a_row: "pairs_pretrain.csv is not the file that manifest.json lists; if the change",
    exchange_images: r"train/\w+_0.png is not the file that manifest.json lists; if the change is",
    remove_a_texture: r"/\w+_grid_\w+.png is gone, and manifest.json lists it; if the change is me",
    remove_a_render: r"train/\w+_1.png is gone, and manifest.json lists it; if the change is meant",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_refused_by_the_name_of_the_file(folder, change):
    change(folder)
    with pytest.raises(ValueError, match=CHANGES[change]) as caught:
        read(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", CHANGES)
def test_a_folder_that_is_adapted_on_purpose_is_read(folder, change):
    change(folder)
    unlist(folder, *LISTED)
    images, pairs = read(folder)
    assert images.counts.texture == (2 if change is remove_a_texture else 3)
    assert (pairs is None) == (change in (remove_a_texture, remove_a_render))


def test_values_are_compared_where_no_file_is_listed(folder):
    remove_a_texture(folder)
    unlist(folder, "files_sha256")
    with pytest.raises(ValueError, match="has images of 2 values of texture, of 3 by its manifest"):
        read_folder(folder)


@pytest.mark.parametrize("manifest", ["{", "[]", "3", '{"files_sha256": [1]}', '{"values": 3}'])
def test_manifests_of_other_programs_list_nothing(folder, manifest):
    before = read_folder(folder).sha256
    (folder / "manifest.json").write_text(manifest)
    assert read_folder(folder).sha256 == before
