import numpy as np
import pandas as pd
import pytest
import torch

from interaction_probes import probe
from interaction_probes.common.streams import stream
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.own_features import COLUMNS
from interaction_probes.probing.splits import stratified_split

RNG = np.random.default_rng(0)
N = 120
FEATURES = {"a": RNG.normal(size=(N, 5)), "b": RNG.normal(size=(N, 3))}
ANSWER = (FEATURES["a"][:, 0] + 0.5 * RNG.normal(size=N) > 0).astype(int)
LABELS = {"two": np.array(["no", "yes"])[ANSWER], "three": RNG.integers(3, size=N)}
TRAIN = np.arange(N) < 80


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
    scores = probe(noise, {"task": labels}, rows < 200, rows >= 200, penalties=(10.0,))
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


def test_what_is_no_row_of_the_split_is_never_read():
    spoilt = {name: values.copy() for name, values in FEATURES.items()}
    spoilt["a"][100:] = 1e6
    labels = {"two": np.where(np.arange(N) < 100, LABELS["two"], "other")}
    one = probe(FEATURES, {"two": LABELS["two"]}, range(80), range(80, 100))
    other = probe(spoilt, labels, range(80), range(80, 100))
    assert one.equals(other)


GOOD = {"features": FEATURES, "labels": LABELS, "train": TRAIN, "test": ~TRAIN}
MISTAKES = {
    "features map names to arrays": {"features": FEATURES["a"]},
    "labels map names to arrays": {"labels": LABELS["two"]},
    "features 'a' are no array": {"features": {"a": [[1.0, 2.0], [1.0]]}},
    "features 'grad' are no array": {"features": {"grad": torch.zeros(N, 2, requires_grad=True)}},
    "the labels of task ragged are no array": {"labels": {"ragged": [[0, 1], [0]]}},
    "train is a mask of 0 and 1": {"train": TRAIN.astype(int)},
    "one or more positive strengths": {"penalties": []},
    "positive strengths": {"penalties": [0.1, float("nan")]},
    "penalties are a list of positive numbers": {"penalties": 0.1},
    "one representation or more": {"features": {}},
    "one task or more": {"labels": {}},
    "have 100 rows where others have 120": {"features": FEATURES | {"b": np.ones((100, 2))}},
    "are numbers [n, d], not": {"features": {"a": np.ones(N)}},
    "features 'a' are not finite": {"features": {"a": np.full((N, 2), np.nan)}},
    "features 'a': every feature is constant": {"features": {"a": np.ones((N, 2))}},
    "row 80 is both in train and in test": {"train": range(81)},
    "a mask of 120 rows, and not empty": {"train": []},
    "the rows of test lie in 0..119": {"test": [100, N]},
    "test names a row twice": {"test": [100, 100]},
    "the labels of task t are [120], not [7]": {"labels": {"t": range(7)}},
    "all rows of train are of one class": {"labels": {"t": ~TRAIN}},
    "all rows of test are of one class": {"labels": {"t": np.arange(N) < 50}},
    "no row of train is of class 9, but test has it": {
        "labels": {"t": np.where(np.arange(N) < 110, np.arange(N) % 2, 9)}
    },
    "group 7 is both in train and in test": {
        "groups": np.where(np.isin(np.arange(N), [0, 90]), 7, np.arange(N) + 10)
    },
    "groups are [120] or [120, 2], not [3]": {"groups": [1, 2, 3]},
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
