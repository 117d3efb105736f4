import numpy as np
import pytest
from foreign_files import affect, write_pickle

from interaction_probes.datasets.loading import load_dataset


def read(tmp_path, content, **options):
    return load_dataset(write_pickle(tmp_path / "affect.pkl", content), "affect", **options)


def plainly(content, drop_neutral=False):
    """The rules row by row: (sequences of each modality, labels), in the order of the parts."""
    sequences, labels = {"vision": [], "audio": [], "text": []}, []
    for part in content.values():
        for row, text in enumerate(part["text"]):
            label = float(part["labels"][row].item())
            if not text.any() or (drop_neutral and label == 0):
                continue
            start = next(step for step in range(len(text)) if text[step].any())
            for name, found in sequences.items():
                cut = part[name][row][start:].copy()
                cut[np.isneginf(cut)] = 0
                found.append(cut)
            labels.append(label)
    return sequences, labels


def test_the_rules_against_loops(tmp_path):
    content = affect()
    data = read(tmp_path, content, neutral="negative", standardise=False)
    sequences, labels = plainly(content)
    assert [one.name for one in data.modalities] == ["vision", "audio", "text"]
    for one in data.modalities:
        assert one.kind == "sequences"
        for row, cut in enumerate(sequences[one.name]):
            assert one.lengths[row] == len(cut)
            np.testing.assert_array_equal(one.values[row, : len(cut)], cut)
            assert not one.values[row, len(cut) :].any()
    sentiment, polarity = data.labels
    assert (sentiment.name, sentiment.kind) == ("sentiment", "real")
    assert sentiment.values.tolist() == labels
    assert polarity.classes == ("negative", "positive")
    assert polarity.values.tolist() == [int(label > 0) for label in labels]
    assert {p: len(rows) for p, rows in data.split.parts().items()} == {
        "train": 23,
        "validation": 7,
        "test": 9,
    }
    assert "train: 24 rows read, 1 dropped since their text is all zero; 23 left" in data.notes
    assert any(note.startswith("audio: ") and "−inf were set to 0" in note for note in data.notes)


def test_the_neutral_class_is_a_choice(tmp_path):
    content = affect()
    _, labels = plainly(content)
    with pytest.raises(ValueError, match=r"of 42 labels are 0, neutral, .* choose neutral"):
        read(tmp_path, content)
    with pytest.raises(ValueError, match="neutral is negative, positive, drop, not 'none'"):
        read(tmp_path, content, neutral="none")
    positive = read(tmp_path, content, neutral="positive").labels[1]
    assert positive.values.tolist() == [int(label >= 0) for label in labels]
    dropped = read(tmp_path, content, neutral="drop")
    assert dropped.labels[0].values.tolist() == plainly(content, drop_neutral=True)[1]
    assert len(dropped) < len(labels)
    assert any("since they are neutral" in note for note in dropped.notes)


@pytest.mark.parametrize(("labels", "classes"), [("humor", ("0", "1")), ("sarcasm", ("-1", "1"))])
def test_two_classes_need_no_choice(tmp_path, labels, classes):
    [label] = read(tmp_path, affect(labels)).labels
    assert (label.name, label.kind, label.classes) == ("label", "classes", classes)
    with pytest.raises(ValueError, match="neutral is a choice of sentiments"):
        read(tmp_path, affect(labels), neutral="negative")


def test_a_missing_value_is_told_by_its_row_and_not_spread_by_standardising(tmp_path):
    content = affect()
    content["train"]["vision"][7, -1, 0] = np.nan  # row 6 of the data: row 2 has no text
    with pytest.raises(ValueError, match=r"vision has 1 value that is missing .* in row 6$"):
        read(tmp_path, content, neutral="negative")


