import numpy as np
import pytest
from label_problems import FITTED, PENALTIES, ROWS, features, label, parts, probe, standardised
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss, roc_auc_score

from interaction_probes.probing.labels.units import draw_unit_counts
from interaction_probes.probing.solver.objective import LogisticColumns

TRAIN = ROWS[0]


def oracle_probabilities(x, y, penalty, rows, scored):
    """Of scikit-learn's logistic regression of each column, [m, k]."""
    options = {"C": 1 / (penalty * rows), "tol": 1e-10, "max_iter": 5000}
    fits = [LogisticRegression(**options).fit(x[:rows], column[:rows]) for column in y.T]
    return np.stack([fit.predict_proba(x[scored])[:, 1] for fit in fits], axis=1)


def losses(y, probabilities):
    return np.array(
        [log_loss(*each) / np.log(2) for each in zip(y.T, probabilities.T, strict=True)]
    )


SCORES = {
    "macro_f1": lambda y, p: f1_score(y, p > 0.5, average="macro", zero_division=0),
    "micro_f1": lambda y, p: f1_score(y, p > 0.5, average="micro"),
    "auc": lambda y, p: roc_auc_score(y, p, average="macro"),
    "bits": lambda y, p: -losses(y, p).sum(),
}


def test_every_metric_chooses_and_scores_as_scikit_learn():
    x = features()
    y = label("multilabel", x)
    found = probe("multilabel", x, y)
    inputs, validation, test = standardised(x), slice(TRAIN, FITTED), slice(FITTED, None)
    held_out = {
        penalty: oracle_probabilities(inputs, y, penalty, TRAIN, validation)
        for penalty in PENALTIES
    }
    for metric, score in SCORES.items():
        # Minima are as near as the solvers' tolerances: a row at the threshold moves an F1.
        near = 0.015 if metric.endswith("f1") else 1e-3
        values = {penalty: score(y[validation], p) for penalty, p in held_out.items()}
        chosen = found.chosen[f"{metric}_strength"]
        assert values[chosen] == pytest.approx(max(values.values()), abs=near), metric
        if metric != "bits":
            assert found.validation[metric] == pytest.approx(values[chosen], abs=near)
        guess = oracle_probabilities(inputs, y, chosen, FITTED, test)
        if metric == "bits":
            each = losses(y[test], guess)
            np.testing.assert_allclose(found.columns["cross_entropy"], each, atol=1e-3)
            assert found.scores["cross_entropy"] == pytest.approx(each.sum(), abs=2e-3)
        else:
            assert found.scores[metric] == pytest.approx(score(y[test], guess), abs=near), metric


def test_columns_are_fitted_as_if_each_were_alone():
    x = features()
    y = label("multilabel", x)
    y[:, 3] = x[:, 0] > 1.2  # a rare one that the features tell without error
    together = probe("multilabel", x, y, penalties=[1e-4])
    for k in range(4):
        alone = probe("multilabel", x, y[:, [k]], penalties=[1e-4])
        for name, values in alone.columns.items():
            assert together.columns[name][k] == pytest.approx(values[0], abs=2e-3), (name, k)


def test_a_perfect_and_a_useless_feature():
    x = features()
    y = np.stack([x[:, 0] > 0, features(9)[:, 0] > 0], axis=1)
    found = probe("multilabel", 3 * np.sign(x), y)
    assert found.columns["f1"][0] == 1
    assert found.columns["auc"][0] == 1
    assert found.columns["bits"][0] == pytest.approx(1, abs=0.05)
    assert found.columns["bits"][1] == pytest.approx(0, abs=0.05)
    assert found.columns["auc"][1] == pytest.approx(0.5, abs=0.1)


def test_columns_of_one_class_are_named_and_count_as_documented():
    x = features()
    y = label("multilabel", x)
    train, validation, test = parts(y)
    train[:, 1] = False
    train[:, 2] = True
    assert validation[:, 1].any()
    counts = draw_unit_counts(np.arange(ROWS[2]), np.random.default_rng(0), 40)
    found = probe("multilabel", x, y, counts, classes=("drama", "war", "comedy", "news"))
    assert found.notes == (
        "columns that have one class in the training rows, and are not fitted: war, comedy",
    )
    assert probe("multilabel", x, y).notes[0].endswith("not fitted: 1, 2")
    predicted = found.predicted
    assert not predicted[:, 1].any()
    assert predicted[:, 2].all()
    expected = f1_score(test, predicted, average="macro", zero_division=0)
    assert found.scores["macro_f1"] == pytest.approx(expected)
    assert found.columns["auc"][[1, 2]].tolist() == [0.5, 0.5]
    assert np.isnan(found.columns["bits"]).tolist() == [False, True, True, False]
    assert found.scores["bits"] == pytest.approx(found.columns["bits"][[0, 3]].sum())
    for name, interval in found.intervals.items():
        assert np.isfinite(found.replicates[name]).all()
        assert interval.low <= found.scores[name] <= interval.high


def test_many_columns_are_solved_together():
    """Forty columns cost about as many passes over the data as one."""
    passes = []
    plain = LogisticColumns.cross_entropy

    def counted(self, parameters):
        passes.append(len(parameters))
        return plain(self, parameters)

    x = features()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LogisticColumns, "cross_entropy", counted)
        probe("multilabel", x, label("multilabel", x, columns=1))
        alone = len(passes)
        passes.clear()
        probe("multilabel", x, label("multilabel", x, columns=40))
    assert set(passes) == {40}
    assert len(passes) < 4 * alone
