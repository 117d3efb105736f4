import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score

from interaction_probes.probing import metrics
from interaction_probes.probing.metrics import (
    METRICS,
    macro_accuracy,
    missed_variance,
    roc_auc,
)
from interaction_probes.probing.metrics import measure as measure_each


def measure(log_probabilities, labels, resample_counts=None):
    """All metrics of one probe."""
    return measure_each(dict.fromkeys(METRICS, log_probabilities), labels, resample_counts)


def predictions(classes, n, seed):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(classes, size=n)])
    logits = rng.normal(size=(len(labels), classes)).round(1)  # rounded: ties occur
    return logits - np.log(np.exp(logits).sum(1, keepdims=True)), labels, rng


@given(st.integers(2, 6), st.integers(2, 80), st.integers(0, 2**32 - 1))
def test_metrics_agree_with_scikit_learn(classes, n, seed):
    log_probabilities, labels, _ = predictions(classes, n, seed)
    found = measure(log_probabilities, labels)
    assert found.accuracy == pytest.approx(
        balanced_accuracy_score(labels, log_probabilities.argmax(1))
    )
    assert found.cross_entropy == pytest.approx(
        log_loss(labels, np.exp(log_probabilities)) / np.log(2)
    )
    if classes == 2:
        auc = roc_auc_score(labels, log_probabilities[:, 1] - log_probabilities[:, 0])
        assert found.auc == pytest.approx(auc)
    else:
        assert found.auc is None


@given(st.integers(2, 5), st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_resampled_metrics_are_those_of_the_expanded_data(classes, n, seed):
    log_probabilities, labels, rng = predictions(classes, n, seed)
    counts = rng.integers(4, size=(3, len(labels)))
    counts[:, :classes] += 1  # no class is lost
    found = measure(log_probabilities, labels, counts.astype(float))
    for k, times in enumerate(counts):
        expanded = measure(log_probabilities.repeat(times, 0), labels.repeat(times))
        for name, value in vars(expanded).items():
            if value is not None and name != "bits":
                assert getattr(found, name)[k] == pytest.approx(value[0], abs=1e-12), name


def test_resampled_bits_keep_the_frequencies_of_the_scored_labels():
    log_probabilities, labels, rng = predictions(3, 40, 0)
    counts = rng.integers(3, size=(4, len(labels)))
    frequency = np.bincount(labels) / len(labels)
    found = measure(log_probabilities, labels, counts.astype(float))
    for k, times in enumerate(counts):
        information = [
            (row[label] / np.log(2) - np.log2(frequency[label])) * count
            for row, label, count in zip(log_probabilities, labels, times, strict=True)
        ]
        assert found.bits[k] == pytest.approx(sum(information) / times.sum())
    ones = measure(log_probabilities, labels, np.ones((1, len(labels)))).bits
    assert ones == pytest.approx(measure(log_probabilities, labels).bits)


def test_a_resampling_without_a_rare_class_reads_chance_where_the_probe_does():
    labels = np.array([0] * 8 + [1])
    counts = np.ones((2, 9))
    counts[1, 8] = 0  # only the class that is always predicted
    assert macro_accuracy(labels, np.zeros(9, int), counts).tolist() == [0.5, 0.5]
    assert macro_accuracy(labels, np.array([0] * 4 + [1] * 5), counts).tolist() == [0.75, 0.75]


def test_a_resampling_without_one_class_has_no_auc():
    found = roc_auc(np.array([0, 1]), np.array([0.1, 0.2]), np.array([[1.0, 1.0], [1.0, 0.0]]))
    assert found[0] == 1
    assert np.isnan(found[1])


def test_macro_accuracy_weights_classes_alike():
    labels = np.array([0, 0, 0, 0, 2])
    found = macro_accuracy(labels, np.array([0, 0, 0, 1, 1]), np.ones((1, 5)))
    assert found == pytest.approx(0.75 / 2)


def test_auc_counts_ties_one_half():
    assert roc_auc(np.array([0, 1, 0, 1]), np.zeros(4), np.ones((1, 4))) == 0.5
    assert roc_auc(np.array([0, 1, 1]), np.array([0.1, 0.1, 0.7]), np.ones((1, 3))) == 0.75


@pytest.mark.parametrize("label", [0, 1])
def test_auc_of_one_class_is_refused(label):
    with pytest.raises(ValueError, match="AUC is undefined"):
        roc_auc(np.full(3, label), np.arange(3.0), np.ones((1, 3)))


def test_bits_of_a_constant_probe_are_zero():
    labels = np.array([0, 1, 1, 2] * 5)
    frequencies = np.log([[0.25, 0.5, 0.25]])
    assert measure(frequencies.repeat(20, 0), labels).bits == pytest.approx(0, abs=1e-12)


def test_bits_of_a_perfect_probe_are_the_entropy():
    labels = np.arange(8)
    certain = np.where(np.eye(8) > 0, 0.0, -1e9)
    assert measure(certain, labels).bits == 3


def test_each_metric_is_of_its_own_probe():
    found = [predictions(2, 30, seed)[0] for seed in range(3)]
    labels = predictions(2, 30, 0)[1]
    together = measure_each(dict(zip(METRICS, found, strict=True)), labels)
    assert together.accuracy == measure(found[0], labels).accuracy
    assert together.auc == measure(found[1], labels).auc
    assert together.cross_entropy == measure(found[2], labels).cross_entropy
    assert together.bits == measure(found[2], labels).bits


def test_resamplings_in_portions_are_resamplings_together(monkeypatch):
    rng = np.random.default_rng(0)
    log_probabilities, labels = np.log(rng.dirichlet([1, 1], size=40)), rng.integers(2, size=40)
    counts = rng.integers(4, size=(7, 40)).astype(np.float32)
    together = measure(log_probabilities, labels, counts)
    monkeypatch.setattr(metrics, "COUNTS_AT_A_TIME", 3 * 40)
    for name, values in vars(measure(log_probabilities, labels, counts)).items():
        np.testing.assert_allclose(values, getattr(together, name), rtol=1e-12)
        assert values.shape == (7,)


#: Classes of one row each, every one of which a fourth of the resamplings lack.
LACKING = 1 - np.eye(4)


def test_what_resampling_misses_is_a_sum_over_classes():
    """Σ variance / n² / classes², where e⁻ⁿ of the resamplings lack a class."""
    labels, right = np.arange(4), np.array([0, 1, 2, 0])
    variance = 0.75 * 0.25  # of hits and misses
    expected = variance * 4 / np.log(4) ** 2 / 4**2
    assert missed_variance(labels, LACKING, right) == pytest.approx(expected)


def test_a_probe_and_its_copy_differ_by_nothing_that_resampling_misses():
    predicted = np.array([0, 1, 2, 0])
    assert missed_variance(np.arange(4), LACKING, predicted, predicted) == 0
