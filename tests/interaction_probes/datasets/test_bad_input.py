"""One line for each mistake in data, with the file, the key and the row."""

import pickle
import sys

import numpy as np
import pytest
from small_datasets import arrays, write_folder, write_npz

from interaction_probes.datasets.assembly import assemble
from interaction_probes.datasets.labels import read_label
from interaction_probes.datasets.loading import examine, load_dataset


def at(values, row, value):
    """A copy with another value in a row."""
    found = np.array(values)
    found[row] = value
    return found


GOOD = arrays()
ANIMAL, RECORD, TONES = GOOD["label.animal"], GOOD["modality.record"], GOOD["modality.tones"]
SPLIT = GOOD["split"]
#: What is changed (None: the key is left out) → what the line says.
MISTAKES = [
    ({"modality.record": RECORD[:59]}, r"59 rows in modality.record, but 60 in modality.tones"),
    ({"label.animal": ANIMAL[:50]}, r"50 rows in label.animal, but 60 in"),
    ({"lengths.tones": GOOD["lengths.tones"][:3]}, "3 rows in lengths.tones, but 60 in"),
    ({"split": SPLIT[:9]}, "9 rows in split, but 60 in"),
    ({"unit": GOOD["unit"][1:]}, "59 rows in unit, but 60 in"),
    ({key: None for key in GOOD if "label" in key or "classes" in key}, "no label.NAME"),
    ({"modality.photo": None, "modality.record": None}, "two modalities or more are needed, not 1"),
    (
        {"modality.record": at(RECORD, (17, 2), np.nan)},
        "modality.record has 1 value that is missing or not finite, the first in row 17",
    ),
    (
        {"modality.tones": at(TONES, (50, 0, 1), -np.inf)},
        "modality.tones has 1 value that is missing or not finite, the first in row 50",
    ),
    ({"modality.record": np.ones((60, 4))}, "modality.record: all features are constant in the tr"),
    (
        {"modality.record": at(RECORD.astype(float), 4, 1e300)},
        r"beyond ±3.4e38, the first in row 4",
    ),
    (
        {"modality.record": 1.7e9 + np.random.default_rng(0).normal(size=(60, 2))},
        "modality.record: float32 has no digits for feature 0, whose values are from 169999999",
    ),
    (
        {"modality.record": np.random.default_rng(0).normal(size=(60, 2)) * [1, 1e-42]},
        "modality.record: float32 has no digits for feature 1, whose values are from -",
    ),
    ({"modality.record": np.full((60, 2), 2**60 + 1)}, "whole numbers that float64 would round"),
    ({"modality.record": RECORD.astype(str)}, "modality.record holds no real numbers"),
    ({"modality.record": RECORD[:, 0]}, r"not \[60\]: one number per sample is \[60, 1\]"),
    ({"modality.record": RECORD[:, :0]}, r"modality.record is empty: its shape is \[60, 0\]"),
    ({"modality.photo": GOOD["modality.photo"].astype(int)}, "modality.photo is int64: images are"),
    ({"lengths.tones": at(GOOD["lengths.tones"], 9, 6)}, r"from 1 to 5 \(row 9: 6\)"),
    ({"lengths.tones": at(GOOD["lengths.tones"], 8, 0)}, r"lengths.tones .* \(row 8: 0\)"),
    ({"lengths.record": np.ones(60, int)}, "lengths.record is of sequences, but modality.record"),
    ({"lengths.tune": np.ones(60, int)}, "lengths.tune: there is no modality.tune"),
    ({"label.animal": at(GOOD["label.weight"], 7, np.nan)}, "label.animal has 1 value .* row 7"),
    (
        {"label.animal": np.repeat("cat", 60)},
        r"label.animal: all 30 train rows are of one class \(c",
    ),
    ({"label.weight": at(GOOD["label.weight"], slice(45, 60), 1.5)}, "all 15 test rows are alike"),
    (
        {"label.animal": at(ANIMAL, 50, "yak")},
        "row 50 of test is of class yak, of which no training",
    ),
    ({"label.tags": GOOD["label.tags"] + at(np.zeros((60, 4), int), (3, 1), 5)}, "row 3, column 1"),
    ({"classes.tags": np.array(["a", "b"])}, "classes.tags has 2 names for 4 columns"),
    ({"classes.tags": np.array(["a", "b", "a", "c"])}, "classes.tags is .* names, each once"),
    (
        {"split": at(SPLIT, 5, "trian")},
        "split, row 5: a part is train, validation, test or pretrain, not 'trian'",
    ),
    ({"split": np.arange(60)}, "split is .* texts"),
    ({"split": np.repeat("train", 60)}, "split has no test rows"),
    ({"split.train": np.arange(30)}, "split and split.train are both given"),
    (
        {"split": None, "split.train": np.arange(31), "split.test": np.arange(30, 60)},
        "split: row 30 is both of train and of test",
    ),
    (
        {"split": None, "split.train": np.arange(30), "split.test": np.arange(30, 61)},
        r"the rows of split.test lie in 0..59",
    ),
    ({"split": None, "split.exam": np.arange(30)}, "no key 'split.exam': a part is train"),
    (
        {"unit": at(GOOD["unit"], 47, 4)},
        "unit 4 is in two parts .*: row 12 is of train, row 47 of test",
    ),
    ({"modalty.x": RECORD}, "no key 'modalty.x'; did you mean 'modality.x'"),
    ({"modality.a/b": RECORD}, "'modality.a/b': a name is letters, digits, _ and -"),
]


