import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score

from interaction_probes.probing.metrics import METRICS
from interaction_probes.probing.model_selection import (
    CandidateScores,
    best_candidates,
    score_candidates,
)


def test_each_metric_has_its_own_candidate():
    candidates = [
        CandidateScores(accuracy=0.9, auc=0.7, cross_entropy=0.5),
        CandidateScores(accuracy=0.8, auc=0.9, cross_entropy=0.4),
        CandidateScores(accuracy=0.7, auc=0.8, cross_entropy=0.3),
    ]
    assert best_candidates(candidates) == {"accuracy": 0, "auc": 1, "bits": 2}
    assert set(best_candidates(candidates)) == set(METRICS)


def test_ties_go_to_the_lower_cross_entropy_then_to_the_first():
    tied = [CandidateScores(0.5, 0.6, entropy) for entropy in (0.3, 0.2, 0.2)]
    assert best_candidates(tied) == {"accuracy": 1, "auc": 1, "bits": 1}


def test_without_an_auc_it_has_the_candidate_of_accuracy():
    candidates = [CandidateScores(0.5, None, 0.2), CandidateScores(0.6, None, 0.3)]
    assert best_candidates(candidates) == {"accuracy": 1, "auc": 1, "bits": 0}


def test_candidates_are_scored_by_every_metric():
    labels = np.array([0, 0, 1, 1])
    right = np.log(np.array([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6], [0.1, 0.9]]))
    never = np.log(np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.85, 0.15]]))
    found = score_candidates(np.stack([right, never]), labels)
    assert [each.accuracy for each in found] == [1.0, 0.5]
    assert [each.auc for each in found] == [1.0, 0.75]
    expected = -np.log2([0.9, 0.6, 0.6, 0.9]).mean()
    assert found[0].cross_entropy == pytest.approx(expected)


@pytest.mark.parametrize("classes", [2, 5])
def test_candidates_are_scored_as_by_scikit_learn(classes):
    rng = np.random.default_rng(classes)
    labels = rng.integers(classes, size=60)
    probabilities = rng.dirichlet(np.ones(classes), size=(3, 60))
    found = score_candidates(np.log(probabilities), labels)
    for each, p in zip(found, probabilities, strict=True):
        assert each.accuracy == pytest.approx(balanced_accuracy_score(labels, p.argmax(1)))
        assert each.cross_entropy == pytest.approx(log_loss(labels, p) / np.log(2))
        auc = pytest.approx(roc_auc_score(labels, p[:, 1])) if classes == 2 else None
        assert each.auc == auc


def test_one_class_among_what_is_held_out_has_no_auc():
    same = np.log(np.full((1, 3, 2), 0.5))
    assert score_candidates(same, np.zeros(3, dtype=int))[0].auc is None
    assert score_candidates(np.log(np.full((1, 3, 3), 1 / 3)), np.arange(3))[0].auc is None
