import numpy as np
import pytest

from interaction_probes.datasets.labels import read_label
from interaction_probes.datasets.schema import PARTS
from interaction_probes.datasets.splits import complete, read_split

N = 200
LABELS = [read_label("weight", np.linspace(0, 1, N)), read_label("kind", np.arange(N) % 4 // 3)]


def lists(parts):
    return {part: rows.tolist() for part, rows in parts.items()}


def test_names_of_rows_masks_and_numbers_are_one():
    names = np.repeat(["train", "validation", "test"], [4, 2, 3])
    expected = {"train": [0, 1, 2, 3], "validation": [4, 5], "test": [6, 7, 8]}
    assert lists(read_split({"split": names}, 9)) == expected
    other = np.repeat([b"Train", b"val", b" test"], [4, 2, 3])
    assert lists(read_split({"split": other}, 9)) == expected
    numbers = {"split.train": [3, 1, 2, 0], "split.dev": names == "validation"}
    found = read_split(numbers | {"split.test": np.array([6, 7, 8])}, 9)
    assert lists(found) == expected
    with pytest.raises(ValueError, match=r"split.valid gives the validation rows a second time"):
        read_split(numbers | {"split.valid": [4]}, 9)


def test_a_validation_part_is_drawn_from_training_rows_in_the_classes_proportions():
    given = {"train": np.arange(160), "test": np.arange(160, N)}
    split, [note] = complete(given, N, LABELS, None)
    assert "32 of 160 training rows were drawn for it (stratified by label.kind" in note
    assert sorted([*split.train, *split.validation]) == [*range(160)]
    np.testing.assert_array_equal(split.test, given["test"])
    kinds = LABELS[1].values
    assert np.bincount(kinds[split.validation]).tolist() == [24, 8]
    again, _ = complete(given, N, LABELS, None)
    np.testing.assert_array_equal(again.validation, split.validation)


def test_whole_units_are_drawn():
    units = np.arange(N) // 5
    split, notes = complete({}, N, LABELS, units)
    assert [note.split(" rows were given")[0] for note in notes] == ["no test", "no validation"]
    assert all("whole units" in note for note in notes)
    seen = [set(units[rows]) for rows in split.parts().values()]
    assert sum(map(len, seen)) == 40 == len(set.union(*seen))
    assert [len(rows) for rows in split.parts().values()] == [130, 30, 40]


def test_without_classes_rows_are_drawn_at_random():
    split, notes = complete({}, N, LABELS[:1], None)
    assert all("at random" in note for note in notes)
    assert sorted(np.concatenate([getattr(split, part) for part in PARTS])) == [*range(N)]
    assert (np.diff(split.test) > 1).any()


def test_rows_to_pretrain_on_may_be_training_rows_and_never_others():
    given = {"split.pretrain": np.arange(150), "split.train": np.arange(100, 160)}
    found = read_split(given | {"split.test": np.arange(160, N)}, N)
    split, notes = complete(found, N, LABELS, None)
    assert len(split.validation) == 12
    assert set(split.pretrain) == set(range(150)) - set(split.validation)
    np.testing.assert_array_equal(split.pretraining, split.pretrain)
    assert set(split.learnt_from) == set(range(160)) - set(split.validation)
    assert [*split.parts()] == ["pretrain", *PARTS]
    assert len(notes) == 1
    split, _ = complete(found, N, LABELS, np.arange(N) // 5)
    assert not set(split.pretrain // 5) & set(split.validation // 5)
    with pytest.raises(ValueError, match="row 140 is both of pretrain and of test"):
        read_split(given | {"split.test": np.arange(140, N)}, N)
    split, _ = complete({part: found[part] for part in ("train", "test")}, N, LABELS, None)
    assert split.pretraining is split.train
    assert "pretrain" not in split.parts()


def test_rows_in_no_part_are_told():
    given = {"train": np.arange(9), "validation": np.arange(9, 12), "test": np.arange(12, 18)}
    _, notes = complete(given, 20, LABELS, None)
    assert notes == ["2 of 20 rows are in no part of the split and are not used"]


def test_too_few_rows_to_draw_from():
    with pytest.raises(ValueError, match="too few rows to draw test rows from"):
        complete({}, 2, [], None)
    with pytest.raises(ValueError, match="split has no train rows"):
        complete({"test": np.arange(3)}, 9, [], None)
