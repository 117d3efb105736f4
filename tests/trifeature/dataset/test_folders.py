import shutil

import numpy as np
import pytest
from adapted_folder import unlist
from PIL import Image

from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate, read_folder
from trifeature.dataset.export import export
from trifeature.images.image_sets import checksum

DESIGN = ImageDesign(Geometry(13, 8, 5), FactorCounts(2, 3, 4), renders=2)


@pytest.fixture(scope="module")
def data():
    return generate(DESIGN, PairDesign(), 5, 50)


@pytest.fixture(scope="module")
def exported(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("images") / "data"
    export(data, out, "folders", DESIGN, PairDesign(), 5)
    return out


@pytest.fixture
def folder(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "copy")


def test_what_was_generated_comes_back(exported, data):
    found = read_folder(exported)
    for one, other in ((found.train, data.train), (found.test, data.test)):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.factors, other.factors)
        assert one.factors.dtype == other.factors.dtype
    assert (found.counts, found.renders) == (DESIGN.counts, DESIGN.renders)


def test_the_checksum_is_of_pixels_and_split_not_of_files(folder, data):
    unlist(folder, "files_sha256")
    before = read_folder(folder).sha256
    path = first_of(folder, "train")
    Image.open(path).save(path, compress_level=9)
    (folder / "train" / "notes.txt").write_text("mine")
    (folder / "test" / "._red.png").write_bytes(b"")  # as some systems leave beside files
    assert read_folder(folder).sha256 == before
    pixels = np.asarray(Image.open(path)).copy()
    pixels[0, 0, 0] ^= 1
    Image.fromarray(pixels).save(path)
    assert read_folder(folder).sha256 != before
    arrays = [
        getattr(getattr(data, s), a) for s in ("train", "test") for a in ("images", "factors")
    ]
    assert before == checksum(*arrays)


def first_of(folder, split):
    return sorted((folder / split).glob("*.png"))[0]


def blank(side):
    return Image.fromarray(np.zeros((side, side, 3), np.uint8))


def damage(folder, kind):
    """Spoil a folder in one way."""
    train, test = first_of(folder, "train"), first_of(folder, "test")
    match kind:
        case "no test":
            shutil.rmtree(folder / "test")
        case "empty":
            for path in (folder / "test").iterdir():
                path.unlink()
        case "combination":
            test.unlink()
        case "render":
            train.unlink()
        case "huge number":
            train.rename(train.with_name(train.stem[:-1] + "9" * 30 + ".png"))
        case "both sides":
            shutil.copy(test, folder / "train" / f"{test.stem}_0.png")
            shutil.copy(test, folder / "train" / f"{test.stem}_1.png")
        case "name":
            train.rename(train.with_name("shape1.png"))
        case "number in test":
            test.rename(test.with_name(f"{test.stem}_0.png"))
        case "capital":
            test.rename(test.with_suffix(".PNG"))
        case "another format":
            blank(13).save(train.with_suffix(".jpg"))
            train.unlink()
        case "value":
            train.rename(train.with_name("squre_solid_red_0.png"))
        case "unlike any":
            train.rename(train.with_name("square_solid_mauve_0.png"))
        case "size":
            blank(14).save(train)
        case "no png":
            train.write_text("hello")
        case "one value":
            for path in folder.rglob("triangle_*.png"):
                path.unlink()
            for path in folder.rglob("square_*.png"):
                path.rename(path.with_name(path.name.replace("square", "triangle")))


MISTAKES = {
    "no test": "no folder {folder}/test; images lie in train/ and test/",
    "empty": "{folder}/test holds no PNG files",
    "combination": "{folder} lacks {test.stem}, in train/ as in test/",
    "render": "{folder}/train lacks {train.name}",
    "huge number": "{folder}/train lacks",
    "both sides": "{folder} has {test.stem} in train/ and in test/",
    "name": "{folder}/train/shape1.png is not named SHAPE_TEXTURE_COLOUR_K.png",
    "number in test": "_0.png is not named SHAPE_TEXTURE_COLOUR.png",
    "capital": ".PNG is not named SHAPE_TEXTURE_COLOUR.png",
    "another format": ".jpg is no PNG file: images lie as SHAPE_TEXTURE_COLOUR_K.png",
    "value": "no shape 'squre'; did you mean square?",
    "unlike any": "no colour 'mauve'; there are red, green, blue",
    "size": "has a side of 1",
    "no png": "{train} is no PNG file",
    "one value": "the shape factor has 2 to 10 values, not 1",
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_line(folder, kind):
    names = {"folder": folder, "train": first_of(folder, "train"), "test": first_of(folder, "test")}
    damage(folder, kind)
    with pytest.raises(ValueError, match=r".") as caught:
        read_folder(folder)
    assert MISTAKES[kind].format(**names) in str(caught.value)
    assert "\n" not in str(caught.value)
