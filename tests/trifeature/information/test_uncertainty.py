import numpy as np
import pytest

from trifeature import PID, decompose, estimate_pid

PARTS = ("redundancy", "unique_1", "unique_2", "synergy")


def drawn(joint, n, seed):
    rng = np.random.default_rng(seed)
    cells = rng.choice(joint.size, size=n, p=joint.ravel())
    return np.unravel_index(cells, joint.shape)


def test_the_plain_call_stays_a_plain_decomposition():
    x1, x2, y = drawn(np.full((2, 2, 2), 1 / 8), 100, 0)
    plain = estimate_pid(x1, x2, y)
    assert type(plain) is PID
    found = estimate_pid(x1, x2, y, intervals=True, replicates=10, shuffles=3)
    assert [getattr(found, name) for name in PARTS] == [getattr(plain, name) for name in PARTS]
    assert found.total == plain.total


def test_chance_is_corrected_to_nothing():
    """Sixteen pairs of values, 60 samples: the plug-in estimate finds synergy in noise."""
    found = estimate_pid(
        *drawn(np.full((4, 4, 2), 1 / 32), 60, 1), intervals=True, replicates=40, shuffles=20
    )
    assert found.synergy > 0.08
    assert found.corrected.synergy < 0.06
    assert found.intervals["synergy"][0] == 0
    assert found.shuffled.synergy == pytest.approx(found.synergy, abs=0.1)


def test_intervals_hold_the_truth_and_the_corrected_value():
    joint = np.zeros((2, 2, 2))
    joint[[0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]] = 0.25  # AND
    truth = decompose(joint)
    held = 0
    for seed in range(12):
        found = estimate_pid(
            *drawn(joint, 150, seed), intervals=True, replicates=40, shuffles=5, seed=seed
        )
        for name, (low, high) in found.intervals.items():
            assert low <= getattr(found.corrected, name) <= high
            held += low - 1e-9 <= getattr(truth, name) <= high + 1e-9
    assert held >= 43  # of 48


def test_the_seed_is_that_of_the_draws():
    samples = drawn(np.full((2, 2, 2), 1 / 8), 80, 0)
    first, again, other = (
        estimate_pid(*samples, intervals=True, replicates=10, shuffles=3, seed=seed)
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first.intervals != other.intervals
    assert str(first).splitlines()[3].startswith(f"synergy {first.synergy:.3f} (corrected ")


@pytest.mark.parametrize("wrong", [{"replicates": 1}, {"shuffles": 0}])
def test_too_few_draws_are_refused(wrong):
    with pytest.raises(ValueError, match="2 replicates or more and 1 shuffle or more"):
        estimate_pid([0, 1], [0, 1], [0, 1], intervals=True, **wrong)


def test_an_interval_ends_at_what_a_label_can_hold():
    rng = np.random.default_rng(0)
    one, other = rng.integers(2, size=(2, 50))
    found = estimate_pid(one, other, one ^ other, intervals=True)
    assert all(high <= 1 for _, high in found.intervals.values())
    assert found.intervals["synergy"][1] == 1