def test_features_are_standardised_by_training_steps_only(tmp_path):
    content = affect()
    data = read(tmp_path, content, neutral="negative")
    for one in data.modalities:
        steps = np.concatenate([one.values[k, : one.lengths[k]] for k in data.split.train])
        np.testing.assert_allclose(steps.mean(0), 0, atol=1e-5)
        np.testing.assert_allclose(steps.std(0), 1, atol=1e-5)
        assert all(not one.values[k, n:].any() for k, n in enumerate(one.lengths))
    for part in ("valid", "test"):
        content[part]["vision"] = content[part]["vision"] * 9
    other = read(tmp_path, content, neutral="negative")
    train, rest = data.split.train, data.split.test
    before, after = data.modalities[0].values, other.modalities[0].values
    np.testing.assert_array_equal(before[train], after[train])
    assert np.abs(after[rest]).max() > 2 * np.abs(before[rest]).max()


def test_units_are_ids_without_the_segment(tmp_path):
    data = read(tmp_path, affect("humor"))
    assert len(np.unique(data.units)) == 15
    assert data.units[:4].tolist() == [data.units[0]] * 2 + [data.units[2]] * 2  # row 2 is dropped
    assert "units are ids without the segment: 15" in data.notes
    content = affect("humor")
    content["test"]["id"][0] = "train1[99]"
    data = read(tmp_path, content)
    assert data.units is None
    assert "no units: id train1 is in train and in test of the file's own split" in data.notes
    for part in content.values():
        del part["id"]
    assert "no units: the file has no id for each row" in read(tmp_path, content).notes


def without(content, *path):
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return content


def changed(part, name, values):
    content = affect("humor")
    content[part][name] = values(content[part][name])
    return content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            without(affect(), "valid"),
            "has no 'valid': expected train, valid, test; found test, train",
        ),
        (
            without(affect(), "test", "audio"),
            "test has no 'audio': expected vision, audio, text, labels; found id, labels, text, vi",
        ),
        ([1, 2], "the pickle is a list: a dict is expected"),
        (changed("valid", "text", lambda v: v[:-1]), r"text is \[7, 6, 5\] and vision \[8, 6, 4\]"),
        (changed("train", "audio", lambda v: v[0]), r"train, audio is float32 \[6, 3\]: numbers"),
        (
            changed("train", "labels", lambda v: v[:-2]),
            r"train, labels is int64 \[22\]: numbers \[24\]",
        ),
        (changed("train", "labels", lambda v: v * 7), "labels are −3 to 3, 0 and 1, or −1 and 1"),
        (
            changed("train", "labels", lambda v: v * np.nan),
            "train, labels has 24 values that are missing or not finite, the first in row 0",
        ),
        (
            changed("test", "vision", lambda v: np.concatenate([v, v], 2)),
            r"vision has other widths in other parts \(train 4, validation 4, test 8\); the 20 "
            "vision and 5 audio features of mosi_data.pkl are fixed lists of columns",
        ),
        (
            changed("train", "vision", lambda v: np.where(v == v.max(), np.nan, v)),
            "modality.vision has .* missing or not finite, the first in row",
        ),
    ],
)
def test_other_content_is_one_line(tmp_path, content, expected):
    with pytest.raises(ValueError, match=expected) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(f"{tmp_path / 'affect.pkl'}: ")
    assert "\n" not in str(caught.value)


def test_a_raw_file_is_told_from_mosi_data(tmp_path):
    raw = read(tmp_path, affect(widths=(35, 74, 6)), neutral="negative")
    assert any("fixed lists of columns of FACET's and COVAREP's" in note for note in raw.notes)


@pytest.mark.parametrize("emptied", [("train",), ("train", "valid", "test"), ("test",)])
def test_a_part_whose_text_is_all_zero_is_one_line(tmp_path, emptied):
    content = affect()
    for part in emptied:
        content[part]["text"][:] = 0
    name = emptied[0]
    with pytest.raises(ValueError, match=rf"{name}: \d+ rows read, .*; 0 left: every part needs"):
        read(tmp_path, content, neutral="negative")


def test_a_part_without_rows_is_one_line(tmp_path):
    content = affect()
    content["train"] = {key: values[:0] for key, values in content["train"].items()}
    with pytest.raises(ValueError, match=r"split\.train has no rows"):
        read(tmp_path, content, neutral="negative")
