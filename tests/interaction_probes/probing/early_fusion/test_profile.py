"""The supervised reference on made-up modalities whose information is known."""

import numpy as np
import pytest

from interaction_probes.probing.early_fusion import profile as module
from interaction_probes.probing.early_fusion.network import HIDDEN_UNITS, supervised_features
from interaction_probes.probing.early_fusion.profile import (
    early_fusion_profiles,
    reference_subsets,
)
from interaction_probes.probing.labels.probe import probe_label
from interaction_probes.probing.labels.profile import LabelOfParts
from interaction_probes.runtime.torch_streams import torch_stream

N = 900
RNG = np.random.default_rng(0)
BITS = RNG.integers(2, size=(N, 2))
MODALITIES = [
    np.split((BITS[:, [k]] + 0.1 * RNG.normal(size=(N, 3))).astype(np.float32), 3) for k in (0, 1)
]
PENALTIES = (1e-2, 1e-4)
LABELS = {
    "xor": LabelOfParts("classes", np.split(BITS[:, 0] ^ BITS[:, 1], 3)),
    "bits": LabelOfParts("multilabel", np.split(BITS == 1, 3), ("first", "second")),
    "product": LabelOfParts("real", np.split(BITS.prod(1).astype(float), 3)),
}


@pytest.fixture(scope="module")
def profiles():
    return early_fusion_profiles(MODALITIES, LABELS, PENALTIES, seed=0)


def test_synergy_is_found_where_a_linear_probe_of_the_raw_features_finds_none(profiles):
    both = [np.concatenate(part, axis=1) for part in zip(*MODALITIES, strict=True)]
    raw = probe_label("classes", *zip(both, LABELS["xor"].parts, strict=True), PENALTIES)
    assert raw.scores["bits"] < 0.1
    scores = profiles["xor"].scores
    assert scores[1, 2] > 0.9
    assert max(scores[1,], scores[2,]) < 0.1


def test_labels_of_other_kinds_are_learnt_too(profiles):
    bits, product = profiles["bits"].scores, profiles["product"].scores
    assert 0.5 < bits[1,] < 1.2  # the first of the two columns
    assert bits[1, 2] > 1.8
    # One bit explains a third of the product's variance. How much less is read has no lower bound:
    # a hidden unit that fires in a single training row can be huge in a test row.
    assert product[1, 2] > 0.9 > 0.6 > max(product[1,], product[2,])


@pytest.mark.parametrize("seed", range(4))
def test_no_unit_that_fires_in_a_few_training_rows_decides_the_score_of_a_real_label(seed):
    """R² of one modality was −4.9 with seed 2: the truth is 1/3."""
    product = LABELS["product"]
    first = [MODALITIES[0]]
    found = early_fusion_profiles(first, {"product": product}, PENALTIES, seed)["product"]
    assert 0.15 < found.results[1,].scores["r2"] < 1 / 3 + 0.05


def test_the_subsets_are_single_modalities_all_but_one_and_all(profiles):
    assert set(profiles["xor"].results) == {(1,), (2,), (1, 2)}
    assert len(reference_subsets(3)) == 7
    assert len(reference_subsets(6)) == 13
    assert reference_subsets(1) == [(1,)]


def features(seed=0, parts=MODALITIES[0], labels=LABELS["bits"].parts):
    return supervised_features("multilabel", parts, labels[:2], torch_stream(seed, "test"))


def test_a_seed_gives_the_same_features_again_and_another_one_others():
    first, again, other = features(), features(), features(1)
    assert [part.shape for part in first] == [(300, 3 + HIDDEN_UNITS)] * 3
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[0] != other[0]).any()


def test_each_network_has_a_stream_by_the_seed_its_label_and_its_subset(monkeypatch):
    drawn = []
    monkeypatch.setattr(module, "torch_stream", lambda *a: drawn.append(a) or torch_stream(*a))
    monkeypatch.setattr(module, "supervised_features", lambda kind, parts, *_: parts)
    early_fusion_profiles(MODALITIES, LABELS, PENALTIES, seed=7)
    assert drawn == [
        (7, "early fusion", label, subset) for subset in ("1", "2", "12") for label in LABELS
    ]


def test_test_rows_change_nothing_that_is_learnt():
    changed = [*MODALITIES[0][:2], MODALITIES[0][2] + 1]  # the test rows
    first, other = features(), features(parts=changed)
    assert (first[0] == other[0]).all()
    assert (first[1] == other[1]).all()
    assert (first[2] != other[2]).any()


def test_what_is_linear_in_the_raw_features_is_not_lost():
    few = [MODALITIES[0][0][:40], *MODALITIES[0][1:]]
    label = LabelOfParts("real", [part[:, :1] for part in few])
    found = early_fusion_profiles([few], {"first feature": label}, (1e-2, 1e-6), seed=0)
    assert found["first feature"].scores[1,] > 0.999


def test_constant_features_give_constants():
    parts = [np.ones((300, 2), dtype=np.float32)] * 3
    assert all((part == part[0]).all() for part in features(parts=parts))


def test_a_feature_that_is_constant_in_the_training_rows_changes_nothing():
    """It passed through weights that nothing had trained where it varies in the test rows."""

    def with_last(value):
        parts = [np.column_stack([part, np.full(len(part), 2.0)]) for part in MODALITIES[0]]
        parts[2][::3, -1] = value
        return [part.astype(np.float32) for part in parts]

    still, moved = (features(parts=with_last(value)) for value in (2.0, 1000.0))
    np.testing.assert_array_equal(still[2], moved[2])
    assert not moved[2][:, 3].any()
    assert np.abs(moved[2]).max() < 100
