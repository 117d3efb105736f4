"""scikit-learn's LogisticRegression as a probe, beside this toolkit's at the same penalty."""

import warnings

import numpy as np
import pytest
import torch
from small_problems import split

from interaction_probes.probing import sklearn_probe as module
from interaction_probes.probing.intervals import draw_resample_counts
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.sklearn_probe import sklearn_probe


def examples(classes, seed, n=600):
    rng = np.random.default_rng(seed)
    x = 5 + 3 * rng.normal(size=(n, 6))
    logits = x @ np.random.default_rng(9).normal(size=(6, classes))
    labels = (logits - logits.mean(0) + rng.gumbel(size=logits.shape)).argmax(1)
    return torch.from_numpy(x).float(), labels


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("penalty", [1e-1, 1e-4])
def test_it_agrees_with_the_linear_probe(classes, penalty):
    train, test = examples(classes, 0), examples(classes, 1)
    rng = np.random.default_rng(0)
    counts = draw_resample_counts(rng.integers(80, size=(600, 2)), 80, rng, replicates=50)
    here = linear_probe(train, test, classes, (penalty,), split(train[1]), None, counts)
    there = sklearn_probe(train, test, classes, penalty, counts)
    assert there.chosen == {"accuracy_strength": penalty, "converged": 1.0}
    # One pair of a class of 60 on the boundary may fall to either side.
    assert there.accuracy == pytest.approx(here.accuracy, abs=1 / (60 * classes))
    assert there.cross_entropy == pytest.approx(here.cross_entropy, abs=2e-3)
    assert there.bits == pytest.approx(here.bits, abs=2e-3)
    assert there.auc == (pytest.approx(here.auc, abs=1e-3) if classes == 2 else None)
    assert set(there.intervals) == set(here.intervals)
    assert there.accuracy > 1.2 / classes


def test_another_penalty_is_another_probe():
    train, test = examples(3, 0), examples(3, 1)
    found = [sklearn_probe(train, test, 3, penalty).cross_entropy for penalty in (1.0, 1e-3)]
    assert abs(found[0] - found[1]) > 0.05


def test_a_fit_that_does_not_converge_says_so(monkeypatch):
    monkeypatch.setattr(module, "MAX_ITERATIONS", 2)
    train, test = examples(3, 0), examples(3, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the warning became the number
        assert sklearn_probe(train, test, 3, 1e-4).chosen["converged"] == 0


def test_other_warnings_are_passed_on(monkeypatch):
    def fit(self, features, labels):
        warnings.warn("something else", UserWarning, stacklevel=1)
        return fit_as_ever(self, features, labels)

    fit_as_ever = module.LogisticRegression.fit
    monkeypatch.setattr(module.LogisticRegression, "fit", fit)
    train, test = examples(2, 0), examples(2, 1)
    with pytest.warns(UserWarning, match="something else"):
        assert sklearn_probe(train, test, 2, 1e-2).chosen["converged"] == 1


def test_a_class_that_is_never_fitted_is_never_predicted():
    features, labels = examples(3, 0)
    kept = labels < 2
    train = features[torch.from_numpy(kept)], labels[kept]
    found = sklearn_probe(train, train, 3, 1e-3)
    assert found.accuracy > 0.7
    assert np.isfinite(found.bits)
    with pytest.raises(ValueError, match="no fitting pair is of class 2"):
        sklearn_probe(train, (features, labels), 3, 1e-3)
