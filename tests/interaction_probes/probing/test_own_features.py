from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from feature_rows import ANSWER, FEATURES, GOOD, LABELS, RNG, TRAIN, N

from interaction_probes import probe
from interaction_probes.common.streams import stream
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.own_features import COLUMNS
from interaction_probes.probing.splits import stratified_split


def test_it_is_the_probe_of_the_runs():
    table = probe(FEATURES, LABELS, TRAIN, ~TRAIN, penalties=(1e-1, 1e-3))
    assert tuple(table.columns) == COLUMNS
    assert list(zip(table["features"], table["task"], strict=True)) == [
        (name, task) for name in "ab" for task in ("two", "three")
    ]
    matrix = torch.from_numpy(FEATURES["a"].astype(np.float32))
    plain = linear_probe(
        (matrix[:80], ANSWER[:80]),
        (matrix[80:], ANSWER[80:]),
        2,
        (1e-1, 1e-3),
        stratified_split(ANSWER[:80], stream(0, "probe", "two")),
    )
    row = table.iloc[0]
    found = {name: row[name] for name, _ in plain.metrics()}
    assert found == pytest.approx(dict(plain.metrics()), abs=1e-4)
    assert (row["chance"], row["classes"], row["n_train"], row["n_test"]) == (0.5, 2, 80, 40)
    share = ANSWER[80:].mean()
    entropy = -(share * np.log2(share) + (1 - share) * np.log2(1 - share))
    assert row["bits_of_label"] == pytest.approx(entropy)
    assert table["auc"].isna().tolist() == [False, True, False, True]
    assert table["accuracy_low"].isna().all()


def test_chance_is_of_the_classes_that_are_scored():
    """Where some are not, guessing one of the others always reads more than 1 / classes."""
    rng = np.random.default_rng(0)
    labels = np.concatenate([np.arange(200) % 5, np.arange(100) % 2])
    rows = np.arange(300)
    noise = {"noise": rng.normal(size=(300, 4))}
    words = "task .*: 3 of 5 classes have no test rows, .* of the other 2"
    with pytest.warns(UserWarning, match=words) as told:
        scores = probe(noise, {"task": labels}, rows < 200, rows >= 200, penalties=(10.0,))
    assert told[0].filename == __file__
    assert scores.loc[0, ["classes", "chance"]].tolist() == [5, 0.5]
    assert scores.loc[0, "accuracy"] <= 0.55


@pytest.mark.parametrize(
    "changed",
    [
        lambda x: x * 1e18,
        lambda x: x * 1e300,
        lambda x: x * 1e-300,
        lambda x: x + 1e8,
        lambda x: np.where(np.arange(N)[:, None] == N - 1, 1e200, x),  # a test row far away
    ],
)
def test_unit_and_offset_of_features_do_not_matter(changed):
    """float32 would lose them before they are standardised."""
    expected = probe(FEATURES, LABELS, TRAIN, ~TRAIN)
    found = probe({k: changed(x) for k, x in FEATURES.items()}, LABELS, TRAIN, ~TRAIN)
    for name in ("accuracy", "auc"):
        assert found[name].tolist() == pytest.approx(expected[name].tolist(), abs=0.06, nan_ok=True)
    constant = {"a": changed(np.full((N, 3), 0.1))}
    with pytest.raises(ValueError, match="every feature is constant"):
        probe(constant, LABELS, range(80), range(80, N - 1))


def test_rows_may_be_numbers_and_groups_give_intervals():
    by_mask = probe(FEATURES, LABELS, TRAIN, ~TRAIN, groups=range(N))
    by_number = probe(FEATURES, LABELS, range(80), range(80, N), groups=range(N))
    assert by_mask.equals(by_number)
    assert (by_mask["accuracy_low"] <= by_mask["accuracy"]).all()
    assert (by_mask["accuracy_low"] < by_mask["accuracy_high"]).all()


