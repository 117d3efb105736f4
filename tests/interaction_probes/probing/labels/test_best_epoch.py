import math

import pytest

from interaction_probes.probing.labels.best_epoch import best_epoch


def test_the_largest_score_wins_and_of_equal_ones_the_earliest():
    assert best_epoch({0: 0.2, 5: 0.9, 10: 0.4}) == 5
    assert best_epoch({20: 0.9, 5: 0.9, 10: 0.9, 0: -1.0}) == 5  # in whatever order they come
    assert best_epoch({3: -2.0}) == 3


def test_scores_that_are_no_numbers_are_passed_over():
    assert best_epoch({0: math.nan, 1: -5.0, 2: math.nan, 3: -4.0}) == 3
    assert best_epoch({0: -math.inf, 1: math.nan}) == 0


@pytest.mark.parametrize("scores", [{}, {0: math.nan, 4: math.nan}])
def test_nothing_to_choose_from_is_refused(scores):
    with pytest.raises(ValueError, match=f"none of {len(scores)} epochs has a validation score"):
        best_epoch(scores)
