import sys

import numpy as np
import pytest
from foreign_files import write_episodes

from interaction_probes.datasets.loading import load_dataset

h5py = pytest.importorskip("h5py", reason="h5py is an extra: [hdf5]")


def test_steps_and_the_labels_of_the_next_ones(tmp_path):
    folder = write_episodes(tmp_path / "episodes")
    data = load_dataset(folder, "vision-touch", standardise=False)
    image, force, proprio = data.modalities
    kinds = [(one.kind, one.values.shape, one.values.dtype.name) for one in data.modalities]
    assert kinds == [
        ("images", (40, 8, 8, 3), "uint8"),
        ("sequences", (40, 4, 6), "float32"),
        ("vectors", (40, 8), "float32"),
    ]
    target, contact = data.labels
    row = 0
    for episode, path in enumerate(sorted(folder.iterdir())):
        with h5py.File(path) as file:
            for step in range(4):
                np.testing.assert_array_equal(image.values[row], file["image"][step])
                found = file["ee_forces_continuous"][step].astype(np.float32)
                np.testing.assert_array_equal(force.values[row], found)
                found = file["proprio"][step].astype(np.float32)
                np.testing.assert_array_equal(proprio.values[row], found)
                np.testing.assert_array_equal(target.values[row], file["proprio"][step + 1, :4])
                assert contact.values[row] == file["contact"][step + 1].any()
                assert data.units[row] == episode
                row += 1
    assert row == len(data)


def test_validation_episodes_are_made_and_said(tmp_path):
    data = load_dataset(write_episodes(tmp_path / "episodes"), "vision-touch")
    seen = [set(data.units[rows].tolist()) for rows in data.split.parts().values()]
    assert [len(units) for units in seen] == [6, 2, 2]
    assert len(set.union(*seen)) == 10
    assert any("the published split uses its test episodes for validation" in n for n in data.notes)
    assert any(note.startswith("no validation rows were given") for note in data.notes)
    assert data.notes[0].startswith("50 steps of 10 episodes read; the last step of each is drop")
    force = data.modalities[1].values[data.split.train].reshape(-1, 6)
    np.testing.assert_allclose(force.mean(0), 0, atol=1e-5)


def test_a_stored_target_is_taken(tmp_path):
    stored = np.random.default_rng(0).normal(size=(5, 4))
    folder = write_episodes(tmp_path / "episodes", ee_yaw_next=stored)
    target = load_dataset(folder, "vision-touch").labels[0]
    np.testing.assert_array_equal(target.values[:4], stored[:4])


def test_a_missing_label_is_not_the_class_no(tmp_path):
    folder = write_episodes(tmp_path / "episodes")
    with h5py.File(folder / "episode_03.h5", "a") as file:
        del file["contact"]
        file["contact"] = np.where(np.arange(5)[:, None] == 2, np.nan, np.ones((5, 50)))
    expected = "episode_03.h5, contact after its first step has 50 values that are missing .* row 1"
    with pytest.raises(ValueError, match=expected):
        load_dataset(folder, "vision-touch")


def test_other_content_is_one_line(tmp_path):
    folder = write_episodes(tmp_path / "episodes")
    with h5py.File(folder / "episode_03.h5", "a") as file:
        del file["contact"]
        file["touch"] = np.ones(5)
    expected = (
        "episode_03.h5 has no 'contact': expected image, ee_forces_continuous, proprio, contact; "
        "found ee_forces_continuous, image, proprio, touch"
    )
    with pytest.raises(ValueError, match=expected):
        load_dataset(folder, "vision-touch")
    with h5py.File(folder / "episode_03.h5", "a") as file:
        file["contact"] = np.ones((4, 50))
    with pytest.raises(ValueError, match=r"episode_03.h5, contact is float64 \[4, 50\]: numbers"):
        load_dataset(folder, "vision-touch")
    (folder / "episode_03.h5").write_bytes(b"no file of this kind")
    with pytest.raises(ValueError, match=r"episode_03.h5 is no HDF5 file, or is damaged"):
        load_dataset(folder, "vision-touch")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"the folder has no .h5 files"):
        load_dataset(tmp_path / "empty", "vision-touch")
    with pytest.raises(ValueError, match=r"is a folder of .h5 files, and this is a file"):
        load_dataset(folder / "episode_00.h5", "vision-touch")


def linked(file, other):
    file["contact"] = h5py.ExternalLink(other.name, "contact")


def outside(file, other):
    raw = other.with_suffix(".raw")
    raw.write_bytes(bytes(250))
    file.create_dataset("contact", (5, 50), "u1", external=[(str(raw), 0, 250)])


def virtual(file, other):
    layout = h5py.VirtualLayout((5, 50), "u1")
    layout[:] = h5py.VirtualSource(other, "contact", (5, 50))
    file.create_virtual_dataset("contact", layout)


@pytest.mark.parametrize("make", [linked, outside, virtual])
def test_data_that_lie_in_another_file_are_refused(tmp_path, make):
    folder = write_episodes(tmp_path / "episodes")
    with h5py.File(folder / "episode_03.h5", "a") as file:
        del file["contact"]
        make(file, folder / "episode_00.h5")
    with pytest.raises(ValueError, match="contact is no array that lies in the file itself"):
        load_dataset(folder, "vision-touch")


def test_without_h5py_a_line_says_what_to_install(tmp_path, monkeypatch):
    folder = write_episodes(tmp_path / "episodes")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(
        ValueError, match=r"h5py is needed .* pip install 'interaction-probes\[hdf5"
    ):
        load_dataset(folder, "vision-touch")


def test_a_target_that_only_some_episodes_store_is_refused(tmp_path):
    folder = write_episodes(tmp_path / "episodes")
    with h5py.File(folder / "episode_03.h5", "a") as file:
        file["ee_yaw_next"] = np.zeros((5, 4))
    expected = "episode_03.h5 has ee_yaw_next and episode_00.h5 does not, .* in all episodes or in"
    with pytest.raises(ValueError, match=expected):
        load_dataset(folder, "vision-touch")