@pytest.mark.parametrize(("change", "expected"), MISTAKES)
def test_a_mistake_is_one_line_with_file_key_and_row(tmp_path, change, expected):
    content = {k: v for k, v in (GOOD | change).items() if v is not None}
    source = write_npz(tmp_path / "data.npz", content)
    with pytest.raises(ValueError, match=expected) as caught:
        load_dataset(source)
    assert str(caught.value).startswith(f"{source}: ")
    assert "\n" not in str(caught.value)


def test_of_several_wrong_keys_the_rule_is_said_once(tmp_path):
    wrong = {"video": RECORD, "modalty.x": RECORD, "y": ANIMAL}
    source = write_npz(tmp_path / "data.npz", wrong)
    assert examine(source).errors == (
        f"{source}: no keys 'video', 'modalty.x' (did you mean 'modality.x'?), 'y'; the keys are "
        "modality.NAME, lengths.NAME, label.NAME, classes.NAME, split or split.train, …, and unit",
    )


def test_nothing_is_no_dataset():
    assert assemble({}) == (None, ["no modality.NAME, and so no samples"])


def test_what_the_mistakes_are_made_in_is_good(tmp_path):
    load_dataset(write_npz(tmp_path / "data.npz", GOOD))


def test_all_mistakes_are_found_at_once(tmp_path):
    changes = {"modality.record": RECORD[:, 0], "label.weight": None, "split": np.arange(60)}
    content = {k: v for k, v in (GOOD | changes).items() if v is not None} | {"labels": ANIMAL}
    found = examine(write_npz(tmp_path / "data.npz", content))
    keys = ("labels", "modality.record")
    assert all(any(key in line for line in found.errors) for key in keys)
    values = {"modality.record": at(RECORD, 3, np.nan), "label.animal": np.repeat("a", 60)}
    found = examine(write_npz(tmp_path / "data.npz", GOOD | values))
    assert len(found.errors) == 4  # the values, and one class in each of three parts


def test_a_key_without_values(tmp_path, monkeypatch):
    (tmp_path / "no_values.py").write_text("def make():\n    return {'modality.a': None}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValueError, match=r"no_values:make: modality.a is None: leave the key out"):
        load_dataset("no_values:make")


class Bomb:
    """What would write a file where it is unpickled."""

    def __reduce__(self):
        return open, ("bomb.txt", "w")


@pytest.mark.parametrize("write", [write_npz, write_folder])
def test_pickled_objects_are_refused_and_not_run(tmp_path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    objects = np.empty(60, dtype=object)
    objects[:] = [Bomb() for _ in range(60)]
    source = write(tmp_path / "data.npz", GOOD | {"label.animal": objects})
    with pytest.raises(ValueError, match=r"label.animal is an array of Python objects.*dtype=str"):
        load_dataset(source)
    assert not (tmp_path / "bomb.txt").exists()
    assert len(examine(source).errors) == 1


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.npz", b"", "is no .npz file of plain arrays"),
        ("a.npz", b"PK\x03\x04 cut short", "is no .npz file of plain arrays"),
        (
            "a.pkl",
            pickle.dumps({"x": 1}),
            "is no .npz file of plain arrays.*check-data --format, run --data.format",
        ),
        ("a.csv", b"a,b\n1,2\n", "is no .npz file of plain arrays"),
    ],
)
def test_other_files_are_refused_in_a_line(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=expected):
        load_dataset(tmp_path / name)


def test_what_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"no such file; data are an .npz file, a folder of .npy"):
        load_dataset(tmp_path / "none.npz")
    with pytest.raises(ValueError, match=r"has no .npy files"):
        load_dataset(tmp_path)
    np.save(tmp_path / "one.npy", np.ones(3))
    with pytest.raises(ValueError, match="is a single array"):
        load_dataset(tmp_path / "one.npy")
    with pytest.raises(ValueError, match="neutral is an option of a format"):
        load_dataset(tmp_path / "one.npy", neutral="negative")


def test_a_damaged_array_is_told_by_its_key(tmp_path):
    path = write_npz(tmp_path / "data.npz", GOOD)
    damaged = bytearray(path.read_bytes())
    place = damaged.find(np.ascontiguousarray(RECORD).tobytes()[:32])
    damaged[place] ^= 255
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"modality.record cannot be read"):
        load_dataset(path)


@pytest.mark.parametrize(("key", "written"), [(3, "3"), (("label", "y"), r"\('label', 'y'\)")])
def test_a_key_that_is_no_text_is_one_line(tmp_path, monkeypatch, key, written):
    (tmp_path / "odd_key.py").write_text(f"def make():\n    return {{'split': [1], {key!r}: 4}}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "odd_key", raising=False)
    with pytest.raises(
        ValueError, match=rf"keys are texts, such as modality.NAME, and {written} is"
    ):
        load_dataset("odd_key:make")


@pytest.mark.parametrize("values", [1j * np.arange(60), [1j, 2] * 30, np.ones((60, 2), complex)])
def test_a_complex_label_is_no_class(values):
    with pytest.raises(ValueError, match=r"label.wave has complex numbers: give the real and the"):
        read_label("wave", values)
