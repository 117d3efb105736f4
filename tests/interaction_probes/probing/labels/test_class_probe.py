import numpy as np
import pytest
import torch
from label_problems import FITTED, PENALTIES, ROWS, features, label, parts, probe, standardised
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score

from interaction_probes.probing.labels.one_vs_rest import one_vs_rest_auc, one_vs_rest_log_odds
from interaction_probes.probing.labels.units import draw_unit_counts
from interaction_probes.probing.linear import linear_probe

TRAIN = ROWS[0]


def counts_of_test_rows(replicates=60):
    return draw_unit_counts(np.arange(ROWS[2]) // 3, np.random.default_rng(0), replicates)


@pytest.mark.parametrize("columns", [2, 4])
def test_it_is_the_linear_probe_with_the_validation_rows_held_out(columns):
    x = features()
    y = label("classes", x, columns=columns)
    counts = counts_of_test_rows()
    found = probe("classes", x, y, counts)
    expected = linear_probe(
        (torch.from_numpy(x[:FITTED]), y[:FITTED]),
        (torch.from_numpy(x[FITTED:]), y[FITTED:]),
        columns,
        PENALTIES,
        (np.arange(TRAIN), np.arange(TRAIN, FITTED)),
        resample_counts=counts,
    )
    metrics = dict(found.metrics())
    for name, value in expected.metrics():
        assert metrics[name] == value, name
    if columns == 2:
        assert [*metrics] == [name for name, _ in expected.metrics()]
    np.testing.assert_array_equal(found.predicted, expected.predicted)


def oracle(x, y, penalty, rows, scored):
    options = {"C": 1 / (penalty * rows), "tol": 1e-10, "max_iter": 5000}
    return LogisticRegression(**options).fit(x[:rows], y[:rows]).predict_proba(x[scored])


def test_scores_are_those_of_scikit_learn():
    x = features()
    y = label("classes", x)
    found = probe("classes", x, y)
    inputs, validation, test = standardised(x), slice(TRAIN, FITTED), slice(FITTED, None)

    def auc(part, probabilities):
        return roc_auc_score(y[part], probabilities, multi_class="ovr", average="macro")

    held_out = {p: oracle(inputs, y, p, TRAIN, validation) for p in PENALTIES}
    aucs = {p: auc(validation, guess) for p, guess in held_out.items()}
    chosen = found.chosen["auc_strength"]
    assert aucs[chosen] == pytest.approx(max(aucs.values()), abs=1e-5)
    assert found.validation["auc"] == pytest.approx(aucs[chosen], abs=1e-4)
    refitted = oracle(inputs, y, chosen, FITTED, test)
    assert found.scores["auc"] == pytest.approx(auc(test, refitted), abs=1e-4)
    refitted = oracle(inputs, y, found.chosen["accuracy_strength"], FITTED, test)
    accuracy = balanced_accuracy_score(y[test], refitted.argmax(1))
    assert found.scores["accuracy"] == pytest.approx(accuracy, abs=0.01)
    chosen = found.chosen["bits_strength"]
    loss = log_loss(y[test], oracle(inputs, y, chosen, FITTED, test)) / np.log(2)
    assert found.scores["cross_entropy"] == pytest.approx(loss, abs=1e-3)
    loss = log_loss(y[validation], held_out[chosen]) / np.log(2)
    assert found.validation["cross_entropy"] == pytest.approx(loss, abs=1e-3)
    share = np.bincount(y[validation]) / (FITTED - TRAIN)
    entropy = -(share * np.log2(share)).sum()
    assert found.validation["bits"] == pytest.approx(entropy - loss, abs=1e-3)


def test_numbers_of_classes_that_no_row_has_make_no_difference():
    x = features()
    y = label("classes", x)
    plain, sparse = probe("classes", x, y), probe("classes", x, 10 * y + 3)
    assert sparse.scores == plain.scores
    np.testing.assert_array_equal(sparse.predicted, 10 * plain.predicted + 3)


def test_validation_and_test_rows_may_lack_classes():
    x = features()
    y = label("classes", x)
    y[TRAIN:FITTED] = 1
    y[FITTED:] %= 2
    found = probe("classes", x, y, counts_of_test_rows())
    assert "auc" in found.scores
    assert "auc" not in found.validation
    assert found.validation["bits"] <= 0


def test_a_class_of_the_test_rows_only_is_refused():
    x = features()
    y = label("classes", x)
    parts(y)[2][[4, 9]] = 7
    with pytest.raises(ValueError, match="2 test rows are of classes that no training row has: 7"):
        probe("classes", x, y)


def test_auc_of_classes_is_the_mean_over_those_that_are_present():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(60, 4))
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = rng.choice([0, 2, 3], size=60)
    each = [roc_auc_score(labels == k, probabilities[:, k]) for k in (0, 2, 3)]
    logs = np.log(probabilities)
    assert one_vs_rest_auc(labels, logs)[0] == pytest.approx(np.mean(each))
    counts = np.stack([rng.integers(3, size=60), np.where(labels == 2, 0, 1)]).astype(np.float32)
    found = one_vs_rest_auc(labels, logs, counts)
    weighted = [
        roc_auc_score(labels == k, probabilities[:, k], sample_weight=counts[0]) for k in (0, 2, 3)
    ]
    assert found[0] == pytest.approx(np.mean(weighted))
    without = labels != 2
    rest = [roc_auc_score(labels[without] == k, probabilities[without, k]) for k in (0, 3)]
    assert found[1] == pytest.approx(np.mean([rest[0], each[1], rest[1]]))


def test_log_odds_rank_rows_that_are_all_but_certain():
    logits = np.array([[50.0, 0, 0], [60.0, 0, 0], [0.0, 0, 0]])
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    odds = one_vs_rest_log_odds(logs)
    np.testing.assert_allclose(odds[:, 0], logits[:, 0] - np.log(2))
    np.testing.assert_allclose(odds[2], -np.log(2))
    assert odds[1, 1] == pytest.approx(-60)


@pytest.mark.parametrize("columns", [3, 4])
def test_the_strong_penalties_of_datasets_are_solved_as_scikit_learn_solves_them(columns):
    x = features()
    y = label("classes", x, columns=columns)
    inputs = standardised(x)
    fitted, tested = inputs[:FITTED], inputs[FITTED:]
    for penalty in (100.0, 10.0, 1.0):
        found = probe("classes", x, y, penalties=(penalty,))
        model = LogisticRegression(C=1 / (penalty * FITTED), tol=1e-10, max_iter=10_000)
        guess = model.fit(fitted, y[:FITTED]).predict_proba(tested)
        expected = log_loss(y[FITTED:], guess) / np.log(2)
        assert found.scores["cross_entropy"] == pytest.approx(expected, abs=2e-4)
