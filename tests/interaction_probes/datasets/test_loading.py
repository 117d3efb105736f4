import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from small_datasets import arrays, write_folder, write_npz

from interaction_probes.datasets import blocks
from interaction_probes.datasets.blocks import as_float32
from interaction_probes.datasets.checksum import content_checksum
from interaction_probes.datasets.loading import load_dataset
from interaction_probes.datasets.schema import MultimodalDataset


@pytest.fixture
def content():
    return arrays()


@pytest.fixture
def returned(tmp_path, monkeypatch):
    """Write a module whose function returns a value; the name to load it by."""
    counted = iter(range(100))

    def write(value):
        name = f"data_of_user_{next(counted)}"
        (tmp_path / f"{name}.py").write_text("held = {}\ndef make():\n    return held['value']\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        module = pytest.importorskip(name)
        module.held["value"] = value
        return f"{name}:make"

    return write


def test_every_kind_of_modality_and_label(tmp_path, content):
    data = load_dataset(write_npz(tmp_path / "a.npz", content))
    kinds = {one.name: (one.kind, one.values.dtype.name) for one in data.modalities}
    assert kinds == {
        "record": ("vectors", "float32"),
        "tones": ("sequences", "float32"),
        "photo": ("images", "uint8"),
    }
    for one in data.modalities:
        np.testing.assert_array_equal(one.values, content[f"modality.{one.name}"])
    assert data.modalities[1].lengths.tolist() == content["lengths.tones"].tolist()
    animal, tags, weight = data.labels
    assert (animal.kind, animal.classes) == ("classes", ("cat", "dog", "owl"))
    assert animal.values.tolist() == [0, 1, 2] * 20
    assert (tags.kind, tags.classes) == ("multilabel", ("wild", "small", "loud", "fast"))
    np.testing.assert_array_equal(tags.values, content["label.tags"])
    assert (weight.kind, weight.classes) == ("real", ())
    np.testing.assert_array_equal(weight.values, content["label.weight"])
    rows = {part: rows.tolist() for part, rows in data.split.parts().items()}
    expected = ("train", range(30)), ("validation", range(30, 45)), ("test", range(45, 60))
    assert rows == {part: [*numbers] for part, numbers in expected}
    assert data.units.tolist() == content["unit"].tolist()
    assert len(data) == 60
    assert data.notes == ()


def test_a_file_a_folder_and_functions_give_the_same_content(tmp_path, content, returned):
    from_file = load_dataset(write_npz(tmp_path / "a.npz", content))
    sums = {content_checksum(from_file)}
    folder = write_folder(tmp_path / "folder", content)
    from_folder = load_dataset(folder)
    assert [one.name for one in from_folder.modalities] == ["photo", "record", "tones"]
    assert content_checksum(from_folder) not in sums
    names = [one.name for one in from_file.modalities]
    sums.add(content_checksum(load_dataset(folder, modalities=names)))
    sums.add(content_checksum(load_dataset(returned(content))))
    sums.add(content_checksum(load_dataset(returned(from_file))))
    tensors = {key: torch.tensor(v) for key, v in content.items() if v.dtype.kind != "U"}
    sums.add(content_checksum(load_dataset(returned(content | tensors))))
    frame = pd.DataFrame(content["modality.record"])
    listed = {"modality.record": frame, "label.animal": content["label.animal"].tolist()}
    sums.add(content_checksum(load_dataset(returned(content | listed))))
    assert len(sums) == 1


@pytest.mark.parametrize("key", [key for key in arrays() if key != "unit"])
def test_the_checksum_changes_with_every_array(tmp_path, content, key):
    data = load_dataset(write_npz(tmp_path / "a.npz", content))
    changed = content[key].copy()
    if key == "split":
        changed[:30] = np.roll(changed[:30], 1)
        changed[29], changed[44] = "validation", "train"
        del content["unit"]
    elif key == "classes.tags":
        changed[0] = "tame"
    elif key == "lengths.tones":
        changed[0] = changed[0] % 5 + 1
    else:
        changed[[0, 1]] = changed[[1, 0]]
    other = load_dataset(write_npz(tmp_path / "b.npz", content | {key: changed}))
    if key == "split":
        data = replace(data, units=None)
    assert content_checksum(other) != content_checksum(data)


def test_a_folder_is_never_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "_BLOCK", 2**16)
    content = arrays()
    n, rng = 20_000, np.random.default_rng(0)
    big = {f"modality.{name}": rng.random((n, 100), np.float32) for name in ("a", "b")}
    labels = {"label.y": np.arange(n) % 2, "split": np.arange(n) % 3}
    labels["split"] = np.array(["train", "validation", "test"])[labels["split"]]
    folder = write_folder(tmp_path / "big", big | labels)
    load_dataset(write_folder(tmp_path / "small", content))  # what is imported on the way
    tracemalloc.start()
    try:
        data = load_dataset(folder)
        content_checksum(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert data.modalities[0].values.nbytes == 8_000_000
    assert peak < 8_000_000
    assert isinstance(data.modalities[0].values.base, np.memmap)
    np.testing.assert_array_equal(data.modalities[1].values, big["modality.b"])


def test_a_file_is_read_once(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "_BLOCK", 2**16)
    n, rng = 20_000, np.random.default_rng(0)
    big = {f"modality.{name}": rng.random((n, 100), np.float32) for name in ("a", "b")}
    path = write_npz(tmp_path / "big.npz", big | {"label.y": np.arange(n) % 2})
    load_dataset(write_npz(tmp_path / "small.npz", arrays()))  # what is imported on the way
    tracemalloc.start()
    try:
        data = load_dataset(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * sum(one.values.nbytes for one in data.modalities)


def test_other_numbers_become_float32_and_a_folder_says_so(tmp_path, content):
    content["modality.record"] = np.arange(240).reshape(60, 4)
    data = load_dataset(write_folder(tmp_path / "folder", content))
    assert data.modalities[1].values.dtype == np.float32
    np.testing.assert_array_equal(data.modalities[1].values, content["modality.record"])
    [note] = data.notes
    assert note.startswith("modality.record is int64 and was converted to float32 in memory")


def test_some_modalities_in_an_order(tmp_path, content, returned):
    path = write_npz(tmp_path / "a.npz", content)
    for source in (path, returned(load_dataset(path))):
        data = load_dataset(source, modalities=["photo", "record"])
        assert [one.name for one in data.modalities] == ["photo", "record"]
        with pytest.raises(ValueError, match="no modality 'foto'; did you mean 'photo'"):
            load_dataset(source, modalities=["foto", "record"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def make():\n    return 3\n", "returns int: give a dict of arrays"),
        ("def make():\n    raise KeyError('x')\n", r"bad.py, line 2: KeyError: 'x'"),
        ("def mak():\n    pass\n", "bad has no function 'make'; did you mean 'mak'?"),
        ("import no_such_module\n", "cannot be imported: No module named 'no_such_module'"),
    ],
)
def test_a_function_that_fails_is_one_line(tmp_path, monkeypatch, text, expected):
    (tmp_path / "bad.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "bad", raising=False)
    with pytest.raises(ValueError, match=expected) as caught:
        load_dataset("bad:make")
    assert str(caught.value).startswith("bad:make")
    assert "\n" not in str(caught.value)


def test_a_dataset_of_a_function_is_checked(returned, tmp_path, content):
    good = load_dataset(write_npz(tmp_path / "a.npz", content))
    wide = replace(good.modalities[0], values=good.modalities[0].values.astype(np.float64))
    units = np.zeros(60, dtype=np.int64)
    for bad, expected in (
        (replace(good, modalities=good.modalities[:1]), "two modalities or more are needed"),
        (replace(good, modalities=(wide, *good.modalities)), "have the same name"),
        (replace(good, modalities=(wide, *good.modalities[1:])), r"float64 \[60, 4\]"),
        (replace(good, units=units), "row 0 of train and row 30 of validation are of one unit"),
        (replace(good, labels=()), "no label.NAME"),
        (replace(good, split=replace(good.split, test=np.arange(2))), "row 0 is both of train and"),
        (
            replace(good, labels=(replace(good.labels[0], values=np.full(60, 3)),)),
            "row 0 is class 3 of 3",
        ),
        (replace(good, labels=(replace(good.labels[0], kind="class"),)), "not 'class'"),
        (replace(good, labels=(replace(good.labels[2], values=[0.5] * 60),)), "is no NumPy array"),
    ):
        assert isinstance(bad, MultimodalDataset)
        with pytest.raises(ValueError, match=expected):
            load_dataset(returned(bad))


def test_rows_to_pretrain_on(tmp_path, content, returned):
    content["split"][:10] = "pretrain"
    content["label.animal"][:10] = "cat"
    data = load_dataset(write_npz(tmp_path / "a.npz", content))
    assert data.split.pretrain.tolist() == [*range(10)]
    assert data.split.train.tolist() == [*range(10, 30)]
    both = replace(data, split=replace(data.split, pretrain=np.arange(30)))
    assert load_dataset(returned(both)).split.pretraining.tolist() == [*range(30)]
    assert content_checksum(both) != content_checksum(data)
    wrong = replace(data, split=replace(data.split, pretrain=np.arange(40)))
    with pytest.raises(ValueError, match="row 30 is both of pretrain and of validation"):
        load_dataset(returned(wrong))


def test_float32_merges_no_values_that_are_large_beside_their_spread():
    """Seconds since 1970: float32 has a step of 128 s there."""
    rng = np.random.default_rng(0)
    day, year = 86_400, 365 * 86_400
    steps = rng.permutation(600)[:, None]
    for seconds in (day, 30 * day):
        times = 1.7e9 + rng.random((600, 1)) * seconds
        with pytest.raises(ValueError, match=r"float32 keeps \d+ of the 600 distinct values of fe"):
            as_float32(times, "modality.clock")
        with pytest.raises(ValueError, match=r"float32 keeps"):  # steps of sequences too
            as_float32(times.reshape(60, 10, 1), "modality.clock")
        as_float32(times - times.mean(), "modality.clock")
    # A step of 128 s is nothing in a year; whole numbers up to 2**24 are exact.
    as_float32(1.7e9 + steps / 600 * year, "modality.clock")
    as_float32(2**23 + steps, "modality.counter")
    as_float32(np.where(steps == 3, np.nan, 2.0**23 + steps), "modality.counter")
    # Equal values of many rows are no loss where float32 has steps enough.
    as_float32(10 + rng.random((200_000, 1)), "modality.sound")
