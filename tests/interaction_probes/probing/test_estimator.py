import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from small_problems import PENALTIES, problem

from interaction_probes import LinearProbe
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.splits import stratified_split

NAMES = np.array(["cat", "dog", "owl"])


def samples(seed):
    features, labels = problem(seed)
    return features.numpy().astype(float), NAMES[labels]


@parametrize_with_checks(
    [LinearProbe(), LinearProbe(penalties=(1e-2,)), LinearProbe(metric="bits")]
)
def test_it_is_an_estimator_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("metric", ["accuracy", "bits"])
def test_it_is_the_probe_of_the_runs(metric):
    """The same held-out samples choose the same penalty, and the score is the same."""
    (x, y), (test_x, test_y) = samples(0), samples(1)
    found = LinearProbe(PENALTIES, metric=metric, random_state=5).fit(x, y)
    seed = np.random.RandomState(5).randint(2**31)
    codes, test_codes = (np.searchsorted(NAMES, labels) for labels in (y, test_y))
    split = stratified_split(codes, np.random.default_rng(seed))
    tensors = (torch.from_numpy(each).float() for each in (x, test_x))
    result = linear_probe(*zip(tensors, (codes, test_codes), strict=True), 3, PENALTIES, split)
    assert found.penalty_ == result.chosen[f"{metric}_strength"]
    log_probabilities = found.predict_log_proba(test_x)[np.arange(len(test_y)), test_codes]
    if metric == "accuracy":
        assert found.score(test_x, test_y) == pytest.approx(result.accuracy, abs=3e-3)
    else:
        assert -log_probabilities.mean() / np.log(2) == pytest.approx(
            result.cross_entropy, abs=1e-3
        )


def near_separable():
    """Classes in mixed directions of very different variance: [700, 40]."""
    rng = np.random.default_rng(3)
    y = rng.integers(5, size=700)
    mixing = np.linalg.qr(rng.normal(size=(40, 40)))[0]
    return (3 * np.eye(5, 40)[y] + rng.normal(size=(700, 40))) * np.logspace(0, -2, 40) @ mixing, y


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("penalty", [1e-2, 1e-5])
def test_its_weights_are_those_of_logistic_regression(classes, penalty):
    x, y = near_separable()
    x, y = x[y < classes], y[y < classes]
    found = LinearProbe(penalties=(penalty,)).fit(x, y)
    oracle = LogisticRegression(
        C=1 / (penalty * len(y)), solver="newton-cg", tol=1e-10, max_iter=1000
    )
    standardised = StandardScaler().fit_transform(x)
    oracle.fit(standardised, y)
    largest = abs(oracle.coef_).max()
    np.testing.assert_allclose(found.coef_, oracle.coef_, atol=1e-5 * largest)
    # Equal up to a constant: no penalty decides it.
    offset = found.intercept_ - oracle.intercept_
    np.testing.assert_allclose(offset, offset.mean() if classes > 2 else 0, atol=1e-5 * largest)
    expected = oracle.predict_proba(standardised)
    np.testing.assert_allclose(found.predict_proba(x), expected, atol=2e-6)
    assert (found.classes_ == oracle.classes_).all()


@pytest.mark.parametrize("penalty", [1e-2, 1e-5])
def test_the_order_of_samples_moves_no_probability(penalty):
    x, y = near_separable()
    order = np.random.default_rng(0).permutation(len(y))
    first, second = (
        LinearProbe(penalties=(penalty,)).fit(x[rows], y[rows]) for rows in (slice(None), order)
    )
    np.testing.assert_allclose(first.predict_proba(x), second.predict_proba(x), atol=1e-6)


def test_labels_may_be_text_and_columns_have_names():
    x, y = samples(0)
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    found = LinearProbe().fit(frame, y)
    assert found.feature_names_in_.tolist() == ["a", "b", "c"]
    assert set(found.predict(frame)) == set(NAMES)
    with pytest.raises(ValueError, match="feature names"):
        found.predict(frame[["c", "b", "a"]])


def test_its_score_is_balanced_accuracy():
    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.1).astype(int)
    x = rng.normal(size=(300, 2)) + y[:, None]
    found = LinearProbe().fit(x, y)
    assert found.score(x, y) == balanced_accuracy_score(y, found.predict(x))
    assert found.score(x, y) != accuracy_score(y, found.predict(x))
    weights = rng.random(300)
    assert found.score(x, y, weights) == balanced_accuracy_score(
        y, found.predict(x), sample_weight=weights
    )


