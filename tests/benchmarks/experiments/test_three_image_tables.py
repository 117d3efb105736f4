"""The tables of three images that RESULTS.md has besides the scores."""

import pandas as pd

from benchmarks.experiments.three_image_tables import critic_table, trial_table


def test_a_loss_has_its_critic_after_the_design_that_teaches_each_rule():
    columns = ["method", "weights", "pairs", "seed", "S123_fit", "S123", "S13_fit", "S13"]
    critics = pd.DataFrame(
        [
            ("comm", "partial=0.25", "triple-biased", 0, 0.9, 0.8, 0.1, 0.1),
            ("comm", "partial=0.25", "triple-biased", 1, 0.7, 0.6, 0.1, 0.1),
            ("comm", "partial=0.25", "pair-biased", 0, 0.1, 0.1, 0.95, 0.85),
            ("clip", "", "triple-biased", 0, 0.5, 0.4, 0.1, 0.1),
        ],
        columns=columns,
    )
    head, rule, comm, clip = critic_table(critics)
    assert head.startswith("| method, loss | n | S123, seen images |")
    assert rule == "| --- | --- | --- | --- | --- | --- |"
    assert comm == "| CoMM, all masks | 2 | 0.800 ± 0.141 | 0.700 ± 0.141 | 0.950 | 0.850 |"
    assert clip == "| CLIP | 1 | 0.500 | 0.400 | – | – |"


def test_a_trial_has_its_scores_under_the_rule_and_without():
    columns = [
        *("method", "trial", "weights", "changes", "pairs", "seed", "S123", "AUC_S123", "S12to3"),
        *("critic_AUC_fit", "critic_AUC"),
    ]
    long = '{"optim.epochs": "40"}'
    confirmed = pd.DataFrame(
        [
            ("confu", 7, "pair=0.0", long, "triple-biased", 10, 50.0, 0.5, 99.0, 1.0, 0.99),
            ("confu", 7, "pair=0.0", long, "triple-biased", 11, 51.0, 0.5, 97.0, 1.0, 0.99),
            ("confu", 7, "pair=0.0", long, "unbiased", 10, 1.0, 0.1, 20.0, 0.1, 0.1),
            ("comm", 8, "", "{}", "triple-biased", 10, 50.0, 0.5, 30.0, 0.5, 0.5),
        ],
        columns=columns,
    )
    *_, confu, comm = trial_table(confirmed)
    assert confu == (
        "| ConFu, fused pairs alone | 40 | 2 | 50.5 ± 0.7 | 0.500 ± 0.000 | 98.0 ± 1.4 | 20.0 "
        "| 1.000 ± 0.000 | 0.990 ± 0.000 |"
    )
    assert comm == "| CoMM | 12 | 1 | 50.0 | 0.500 | 30.0 | – | 0.500 | 0.500 |"
