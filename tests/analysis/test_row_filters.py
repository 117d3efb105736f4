"""Which rows of small made-up tables are kept, by tables that are written out."""

import pandas as pd

from interaction_probes.analysis.row_filters import limits_of, rows_by_learnt_design


def test_the_best_known_limit_of_a_task_is_its_own():
    """Runs of an earlier version knew less of S123; S1234 has a lower limit than either."""
    table = pd.DataFrame(
        [
            ("exact", "pairwise", "S123", 0.84),
            ("exact", "pairwise", "S123", 0.87),
            ("exact", "pairwise", "S1234", 0.75),
            ("linear", "pairwise", "S1234", 0.9),
            ("exact", "additive", "S123", 0.7),
        ],
        columns=["probe", "metric", "task", "value"],
    )
    assert limits_of(table, "S123") == {"additive": 70, "pairwise": 87}
    assert limits_of(table, "S1234") == {"pairwise": 75}


def test_a_method_with_runs_on_one_design_keeps_them_beside_methods_with_both():
    table = pd.DataFrame(
        [
            ("comm", "unbiased", "S"),
            ("comm", "biased", "S"),
            ("supervised", "unbiased", "S"),
            ("supervised", "unbiased", "R"),
            ("comm", "unbiased", "R"),
            ("comm", "biased", "R"),
        ],
        columns=["method", "pairs", "task"],
    )
    of_s, of_r = (
        rows_by_learnt_design(table, task)[["method", "pairs"]].to_numpy().tolist() for task in "SR"
    )
    assert of_s == [["comm", "biased"], ["supervised", "unbiased"]]
    assert of_r == [["supervised", "unbiased"], ["comm", "unbiased"]]
