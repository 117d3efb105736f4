"""What the real ``datasets`` library makes of exported folders and Parquet files."""

import json
import os
import subprocess
import sys

import pytest

from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate
from trifeature.dataset.export import export
from trifeature.dataset.manifest import SPLIT_OF_SET
from trifeature.images.factors import FACTORS, NAMES

DESIGN = ImageDesign(Geometry(24, 16, 5), FactorCounts(2, 3, 3), renders=2)
#: In a process of its own, whose warnings are seen and which asks no server.
LOAD = """
import json, sys, datasets
def rows(loaded):
    columns = {split: loaded[split].to_dict() for split in loaded}
    for part in columns.values():
        for image in part.get("image", []):
            image["bytes"] = len(image["bytes"] or b"")
    return columns
folders, parquet = sys.argv[1:]
json.dump({
    "folders": rows(datasets.load_dataset("imagefolder", data_dir=folders)),
    "images": rows(datasets.load_dataset(parquet)),
    "pairs": rows(datasets.load_dataset(parquet, "pairs")),
    "names": datasets.load_dataset(parquet)["train"].features["texture"].names,
}, sys.stdout)
"""


@pytest.fixture(scope="module")
def data():
    return generate(DESIGN, PairDesign(), 0, 40)


@pytest.fixture(scope="module")
def loaded(data, tmp_path_factory):
    """What the library loads from both formats, and what it says on stderr."""
    pytest.importorskip("datasets", reason="datasets is part of the extra [test]")
    folder = tmp_path_factory.mktemp("exported")
    for form in ("folders", "parquet"):
        export(data, folder / form, form, DESIGN, PairDesign(), 0)
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "cache")}
    quiet = {"HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    command = [sys.executable, "-c", LOAD, str(folder / "folders"), str(folder / "parquet")]
    done = subprocess.run(
        command, env=os.environ | offline | quiet, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_folder_of_images_has_a_column_per_factor(loaded, data, split):
    columns = loaded[0]["folders"][split]
    assert "label" not in columns
    files = [os.path.basename(image["path"]).removesuffix(".png") for image in columns["image"]]
    names = list(zip(*(columns[factor] for factor in FACTORS), strict=True))
    assert ["_".join(name) for name in names] == ["_".join(f.split("_")[:3]) for f in files]
    values = list(zip(*(columns[f"{factor}_value"] for factor in FACTORS), strict=True))
    images = getattr(data, split)
    assert sorted(values) == sorted(map(tuple, images.factors.tolist()))
    for name, value in zip(names, values, strict=True):
        assert name == tuple(NAMES[f][v] for f, v in zip(FACTORS, value, strict=True))


def test_parquet_files_are_images_with_class_labels_and_pairs_of_them(loaded, data):
    for split in ("train", "test"):
        columns = loaded[0]["images"][split]
        assert all(image["bytes"] for image in columns["image"])
        factors = getattr(data, split).factors.T.tolist()
        assert [columns[factor] for factor in FACTORS] == factors
    assert loaded[0]["names"] == list(NAMES["texture"][:3])
    assert set(loaded[0]["pairs"]) == set(SPLIT_OF_SET)
    assert loaded[0]["pairs"]["score"]["S"] == data.probe_test.labels["S"].tolist()


def test_the_library_has_nothing_to_complain_of(loaded):
    assert loaded[1] == ""
