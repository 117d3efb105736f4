import numpy as np
import pandas as pd
import pytest
import torch
from label_problems import PENALTIES, ROWS, features, label, parts, probe

from interaction_probes.analysis.schema import METRICS, metric_of
from interaction_probes.probing.labels.probe import probe_label
from interaction_probes.probing.labels.result import MAIN_METRIC
from interaction_probes.probing.labels.units import draw_unit_counts

KINDS = ("classes", "multilabel", "real")
each_kind = pytest.mark.parametrize("kind", KINDS)


def counts_of_test_rows(replicates=60):
    return draw_unit_counts(np.arange(ROWS[2]) // 3, np.random.default_rng(0), replicates)


@each_kind
def test_scales_and_offsets_of_features_make_no_difference(kind):
    x = features()
    y = label(kind, x)
    plain = probe(kind, x, y)
    moved = probe(kind, x * np.logspace(-3, 3, 6) + [5, 0, 0, -2, 0, 100], y)
    for name, value in plain.scores.items():
        assert moved.scores[name] == pytest.approx(value, abs=5e-3, rel=1e-4), name


@each_kind
def test_the_order_of_rows_makes_no_difference(kind):
    x = features()
    y = label(kind, x)
    counts = counts_of_test_rows()
    rng = np.random.default_rng(0)
    orders = [rng.permutation(n) for n in ROWS]
    order = np.concatenate(
        [start + each for start, each in zip((0, 300, 500), orders, strict=True)]
    )
    plain = dict(probe(kind, x, y, counts).metrics())
    moved = dict(probe(kind, x[order], y[order], counts[:, orders[2]]).metrics())
    assert plain.keys() == moved.keys()
    for name, value in plain.items():
        assert moved[name] == pytest.approx(value, abs=5e-3), name


@each_kind
def test_test_rows_choose_nothing(kind):
    x = features()
    y = label(kind, x)
    other_x, other_y = x.copy(), y.copy()
    parts(other_x)[2][:] += 3
    parts(other_y)[2][:] = parts(y)[2][::-1]
    one, other = probe(kind, x, y), probe(kind, other_x, other_y)
    assert one.chosen == other.chosen
    assert one.validation == other.validation
    assert one.scores != other.scores


@each_kind
def test_validation_rows_choose_and_are_then_fitted(kind):
    x = features()
    y = label(kind, x)
    other = y.copy()
    parts(other)[1][:] = np.random.default_rng(0).permutation(parts(y)[1])
    assert probe(kind, x, y).chosen != probe(kind, x, other).chosen
    one, refitted = (probe(kind, x, labels, penalties=[1e-3]) for labels in (y, other))
    assert one.scores != refitted.scores


@each_kind
def test_constant_features_are_chance_and_marked(kind):
    y = label(kind, features())
    counts = counts_of_test_rows()
    found = probe(kind, np.full((sum(ROWS), 3), 0.1), y, counts)
    assert found.collapsed
    assert not found.chosen
    assert found.main == 0
    assert found.validation[MAIN_METRIC[kind]] == 0
    assert (found.intervals[MAIN_METRIC[kind]].low, found.intervals[MAIN_METRIC[kind]].high) == (
        0,
        0,
    )
    seeing = probe(kind, features(), y, counts)
    assert not seeing.collapsed
    assert found.scores.keys() == seeing.scores.keys()
    assert found.intervals.keys() == seeing.intervals.keys()
    assert found.replicates.keys() == seeing.replicates.keys()
    assert found.validation.keys() >= seeing.validation.keys()
    assert found.columns.keys() == seeing.columns.keys()
    assert found.predicted.shape == seeing.predicted.shape
    if kind == "real":
        assert found.scores["mse"] == pytest.approx(parts(y)[2].var(0).mean())
    else:
        assert found.scores["auc"] == 0.5
    if kind == "classes":
        assert found.scores["accuracy"] == 0.25


@each_kind
def test_intervals_include_the_scores_and_are_of_units(kind):
    x = features()
    y = label(kind, x)
    rows = draw_unit_counts(np.arange(ROWS[2]), np.random.default_rng(0), 300)
    units = draw_unit_counts(np.arange(ROWS[2]) // 10, np.random.default_rng(0), 300)
    y[500:] = y[500 + np.arange(ROWS[2]) // 10 * 10]  # the rows of a unit are alike
    x[500:] = x[500 + np.arange(ROWS[2]) // 10 * 10]
    narrow, wide = probe(kind, x, y, rows), probe(kind, x, y, units)
    assert narrow.scores == wide.scores
    metric = MAIN_METRIC[kind]
    for found in (narrow, wide):
        for name, interval in found.intervals.items():
            assert interval.low <= found.scores[name] <= interval.high
            assert found.replicates[name].shape == (300,)
    width = [found.intervals[metric].high - found.intervals[metric].low for found in (narrow, wide)]
    assert width[1] > 1.5 * width[0]


@each_kind
def test_every_metric_is_one_that_tables_know(kind):
    found = probe(kind, features(), label(kind, features()), counts_of_test_rows())
    assert {metric_of(name) for name, _ in found.metrics()} == found.scores.keys() <= METRICS.keys()
    chance = probe(kind, np.ones((sum(ROWS), 1)), label(kind, features())).scores
    known = {"auc": 0.5, "bits": 0.0, "r2": 0.0, "gaussian_bits": 0.0}
    assert {name: value for name, value in chance.items() if name in known}.items() <= known.items()


def test_arrays_and_tensors_of_any_float_give_the_same():
    x = features().astype(np.float32)
    y = label("real", x)
    plain = probe("real", torch.from_numpy(x), y)
    mixed = [torch.from_numpy(part).double() for part in parts(x)]
    mixed[0] = mixed[0].float()
    found = probe_label("real", *zip(mixed, parts(y), strict=True), penalties=PENALTIES)
    assert found.scores == pytest.approx(plain.scores, abs=1e-4)
    assert probe("real", x, y).scores == pytest.approx(plain.scores, abs=1e-4)


def refusal(kind="real", x=None, y=None, **options):
    x = features() if x is None else x
    y = label(kind, x[:, :6]) if y is None else y
    with pytest.raises(ValueError, match=r".") as caught:
        probe(kind, x, y, **options)
    return str(caught.value)


def test_what_is_wrong_is_said_in_a_line():
    x = torch.from_numpy(features())
    broken = x.clone()
    broken[510, 2] = np.nan
    y = label("real", features())
    assert refusal(x=broken, y=y) == "the features of the test rows are not finite"
    broken = features()
    broken[3, 1] = np.inf
    assert "training features has 1 value that is missing or not" in refusal(x=broken, y=y)
    assert "row 3, column 1" in refusal(x=broken, y=y)
    assert refusal(x=x[:, 0], y=y).startswith("features are [n, d], of one d in every part")
    assert refusal(rows=(500, 0, 250)) == "no validation rows: a probe needs some of each part"
    y[502] = np.nan
    assert refusal(y=y) == "the label of test row 2 is missing or not finite"
    assert "kinds of labels are classes, multilabel, real, not 'reals'" in refusal("reals", y=y)
    assert refusal(penalties=[0.0]) == "penalties are positive and finite, not [0.0]"
    assert refusal(counts=np.ones((3, 9))) == "resample counts are [b, 250], not [3, 9]"
    classes = label("classes", features())
    assert "a test row has -1" in refusal("classes", y=np.where(np.arange(750) > 600, -1, classes))
    assert "labels of kind multilabel are bool [n, k]" in refusal("multilabel", y=classes)
    assert "labels of kind classes are whole numbers" in refusal("classes", y=classes + 0.5)
    with pytest.raises(ValueError, match="9 training rows of features have 8 labels"):
        probe_label("real", (np.eye(9), np.ones(8)), *[(np.eye(9), np.ones(9))] * 2, [1.0])


@each_kind
@pytest.mark.parametrize(("part", "name"), [(0, "training"), (2, "test")])
def test_a_label_of_one_value_is_refused_whatever_the_features(kind, part, name):
    y = label(kind, features())
    parts(y)[part][:] = parts(y)[part][0]
    expected = f"the label has one value in all {ROWS[part]} {name} rows: nothing to probe"
    assert refusal(kind, y=y) == expected
    assert refusal(kind, np.ones((750, 6)), y) == expected


@each_kind
def test_masked_and_missing_labels_are_refused_and_not_read(kind):
    x = features()
    y = label(kind, x)
    mask = np.zeros(y.shape, dtype=bool)
    mask[3] = True
    with pytest.raises(ValueError, match=r"training row.* missing or"):
        probe(kind, x, np.ma.array(y, mask=mask))
    nothing_masked = np.ma.array(y, mask=np.zeros(y.shape, dtype=bool))
    assert probe(kind, x, nothing_masked).scores == probe(kind, x, y).scores
    assert probe(kind, x, torch.from_numpy(y)).scores == probe(kind, x, y).scores


def test_rows_of_pandas_objects_in_another_order_are_refused():
    x = [pd.DataFrame(part) for part in parts(features())]
    y = [pd.Series(part[:, 0]) for part in parts(label("real", features()))]
    y[0] = y[0].sample(frac=1, random_state=0)
    with pytest.raises(ValueError, match="training features and training labels have different"):
        probe_label("real", *zip(x, y, strict=True), penalties=[1e-2])


def test_numbers_that_float64_would_round_are_refused():
    y = 2**62 + np.arange(sum(ROWS))
    with pytest.raises(ValueError, match="training labels has whole numbers that float64 would"):
        probe("real", features(), y)
