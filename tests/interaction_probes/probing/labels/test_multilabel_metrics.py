import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss, roc_auc_score

from interaction_probes.probing.labels.multilabel_metrics import (
    METRICS,
    multilabel_metrics,
    multilabel_scores,
)

ONCE = np.ones((1, 80))


def problem():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(80, 3)).round(1)  # with ties
    return logits + rng.logistic(size=(80, 3)) > 0.3, logits


def measured(labels, logits, counts=ONCE):
    return multilabel_metrics(labels, dict.fromkeys(METRICS, logits), counts)


def test_every_metric_is_scikit_learns_under_any_counts():
    labels, logits = problem()
    counts = np.random.default_rng(1).integers(4, size=(5, 80)).astype(float)
    found = measured(labels, logits, counts)
    for b, weights in enumerate(counts):
        of_columns = {"average": None, "sample_weight": weights}
        np.testing.assert_allclose(found["macro_f1"][b], f1_score(labels, logits > 0, **of_columns))
        micro = f1_score(labels, logits > 0, average="micro", sample_weight=weights)
        assert found["micro_f1"][b, 0] == pytest.approx(micro)
        np.testing.assert_allclose(found["auc"][b], roc_auc_score(labels, logits, **of_columns))
        for k in range(3):
            probability = 1 / (1 + np.exp(-logits[:, k]))
            loss = log_loss(labels[:, k], probability, sample_weight=weights) / np.log(2)
            assert found["cross_entropy"][b, k] == pytest.approx(loss)


def test_bits_are_the_entropy_less_the_cross_entropy():
    labels, logits = problem()
    found = measured(labels, logits)
    share = labels.mean(0)
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    np.testing.assert_allclose(found["label_entropy"][0], entropy)
    np.testing.assert_allclose(found["bits"], entropy - found["cross_entropy"])


def test_each_metric_reads_the_logits_that_are_its_own():
    labels, logits = problem()
    alone = measured(labels, logits)
    wrong = multilabel_metrics(labels, dict.fromkeys(METRICS, -logits), ONCE)
    for metric in METRICS:
        mixed = dict.fromkeys(METRICS, -logits) | {metric: logits}
        found = multilabel_metrics(labels, mixed, ONCE)
        for name in METRICS:
            expected = alone if name == metric else wrong
            np.testing.assert_array_equal(found[name], expected[name])


def test_a_column_without_a_positive_row_has_an_f1_of_0_and_no_auc():
    labels, logits = problem()
    labels[:, 1] = False
    for guess in (logits, np.where(np.arange(3) == 1, -9.0, logits)):  # predicted, and never
        found = measured(labels, guess)
        oracle = f1_score(labels, guess > 0, average="macro", zero_division=0)
        assert found["macro_f1"][0, 1] == 0
        scores = multilabel_scores(found)
        assert scores["macro_f1"] == pytest.approx(oracle)
        assert np.isnan(found["auc"][0]).tolist() == [False, True, False]
        assert scores["auc"] == pytest.approx(np.nanmean(found["auc"]))
    found = measured(np.ones_like(labels), logits)
    assert "auc" not in multilabel_scores(found)


def test_a_resampling_without_a_positive_row_has_no_f1():
    labels, logits = problem()
    counts = np.where(labels[:, 0], 0.0, 1.0)[None]
    found = measured(labels, logits, counts)
    assert np.isnan(found["macro_f1"][0]).tolist() == [True, False, False]
    assert np.isnan(found["auc"][0]).tolist() == [True, False, False]
    assert np.isfinite(found["bits"]).all()