def test_intervals_know_that_samples_share_a_unit():
    # Every unit has ten samples that are copies of one another.
    rows = np.repeat(np.arange(N), 10)
    features, labels = {"a": FEATURES["a"][rows]}, {"two": LABELS["two"][rows]}
    train = TRAIN[rows]
    width = {}
    for name, groups in (("units", rows), ("samples", np.arange(len(rows)))):
        table = probe(features, labels, train, ~train, groups=groups)
        width[name] = float((table["accuracy_high"] - table["accuracy_low"]).iloc[0])
    assert width["units"] > 2 * width["samples"]


SCORES = ["accuracy", "bits", "cross_entropy", "accuracy_strength", "bits_strength"]


@pytest.mark.parametrize(
    "groups",
    [range(360), [f"unit {7 * k % 360}" for k in range(360)], np.arange(720).reshape(360, 2)],
)
def test_groups_of_one_row_each_leave_the_scores_as_they_are(groups):
    """30 classes, two rows of each to fit: no class may be held out as a whole."""
    labels = np.arange(360) % 30
    codes = {"codes": np.eye(30)[labels] + 0.01 * np.random.default_rng(0).normal(size=(360, 30))}
    train = np.arange(360) < 60
    plain = probe(codes, {"class": labels}, train, ~train)
    grouped = probe(codes, {"class": labels}, train, ~train, groups=groups)
    assert grouped[SCORES].equals(plain[SCORES])
    assert plain.loc[0, "bits"] == pytest.approx(np.log2(30), abs=0.01)


def test_what_is_no_row_of_the_split_is_never_read():
    spoilt = {name: values.copy() for name, values in FEATURES.items()}
    spoilt["a"][100:] = 1e6
    labels = {"two": np.where(np.arange(N) < 100, LABELS["two"], "other")}
    one = probe(FEATURES, {"two": LABELS["two"]}, range(80), range(80, 100))
    other = probe(spoilt, labels, range(80), range(80, 100))
    assert one.equals(other)


def test_a_difference_is_of_the_same_resamplings():
    """Copies differ by nothing, however wide their own intervals are."""
    features = FEATURES | {"copy": FEATURES["a"]}
    pairs = [("a", "copy"), ("a", "b"), ("b", "a")]
    table = probe(features, LABELS, TRAIN, ~TRAIN, groups=range(N), differences=pairs)
    assert tuple(table.columns) == COLUMNS
    plain = probe(features, LABELS, TRAIN, ~TRAIN, groups=range(N))
    pd.testing.assert_frame_equal(table[: len(plain)], plain, check_dtype=False)
    rows = table.set_index(["features", "task"])
    assert rows.loc["a - copy", ["accuracy", "bits", "bits_low", "bits_high"]].eq(0).all(axis=None)
    one, other = rows.loc[("a", "two")], rows.loc[("b", "two")]
    found, mirrored = rows.loc[("a - b", "two")], rows.loc[("b - a", "two")]
    for name in ("accuracy", "auc", "bits"):
        assert found[name] == pytest.approx(one[name] - other[name])
        assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
        assert found[f"{name}_low"] == pytest.approx(-mirrored[f"{name}_high"])
    # The first feature of a knows the answer, b has noise only.
    assert found["auc_low"] > 0.1
    assert found["chance"] == 0
    assert np.isnan(found["accuracy_strength"])


def test_a_paired_interval_is_narrower_than_two_of_their_own():
    noisy = FEATURES["a"] + 0.1 * RNG.normal(size=(N, 5))
    features = {"a": FEATURES["a"], "noisy": noisy}
    table = probe(
        features, LABELS, TRAIN, ~TRAIN, groups=range(N), differences=[("a", "noisy")]
    ).set_index(["features", "task"])
    width = table["bits_high"] - table["bits_low"]
    assert width["a - noisy", "two"] < 0.6 * width["a", "two"]


