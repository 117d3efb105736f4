"""The search for pairwise scores: what it prints is a score, as good as it says."""

import ast

import numpy as np
import pytest

from benchmarks.experiments.simulations import pairwise_limit as module
from trifeature.information.limits.of_rules import pairwise_triple_limit
from trifeature.information.limits.pairwise_scores import wrongly_accepted


@pytest.mark.parametrize("cyclic", [False, True])
def test_a_short_search_finds_the_best_of_three_values(cyclic, script):
    words = ["--values", "3", "--remainder", "1", "--rounds", "40", "--seed", "3"]
    printed, _ = script(module, *words, *(["--cyclic"] if cyclic else []))
    said, *rows = printed.splitlines()
    p = np.array([ast.literal_eval(row) for row in rows])
    assert wrongly_accepted(p, 1) == 4
    assert said == "r = 1: 4 of 18 wrongly accepted, balanced accuracy 0.8889"
    assert pairwise_triple_limit(3) == pytest.approx(1 - 4 / 18 / 2)
    assert cyclic or (p == p.T).all()


def test_a_rule_that_is_none_is_refused(script, capsys):
    with pytest.raises(SystemExit):
        script(module, "--values", "3", "--remainder", "3")
    assert "--remainder below it" in capsys.readouterr().err
