import numpy as np
import pytest
from label_problems import PENALTIES, features, label, parts, probe

from interaction_probes.probing.labels.profile import LabelOfParts, probe_profiles
from interaction_probes.probing.labels.units import draw_unit_counts

COUNTS = draw_unit_counts(np.arange(250), np.random.default_rng(0), 60)


def shown(x, present):
    """Each modality is a pair of columns, 0 where it is hidden."""
    return np.where(np.isin(np.arange(x.shape[1]) // 2, [*present]), x, 0)


def profiles(x, labels, modalities=3, counts=COUNTS, hidden=()):
    asked = []

    def represent(present):
        asked.append(present)
        if present in hidden:
            raise NotImplementedError
        return parts(shown(x, present))

    found = probe_profiles(represent, modalities, labels, PENALTIES, counts)
    return found, asked


def of_parts(kind, y):
    return LabelOfParts(kind, parts(y))


def test_every_subset_is_represented_once_and_every_label_probed():
    x = features()
    values = {kind: label(kind, x) for kind in ("classes", "multilabel", "real")}
    found, asked = profiles(x, {kind: of_parts(kind, y) for kind, y in values.items()})
    assert [*found] == [*values]
    assert asked == [frozenset(each) for each in ({0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2})]
    for kind, profile in found.items():
        assert [*profile.scores] == [(1,), (2,), (3,), (1, 2), (1, 3), (2, 3), (1, 2, 3)]
        assert profile.metric == ("r2" if kind == "real" else "bits")
        alone = probe(kind, shown(x, {0, 2}), values[kind], COUNTS)
        assert profile.results[1, 3] == alone
        assert profile.scores[1, 3] == alone.scores[profile.metric]


def test_a_profile_shows_which_modality_is_needed():
    rng = np.random.default_rng(0)
    bits = rng.integers(2, size=(750, 3))
    copies = np.column_stack([bits[:, 0], bits[:, 0], bits[:, 0] ^ bits[:, 1]])

    def represent(present):
        known = np.where(np.isin(np.arange(3), [*present]), bits, 0)
        # what only sight of both 1 and 2 gives
        both = copies[:, 2] if {0, 1} <= present else np.zeros(750)
        return parts(np.column_stack([known, both]).astype(float))

    labels = {
        "unique of 1": of_parts("classes", bits[:, 0]),
        "synergy of 1 and 2": of_parts("classes", bits[:, 0] ^ bits[:, 1]),
    }
    found = probe_profiles(represent, 3, labels, (1e-5, 1e-6), COUNTS)
    for subset in found["unique of 1"].scores:
        unique = float(1 in subset)
        assert found["unique of 1"].scores[subset] == pytest.approx(unique, abs=0.05)
        synergy = float({1, 2} <= {*subset})
        assert found["synergy of 1 and 2"].scores[subset] == pytest.approx(synergy, abs=0.05)
    value, interval = found["unique of 1"].gain((1, 2, 3), (2, 3))
    assert value == pytest.approx(1, abs=0.05)
    assert interval.low > 0.9
    value, interval = found["unique of 1"].gain((1, 2, 3), (1, 2))
    assert value == pytest.approx(0, abs=0.02)
    assert interval.low <= value <= interval.high


def test_gains_are_of_the_same_resamplings():
    x = features()
    found, _ = profiles(x, {"y": of_parts("real", label("real", x))})
    profile = found["y"]
    value, interval = profile.gain((1, 2), (1,))
    assert value == pytest.approx(profile.scores[1, 2] - profile.scores[1,])
    resampled = profile.results[1, 2].replicates["r2"] - profile.results[1,].replicates["r2"]
    low, high = np.quantile(resampled, [0.025, 0.975])
    assert (interval.low, interval.high) == pytest.approx((min(low, value), max(high, value)))
    without, _ = profiles(x, {"y": of_parts("real", label("real", x))}, counts=None)
    assert without["y"].gain((1, 2), (1,)) == (value, None)
    with pytest.raises(ValueError, match=r"no subset \(2, 1\) in a profile of 1, 2, 3, 12"):
        profile.gain((2, 1), (1,))


def test_a_subset_that_a_method_cannot_represent_is_left_out():
    x = features()
    labels = {"y": of_parts("real", label("real", x))}
    found, _ = profiles(x, labels, hidden=[frozenset({0}), frozenset({1, 2})])
    assert [*found["y"].scores] == [(2,), (3,), (1, 2), (1, 3), (1, 2, 3)]


def test_a_hidden_modality_without_a_feature_left_is_chance():
    x = features()
    x[:, 2:4] = 0.3
    found, _ = profiles(x, {"y": of_parts("classes", label("classes", x))})
    assert found["y"].results[2,].collapsed
    assert found["y"].scores[2,] == 0
    assert not found["y"].results[1, 2].collapsed


def test_errors_name_the_label_and_the_modalities():
    x = features()
    y = label("real", x)
    with pytest.raises(ValueError, match="label mood, modalities 1: the label has one value in"):
        profiles(x, {"mood": of_parts("real", np.zeros(750))})
    x[3, 5] = np.nan
    with pytest.raises(ValueError, match=r"^modalities 3: the array of training features has 1"):
        profiles(x, {"y": of_parts("real", y)})


@pytest.mark.parametrize("modalities", [0, 7])
def test_numbers_of_modalities_are_bounded(modalities):
    with pytest.raises(ValueError, match=f"1 to 6 modalities, not {modalities}"):
        profiles(features(), {}, modalities)


def test_six_modalities_have_63_subsets():
    x = features(width=12)
    y = of_parts("real", label("real", x))
    found, asked = profiles(x, {"y": y}, 6, counts=None)
    assert len(asked) == len(found["y"].scores) == 63
    assert found["y"].gain((1, 2, 3, 4, 5, 6), (1,))[0] > 0.2
    assert str(found["y"]).startswith("1: ")
