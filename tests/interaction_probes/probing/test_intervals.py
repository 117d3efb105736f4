import numpy as np
import pytest

from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.probing.intervals import Interval, draw_resample_counts, over_seeds
from interaction_probes.probing.metrics import METRICS
from interaction_probes.probing.result import score_log_probabilities


def test_weights_multiply_and_a_pair_of_one_image_counts_once():
    pairs = np.array([[0, 1], [1, 0], [2, 2], [1, 2]])
    weights = draw_resample_counts(pairs, 3, np.random.default_rng(0), 50)
    times = np.random.default_rng(0).multinomial(3, np.full(3, 1 / 3), size=80)
    expected = [[m[0] * m[1], m[0] * m[1], m[2], m[1] * m[2]] for m in times]
    assert weights.tolist() == [row for row in expected if any(row)][:50]


def coverage(draw_weights, trials=150, images=60):
    """How often the interval of a mean over all pairs holds the truth 0, with image effects."""
    pairs = np.stack(np.meshgrid(np.arange(images), np.arange(images)), -1).reshape(-1, 2)
    pairs = pairs[::4]
    held = 0
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        first, second = rng.normal(size=(2, images))
        values = first[pairs[:, 0]] + second[pairs[:, 1]] + rng.normal(size=len(pairs))
        weights = draw_weights(pairs, images, rng)
        interval = Interval.of(weights @ values / weights.sum(1))
        held += interval.low <= 0 <= interval.high
    return held / trials


def naive(pairs, images, rng):
    return rng.multinomial(len(pairs), np.full(len(pairs), 1 / len(pairs)), size=200).astype(float)


def test_resampling_images_covers_where_resampling_pairs_does_not():
    # 150 trials: one standard error of a true 95 % is 1.8 points.
    found = coverage(lambda pairs, images, rng: draw_resample_counts(pairs, images, rng, 200))
    assert found > 0.90
    assert coverage(naive) < 0.6


def test_undefined_replicates_are_left_out():
    values = np.array([0.0, 1.0, np.nan])
    found = Interval.of(values)
    assert (found.low, found.high) == pytest.approx((0.025, 0.975))


def scored(log_probabilities, labels, rng):
    counts = draw_resample_counts(np.arange(len(labels))[:, None], len(labels), rng, 200)
    return score_log_probabilities(dict.fromkeys(METRICS, log_probabilities), labels, counts)


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


@pytest.mark.parametrize("per_class", [20, 4])
def test_perfect_codes_hold_all_bits_of_the_classes(per_class):
    """Even by design or drawn at random, they hold log2 of the number of classes."""
    classes, rng = 200 // per_class, np.random.default_rng(0)
    certain = np.where(np.eye(classes) > 0, 0.0, -1e3)
    even = np.arange(200) % classes
    for labels in (even, *rng.integers(classes, size=(20, 200))):
        found = scored(certain[labels], labels, rng)
        interval = found.intervals["bits"]
        assert interval.low <= found.bits <= interval.high
        assert interval.low <= np.log2(classes) + 1e-12
        assert np.log2(classes) <= interval.high + 1e-12


#: Of the codes below: log2(50) − their cross-entropy, from 400,000 draws.
TRUE_BITS = 2.027


@pytest.mark.parametrize("drawn", [False, True])
def test_intervals_of_bits_cover_even_and_drawn_classes(drawn):
    """150 sets: one standard error of a true 95 % is 1.8 points."""
    classes, n, rng = 50, 200, np.random.default_rng(0)
    held = 0
    for _ in range(150):
        labels = rng.integers(classes, size=n) if drawn else np.arange(n) % classes
        logits = rng.normal(size=(n, classes))
        logits[np.arange(n), labels] += 2
        found = scored(log_softmax(logits), labels, rng)
        interval = found.intervals["bits"]
        assert interval.low <= found.bits <= interval.high
        held += interval.low <= TRUE_BITS <= interval.high
    assert held / 150 > 0.9


def test_an_interval_of_exact_chance_ends_at_chance():
    """However rare the class is that the probe never predicts."""
    rng = np.random.default_rng(0)
    labels = np.array([0] * 98 + [1] * 2)
    constant = np.log([[0.9, 0.1]]).repeat(100, 0)
    interval = scored(constant, labels, rng).intervals["accuracy"]
    assert (interval.low, interval.high) == (0.5, 0.5)


def test_an_interval_of_accuracy_covers_where_classes_have_few_rows():
    """Of a class with one row, a bootstrap alone shows no variance: it covers 70 % here."""
    classes, rng, held = 50, np.random.default_rng(0), 0
    frequency = 1 / np.arange(1, classes + 1)
    for _ in range(150):
        labels = rng.choice(classes, 200, p=frequency / frequency.sum())
        right = rng.random(200) < 0.6
        predicted = np.where(right, labels, (labels + rng.integers(1, classes, 200)) % classes)
        interval = scored(np.log(np.eye(classes)[predicted] + 0.01), labels, rng)
        held += interval.intervals["accuracy"].low <= 0.6 <= interval.intervals["accuracy"].high
    assert held / 150 > 0.87


def test_widened_intervals_stay_within_bounds():
    found = Interval(0.9, 1.0).widened(0.95, 0.04)
    assert found.high == 1
    assert found.low == pytest.approx(0.95 - np.hypot(0.05, 1.96 * 0.2))
    assert Interval(0.9, 1.0).widened(0.95, 0.0) == Interval(0.9, 1.0)


def test_interval_over_seeds_tells_n():
    found = over_seeds([0.5, 0.6, 0.7])
    assert found.mean == pytest.approx(0.6)
    assert 0.5 <= found.low < 0.6 < found.high <= 0.7
    drawn = OverSeeds.of(np.array([[0.5], [0.6], [0.7]]))  # as a figure has it
    assert (found.low, found.high) == (drawn.low[0], drawn.high[0])
    assert "n = 3" in str(found)
    alone = over_seeds([0.5])
    assert (alone.low, alone.high) == (0.5, 0.5)
    assert str(alone) == "0.5 (n = 1)"


@pytest.mark.parametrize("values", [[], [0.1, float("nan")]])
def test_seeds_without_finite_values_are_refused(values):
    with pytest.raises(ValueError, match="finite values"):
        over_seeds(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ma.array([1.0, 2, 100], mask=[0, 0, 1]), "one or more finite values"),
        (["1", "2"], "has '1' where a number belongs"),
        ([[1, 2], [3, 4]], r"values over seeds are \[n\], not \[2, 2\]"),
        ((value for value in (1, 2)), "is an iterator"),
        ({1, 2}, "is a set"),
        (5, "not 5"),
    ],
)
def test_what_is_no_list_of_values_has_no_interval(values, message):
    with pytest.raises(ValueError, match=message):
        over_seeds(values)


def test_every_resampling_of_few_samples_of_many_images_has_some():
    samples = np.arange(18).reshape(6, 3)
    counts = draw_resample_counts(samples, 60, np.random.default_rng(0), 400)
    assert (counts.sum(1) > 0).all()
    # Of a single sample of three images every second resampling or more would have nothing.
    assert (draw_resample_counts(samples[:1], 60, np.random.default_rng(0), 50) > 0).all()
