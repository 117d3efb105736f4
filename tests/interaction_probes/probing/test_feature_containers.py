"""Features, labels, rows and groups in every container that users have them in."""

import numpy as np
import pandas as pd
import pytest
import torch
from feature_rows import ANSWER, FEATURES, GOOD, LABELS, TRAIN, N
from scipy import sparse

from interaction_probes import probe

SHAPE = FEATURES["a"][:, :2]


@pytest.mark.parametrize(
    "features",
    [
        SHAPE.tolist(),
        list(SHAPE),
        SHAPE.astype(object),
        np.ma.array(SHAPE, mask=False),
        np.asfortranarray(SHAPE),
        pd.DataFrame(SHAPE),
        pd.DataFrame(SHAPE, dtype="Float64"),
        sparse.csr_matrix(SHAPE),
        torch.from_numpy(SHAPE.copy()).requires_grad_(),
        list(torch.from_numpy(SHAPE.copy())),
    ],
)
def test_features_of_every_container(features):
    expected = probe({"a": SHAPE}, LABELS, TRAIN, ~TRAIN, penalties=(1e-2, 1e-4))
    pd.testing.assert_frame_equal(
        probe({"a": features}, LABELS, TRAIN, ~TRAIN, penalties=(1e-2, 1e-4)), expected
    )


def test_features_of_other_kinds_of_numbers():
    """A column of whole numbers beside one of booleans, in bfloat16, and a single column [n]."""
    whole = np.stack([np.arange(N) % 7, ANSWER], axis=1)
    frame = pd.DataFrame({"a": pd.array(whole[:, 0], dtype="Int64"), "b": whole[:, 1] == 1})
    features = {"frame": frame, "bfloat16": torch.from_numpy(whole).bfloat16(), "one": ANSWER}
    scores = probe(features, {"two": LABELS["two"]}, TRAIN, ~TRAIN, penalties=(1e-2,))
    assert scores["accuracy"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "mask",
    [
        TRAIN.tolist(),
        TRAIN.astype(object),
        pd.Series(TRAIN),
        pd.Series(TRAIN, dtype="boolean"),
        torch.from_numpy(TRAIN),
        np.arange(80, dtype=np.uint8),
        torch.arange(80),
        list(range(80)),
        pd.Series(range(80)),
    ],
)
def test_rows_of_every_container(mask):
    expected = probe(FEATURES, LABELS, TRAIN, ~TRAIN, penalties=(1e-2,))
    found = probe(FEATURES, LABELS, mask, ~TRAIN, penalties=(1e-2,))
    pd.testing.assert_frame_equal(found, expected)


def test_labels_and_groups_of_every_container():
    expected = probe(FEATURES, LABELS, TRAIN, ~TRAIN, groups=range(N), penalties=(1e-2,))
    labels = {
        "two": pd.Series(LABELS["two"], dtype="category"),
        "three": pd.DataFrame({"label": pd.array(LABELS["three"], dtype="Int8")}),
    }
    groups = pd.Series(range(N), dtype="Int64")
    found = probe(FEATURES, labels, TRAIN, ~TRAIN, groups=groups, penalties=(1e-2,))
    pd.testing.assert_frame_equal(found, expected)


def test_groups_with_missing_values_hide_no_leak():
    """Unit 1 is on both sides, and every second sample has no unit."""
    groups = np.array([float(k) for k in range(N)], dtype=object)
    groups[[0, N - 2]] = 1.0
    groups[1::2] = np.nan
    with pytest.raises(
        ValueError, match=r"groups has 60 missing values of 120, the first in row 1"
    ):
        probe(**GOOD | {"groups": groups})
    even = np.arange(N) % 2 == 0
    with pytest.raises(ValueError, match=r"group 1.0 is both in train and in test"):
        probe(**GOOD | {"groups": groups, "train": TRAIN & even, "test": ~TRAIN & even})


def test_rows_that_are_not_chosen_may_have_missing_values():
    spoilt = np.where(np.arange(N)[:, None] >= 100, np.nan, FEATURES["a"])
    labels = [label if k < 100 else None for k, label in enumerate(LABELS["two"])]
    groups = [k if k < 100 else None for k in range(N)]
    rows = {"train": range(80), "test": range(80, 100), "penalties": (1e-2,)}
    found = probe({"a": spoilt}, {"two": labels}, groups=groups, **rows)
    clean = probe({"a": FEATURES["a"]}, {"two": LABELS["two"]}, groups=range(N), **rows)
    pd.testing.assert_frame_equal(found, clean)


def test_pandas_objects_of_other_orders_are_refused():
    frame = pd.DataFrame(FEATURES["a"])
    labels = pd.Series(LABELS["two"])
    shuffled = {"random_state": 0, "frac": 1}
    for changed, names in (
        ({"features": {"a": frame.sample(**shuffled)}}, "features 'a' and task two have"),
        ({"groups": pd.Series(range(N)).sample(**shuffled)}, "features 'a' and groups have"),
        ({"train": pd.Series(TRAIN).sample(**shuffled)}, "features 'a' and train have"),
    ):
        with pytest.raises(ValueError, match=f"{names} different pandas indexes"):
            probe(**GOOD | {"features": {"a": frame}, "labels": {"two": labels}} | changed)
    # One order of rows for all is as good as any.
    moved = frame.sample(**shuffled).index
    found = probe({"a": frame.loc[moved]}, {"two": labels[moved]}, TRAIN, ~TRAIN)
    expected = probe({"a": FEATURES["a"][moved]}, {"two": LABELS["two"][moved]}, TRAIN, ~TRAIN)
    pd.testing.assert_frame_equal(found, expected)


def test_a_pandas_index_lists_labels_and_not_positions():
    frame = pd.DataFrame(FEATURES["a"]).sample(frac=1, random_state=0)
    labels = {"two": pd.Series(LABELS["two"])[frame.index]}
    found = probe({"a": frame}, labels, train=frame.index[:80], test=frame.index[80:])
    first = np.arange(N) < 80
    pd.testing.assert_frame_equal(found, probe({"a": frame}, labels, first, ~first))
    with pytest.raises(ValueError, match="test has the label 120, which no row of the index has"):
        probe({"a": frame}, labels, train=frame.index[:80], test=pd.Index([120]))
    frame.index = labels["two"].index = pd.Index([0] * N)
    with pytest.raises(ValueError, match="labels of the rows' index are not unique"):
        probe({"a": frame}, labels, train=frame.index[:80], test=frame.index[80:])
