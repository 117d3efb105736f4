import pytest
from tiny_method import Tiny, Untrained

from interaction_probes.training.loss_terms import term_weights


def test_chosen_weights_replace_the_methods_own():
    assert term_weights(Tiny, {}) == {"views": 1.0, "pairs": 0.5}
    assert term_weights(Tiny, {"pairs": 0.0}) == {"views": 1.0, "pairs": 0.0}


def test_unknown_terms_are_refused_with_the_nearest():
    with pytest.raises(ValueError, match="no loss term 'pair'; did you mean 'pairs'"):
        term_weights(Tiny, {"pair": 1.0})


def test_weights_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="nothing is left to train"):
        term_weights(Tiny, {"pairs": 0.0, "views": 0.0})


def test_a_method_without_terms_says_so():
    with pytest.raises(ValueError, match="no loss term 'joint'; this method's terms: none"):
        term_weights(Untrained, {"joint": 0.0})