def test_a_copy_differs_by_nothing_where_classes_have_few_rows_too():
    rng = np.random.default_rng(0)
    labels = np.concatenate([np.arange(30) % 10, np.repeat(np.arange(10), [1, 2] * 5)])
    codes = rng.normal(size=(45, 3))
    train = np.arange(45) < 30
    table = probe(
        {"a": codes, "copy": codes},
        {"task": labels},
        *(train, ~train),
        groups=range(45),
        penalties=(1.0,),
        differences=[("a", "copy")],
    )
    [row] = table[table["features"] == "a - copy"].to_dict("records")
    assert row["accuracy_low"] == row["accuracy_high"] == 0


def test_differences_without_groups_have_no_interval():
    row = probe(FEATURES, LABELS, TRAIN, ~TRAIN, differences=[("a", "b")]).iloc[-1]
    assert np.isfinite(row["accuracy"])
    assert np.isnan(row["accuracy_low"])


MISTAKES = {
    "features map names to arrays": {"features": FEATURES["a"]},
    "labels map names to arrays": {"labels": LABELS["two"]},
    "the array of features 'a' has rows of different lengths": {
        "features": {"a": [[1.0, 2.0], [1.0]] * (N // 2)}
    },
    "the array of features 'a' is [n] or [n, k] with samples in it, not [120, 2, 2]": {
        "features": {"a": np.ones((N, 2, 2))}
    },
    "the array of features 'a', column 1, has 'x' where a number belongs": {
        "features": {"a": [[1.0, "x"]] * N}
    },
    "task ragged has rows of different lengths": {"labels": {"ragged": [[0, 1], [0]] * (N // 2)}},
    "the labels of task t are [n], not [120, 3]": {"labels": {"t": np.eye(3)[LABELS["three"]]}},
    "train is a mask of 0 and 1": {"train": TRAIN.astype(int)},
    "penalties are a list of positive numbers, one or more, not []": {"penalties": []},
    "penalties are positive and finite, not [0.1, nan]": {"penalties": [0.1, float("nan")]},
    "(strengths) of probes lie in 1e-30 to 1e+30, not 1e+300": {"penalties": [0.1, 1e300]},
    "one or more, not ['0.1']": {"penalties": ["0.1"]},
    "penalties are a list of positive numbers": {"penalties": 0.1},
    "names of features, which are 'a', 'b': there is no 'c'": {"differences": [("a", "c")]},
    "differences are pairs of names of features, such as": {"differences": [("a", "b", "a")]},
    "a difference of 'a' to itself is 0": {"differences": [("a", "a")]},
    "features 'a' is an array, and no text or path: load it": {"features": {"a": "file.npy"}},
    "labels 't' is an array, and no text or path": {"labels": {"t": Path("file.npy")}},
    "such as [('both', 'left')], not 'ab'": {"differences": ["ab"]},
    "'a - b' has the name of a representation": {
        "features": {**FEATURES, "a - b": FEATURES["a"]},
        "differences": [("a", "b")],
    },
    "train is a pandas Series of numbers with an index of its own": {
        "train": pd.Series(np.arange(80), index=np.arange(80) + 1)
    },
    "one representation or more": {"features": {}},
    "one task or more": {"labels": {}},
    "100 rows in features 'b', but 120 in features 'a', task two, task three, …": {
        "features": FEATURES | {"b": np.ones((100, 2))}
    },
    "119 rows in features 'a', but 120 in task two, task three, train, …": {
        "features": {"a": FEATURES["a"][1:]}
    },
    "119 rows in test, but 120 in": {"test": ~TRAIN[1:]},
    "the array of features 'a' has 240 values that are missing or not finite, the first in row 0": {
        "features": {"a": np.full((N, 2), np.nan)}
    },
    "has 1 value that is missing or not finite, the first in row 90, column 1": {
        "features": {"a": np.where(np.arange(2 * N).reshape(N, 2) == 181, np.nan, 1)}
    },
    "has 1 value that is missing or not finite, the first in row 100, column 0": {
        "features": {"a": np.ma.array(np.ones((N, 1)), mask=np.arange(N)[:, None] == 100)}
    },
    "features 'a': every feature is constant": {"features": {"a": np.ones((N, 2))}},
    "row 80 is both in train and in test": {"train": range(81)},
    "a mask of 120 rows, and not empty": {"train": []},
    "train is a list of row numbers, or a mask": {"train": "all"},
    "test is a list of row numbers, or a mask": {"test": [90.5, 91.5]},
    "train has 1 missing value of 120": {"train": [None, *TRAIN[1:]]},
    "train is a pandas Index, but no features or labels have one": {
        "train": pd.RangeIndex(80),
        "test": range(80, N),
    },
    "the rows of test lie in 0..119": {"test": [100, N]},
    "test names a row twice": {"test": [100, 100]},
    "7 rows in task t, but 120 in features 'a', features 'b', train, …": {
        "labels": {"t": range(7)}
    },
    "task t has 24 missing values of 120, the first in row 4": {
        "labels": {"t": [None if k % 5 == 4 else k % 2 for k in range(N)]}
    },
    "task t has 2 missing values of 120, the first in row 7": {
        "labels": {"t": np.ma.array(np.arange(N) % 2, mask=np.isin(np.arange(N), [7, 99]))}
    },
    "task t has 120 distinct values in 120 rows, as continuous targets and identifiers do": {
        "labels": {"t": FEATURES["a"][:, 0]}
    },
    "all rows of train are of one class": {"labels": {"t": ~TRAIN}},
    "all rows of test are of one class": {"labels": {"t": np.arange(N) < 50}},
    "no row of train is of class 9, but test has it": {
        "labels": {"t": np.where(np.arange(N) < 110, np.arange(N) % 2, 9)}
    },
    "group 7 is both in train and in test": {
        "groups": np.where(np.isin(np.arange(N), [0, 90]), 7, np.arange(N) + 10)
    },
    "3 rows in groups, but 120 in": {"groups": [1, 2, 3]},
    "groups are [n] or [n, 2], not of 3 columns": {"groups": np.arange(3 * N).reshape(N, 3)},
    "the array of groups has 60 missing values of 120, the first in row 1": {
        "groups": [None if k % 2 else k for k in range(N)]
    },
    "group eve is both in train and in test": {
        "groups": [("eve", 0) if k == 79 else (k, "eve") if k == 80 else (k, k) for k in range(N)]
    },
    "2 groups or more among the test rows": {"groups": np.where(TRAIN, np.arange(N), 999)},
    "task two, features 'a': 80 fitting pairs are too few to choose": {
        "groups": np.where(TRAIN, 0, np.arange(N))
    },
}


@pytest.mark.parametrize("expected", MISTAKES)
def test_mistakes_are_told_in_a_line(expected):
    with pytest.raises(ValueError, match=r".") as caught:
        probe(**GOOD | MISTAKES[expected])
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_old_name_of_the_penalties_still_works():
    old, new = (probe(**GOOD | {name: (1e-1, 1e-3)}) for name in ("strengths", "penalties"))
    pd.testing.assert_frame_equal(old, new)


def test_few_groups_and_penalties_that_are_too_weak_are_told():
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=200)
    rows, wide = np.arange(200), rng.normal(size=(200, 3000))
    few = np.repeat(np.arange(20), 10)
    with pytest.warns(UserWarning, match="the test rows are of 4 groups"):
        probe({"wide": wide[:, :3]}, {"t": labels}, rows < 160, rows >= 160, groups=few)
    with pytest.warns(UserWarning, match=r"less than none, at the strongest .*\(0\.001\)"):
        probe({"wide": wide}, {"t": labels}, rows < 160, rows >= 160, penalties=(1e-3, 1e-4))