def test_pipeline_search_and_cross_validation():
    x, y = samples(0)
    pipeline = make_pipeline(StandardScaler(), LinearProbe())
    assert cross_val_score(pipeline, x, y, cv=3).min() > 0.5
    grid = {"linearprobe__penalties": [(1e2,), (1e-3,)]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(x, y)
    assert search.best_params_ == {"linearprobe__penalties": (1e-3,)}
    assert search.best_estimator_[-1].penalty_ == 1e-3


def test_fits_are_deterministic_and_survive_clone_and_pickle():
    x, y = samples(0)
    found = LinearProbe(metric="bits").fit(x, y)
    again = clone(found).fit(x, y)
    read_back = pickle.loads(pickle.dumps(found))
    for other in (again, read_back):
        assert np.array_equal(other.predict_proba(x), found.predict_proba(x))
        assert other.get_params() == found.get_params()


def test_another_seed_holds_out_other_samples():
    x, y = samples(0)
    penalties = np.logspace(-4, 1, 60)
    chosen = {
        LinearProbe(penalties, metric="bits", random_state=s).fit(x, y).penalty_ for s in range(4)
    }
    assert len(chosen) > 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"penalties": ()}, "penalties are a list"),
        ({"penalties": 0.1}, "penalties are a list"),
        ({"penalties": (0.1, -1)}, "positive and finite"),
        ({"penalties": (0.1, float("nan"))}, "positive and finite"),
        ({"penalties": (0.1, 1e300)}, r"lie in 1e-30 to 1e\+30, not 1e\+300"),
        ({"penalties": "0.1"}, "one or more, not '0.1'"),
        ({"penalties": ("0.1",)}, "one or more, not"),
        ({"penalties": (None, 0.1)}, "one or more, not"),
        ({"penalties": (True,)}, "one or more, not"),
        ({"penalties": np.array(0.1)}, "one or more, not"),
        ({"penalties": np.ones((2, 1))}, "one or more, not"),
        ({"penalties": 7}, "one or more, not 7"),
        ({"validation_fraction": 0.6}, "at most 0.5"),
        ({"validation_fraction": 0.0}, "above 0"),
        ({"penalties": ["a"]}, "penalties are a list"),
        ({"validation_fraction": float("nan")}, "above 0"),
        ({"validation_fraction": "half"}, "above 0 and at most 0.5, not 'half'"),
        ({"validation_fraction": None}, "above 0"),
        ({"validation_fraction": np.array([0.1, 0.2])}, "above 0"),
        ({"metric": ["bits"]}, "one of accuracy, auc, bits"),
        ({"metric": "f1"}, "one of accuracy, auc, bits"),
    ],
)
def test_arguments_out_of_their_range_are_refused(arguments, expected):
    with pytest.raises(ValueError, match=expected):
        LinearProbe(**arguments).fit(*samples(0))


def test_samples_that_nothing_can_be_learnt_from_are_refused():
    x, y = samples(0)
    with pytest.raises(ValueError, match="one class"):
        LinearProbe().fit(x, np.full(len(y), "cat"))
    with pytest.raises(ValueError, match="every feature is constant"):
        LinearProbe().fit(np.ones_like(x), y)
    with pytest.raises(ValueError, match="too few to choose on"):
        LinearProbe().fit(x[:2], ["cat", "dog"])


MATRIX = np.random.default_rng(0).normal(size=(60, 4))
BINARY = (MATRIX[:, 0] > 0).astype(int)
FITTED = LinearProbe(penalties=(1e-2,)).fit(MATRIX, BINARY)


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (np.ma.array(MATRIX, mask=MATRIX > 2), BINARY, r"X has \d masked values, the first in row"),
        (MATRIX, np.ma.array(BINARY, mask=np.arange(60) == 7), "y has 1 masked .* in row 7"),
        (MATRIX, [None, *"ab" * 29, "a"], "y has 1 missing value of 60, the first in row 0"),
        (MATRIX, [1, "1"] * 30, "y has labels that NumPy merges"),
        (np.array([["1", "2"]] * 60), BINARY, "X holds no real numbers but <U1"),
        (np.full((60, 1), "2020-01-01", dtype="M8[D]"), BINARY, "X holds no real numbers"),
        (pd.DataFrame(MATRIX), pd.Series(BINARY)[::-1], "X and y have different pandas indexes"),
    ],
)
def test_what_scikit_learn_would_read_as_something_else_is_refused(features, labels, message):
    for use in (LinearProbe().fit, FITTED.score):
        if "labels that NumPy" in message:  # scikit-learn itself refuses to score them
            message = "y has labels that NumPy merges|Mix of label input types"
        with pytest.raises(ValueError, match=message):
            use(features, labels)


def test_a_mask_is_refused_where_classes_are_predicted():
    with pytest.raises(ValueError, match="X has 8 masked values"):
        FITTED.predict(np.ma.array(MATRIX[:2], mask=True))


def test_tensors_are_read_with_a_gradient_and_in_bfloat16():
    rounded = torch.from_numpy(MATRIX).bfloat16()
    for features in (torch.from_numpy(MATRIX.copy()).requires_grad_(), rounded):
        assert FITTED.score(features, torch.from_numpy(BINARY)) > 0.95
        assert LinearProbe(penalties=(1e-2,)).fit(features, BINARY).score(MATRIX, BINARY) > 0.95
