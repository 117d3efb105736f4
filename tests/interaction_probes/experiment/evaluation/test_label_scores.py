"""Scores of labels of every kind: subsets, shuffled labels, chance, what a method cannot show."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from interaction_probes.experiment.evaluation import label_scores
from interaction_probes.experiment.evaluation.label_scores import (
    LabelScores,
    label_confusion,
    label_limits,
)
from interaction_probes.probing.labels.profile import LabelOfParts
from interaction_probes.settings.probe_config import ProbeConfig

N = 300
RNG = np.random.default_rng(0)
BITS = RNG.integers(2, size=(N, 2))
TAGS = np.column_stack([BITS[:, 0] == 1, RNG.random(N) < 0.3])
LABELS = {
    "xor": LabelOfParts("classes", np.split(BITS[:, 0] ^ BITS[:, 1], 3), ("even", "odd")),
    "tags": LabelOfParts("multilabel", np.split(TAGS, 3), ("first", "other")),
    "sum": LabelOfParts("real", np.split(BITS.sum(1).astype(float), 3)),
}
COUNTS = np.ones((5, N // 3), dtype=np.float32)


def represent(present):
    """Each bit, and whether both are shown and differ."""
    shown = np.where([k in present for k in range(2)], BITS, 0)
    differ = (BITS[:, 0] != BITS[:, 1]) if len(present) == 2 else np.zeros(N)
    return np.split(np.column_stack([shown, differ]).astype(np.float32), 3)


def scores_of(controls=("masks", "shuffled"), represent=represent):
    probe = ProbeConfig(strengths=(1e-2, 1e-5), controls=controls)
    scores = LabelScores(represent, 2, LABELS, probe, 0, 4, COUNTS)
    results = scores.linear()
    scores.masks(list(LABELS))
    scores.shuffled()
    values = {(each.task, each.probe, each.metric): each.value for each in scores.measurements}
    return scores, results, values


def test_a_subset_has_what_it_shows():
    scores, _, values = scores_of()
    assert values["xor", "linear", "accuracy"] == 1
    assert values["xor", "mask1", "accuracy"] < 0.7 > values["xor", "mask2", "accuracy"]
    assert values["sum", "linear", "r2"] > 0.99
    assert 0.3 < values["sum", "mask1", "r2"] < 0.7
    assert values["sum", "linear", "validation"] > 0.99
    assert values["xor", "shuffled", "accuracy"] < 0.7
    assert {each.epoch for each in scores.measurements} == {4}
    assert [row.probe for row in scores.representations] == ["linear", "mask1", "mask2"]


def test_a_mask_is_named_by_what_it_shows():
    label = {"first bit": LabelOfParts("classes", np.split(BITS[:, 0], 3), ("0", "1"))}
    probe = ProbeConfig(strengths=(1e-2,), controls=("masks",))
    scores = LabelScores(represent, 2, label, probe, 0, 4, COUNTS)
    scores.masks(["first bit"])
    found = {each.probe: each.value for each in scores.measurements if each.metric == "accuracy"}
    assert found["mask1"] == 1
    assert found["mask2"] < 0.7


def test_the_effective_rank_is_of_the_training_rows():
    def spread(present):
        """In two directions in the training rows, in one in the others."""
        train, *others = np.split(np.random.default_rng(1).normal(size=(N, 2)), 3)
        return [train, *(part[:, [0, 0]] for part in others)]

    scores, _, _ = scores_of(controls=(), represent=spread)
    [row] = scores.representations
    assert 1.8 < row.effective_rank <= 2


def test_labels_are_shuffled_within_each_part(monkeypatch):
    given = []
    probe = label_scores.probe_prepared
    monkeypatch.setattr(
        label_scores, "probe_prepared", lambda *a: given.append((a[0], a[2])) or probe(*a)
    )
    scores_of(controls=("shuffled",))
    plain, shuffled = given[: len(LABELS)], given[len(LABELS) :]
    for (kind, own), (also, moved) in zip(plain, shuffled, strict=True):
        assert kind == also
        for before, after in zip(own, moved, strict=True):
            assert (before != after).any()
            assert sorted(map(str, before)) == sorted(map(str, after))


def test_each_label_is_shuffled_by_the_seed_of_the_run_and_its_name(monkeypatch):
    drawn = []
    real = label_scores.stream
    monkeypatch.setattr(label_scores, "stream", lambda *a: drawn.append(a) or real(*a))
    probe = ProbeConfig(strengths=(1e-2,), controls=("shuffled",))
    LabelScores(represent, 2, LABELS, probe, 7, 4, COUNTS).shuffled()
    assert drawn == [(7, "shuffle", name) for name in LABELS]


def test_a_method_that_needs_every_modality_has_no_subsets():
    def whole_only(present):
        if len(present) < 2:
            raise NotImplementedError
        return represent(present)

    _, _, values = scores_of(represent=whole_only)
    assert {probe for _, probe, _ in values} == {"linear", "shuffled"}


def test_the_subsets_are_probed_for_the_named_labels_alone():
    probe = ProbeConfig(strengths=(1e-2,), controls=("masks",))
    scores = LabelScores(represent, 2, LABELS, probe, 0, 4, COUNTS)
    scores.masks([])
    assert not scores.measurements
    scores.masks(["sum"])
    assert {each.task for each in scores.measurements} == {"sum"}


def test_controls_that_are_not_named_are_left_out():
    _, _, values = scores_of(controls=())
    assert {probe for _, probe, _ in values} == {"linear"}


def test_chance_is_what_a_constant_representation_scores():
    def constant(present):
        return np.split(np.ones((N, 2), dtype=np.float32), 3)

    scores, _, values = scores_of(controls=(), represent=constant)
    assert [row.collapsed for row in scores.representations] == [1]
    limits = {(each.task, each.metric): each.value for each in label_limits(LABELS)}
    assert values["xor", "linear", "accuracy"] == limits["xor", "chance"] == 0.5
    share = np.bincount(LABELS["xor"].parts[2]) / (N // 3)
    assert limits["xor", "bits"] == pytest.approx(-(share * np.log2(share)).sum())
    columns = LABELS["tags"].parts[2].mean(0)
    entropies = -(columns * np.log2(columns) + (1 - columns) * np.log2(1 - columns))
    assert limits["tags", "bits"] == pytest.approx(entropies.sum())
    assert limits["sum", "mse_chance"] == pytest.approx(LABELS["sum"].parts[2].var())


def test_the_confusion_matrix_is_of_the_test_rows():
    _, results, _ = scores_of(controls=())
    cells = label_confusion(4, LABELS, results)
    tested, names = LABELS["xor"].parts[2], ("even", "odd")
    expected = confusion_matrix(tested, results["xor"].predicted)
    assert [(each.true, each.predicted, each.count) for each in cells] == [
        (names[i], names[j], expected[i, j]) for i in range(2) for j in range(2)
    ]


def test_features_that_are_not_finite_end_in_a_line():
    def broken(present):
        parts = represent(present)
        parts[1][0, 0] = np.nan
        return parts

    with pytest.raises(ValueError, match=r"probe linear: .* validation features .*epoch 4"):
        scores_of(represent=broken)


def test_the_error_of_chance_leaves_out_columns_that_the_test_rows_do_not_vary_in():
    both = np.column_stack([BITS.sum(1), RNG.normal(size=N)])
    both[-N // 3 :, 1] = 2.0
    label = LabelOfParts("real", np.split(both, 3))
    [chance] = [each.value for each in label_limits({"r": label}) if each.metric == "mse_chance"]
    assert chance == pytest.approx(label.parts[2][:, 0].var())
