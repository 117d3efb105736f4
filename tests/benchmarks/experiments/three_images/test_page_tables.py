"""The tables of three images that RESULTS.md has besides the scores."""

import pandas as pd
import pytest

from benchmarks.experiments.three_images.page_tables import (
    critic_table,
    strength_table,
    trial_table,
)


def test_a_loss_has_its_critic_after_the_design_that_teaches_each_rule():
    ends = ("", "_untrained", "_seen")
    scores = [f"{task}{end}" for task in ("S123", "S13") for end in ends]
    critics = pd.DataFrame(
        [
            ("comm", "partial=0.25", "triple-biased", 0, 0.9, 0.5, 0.9, 0.1, 0.1, 0.1),
            ("comm", "partial=0.25", "triple-biased", 1, 0.7, 0.5, 0.9, 0.1, 0.1, 0.1),
            ("comm", "partial=0.25", "pair-biased", 0, 0.1, 0.1, 0.1, 0.95, 0.4, 0.85),
            ("clip", "", "triple-biased", 0, None, 0.4, 0.5, 0.1, 0.1, 0.1),
        ],
        columns=["method", "weights", "pairs", "seed", *scores],
    )
    head, rule, comm, clip = critic_table(critics)
    assert head.startswith("| method, loss | n | S123, held out | before training |")
    assert rule == "| --- | --- | --- | --- | --- | --- | --- | --- |"
    assert comm == (
        "| CoMM, all masks | 2 | 0.800 ± 0.141 | 0.500 ± 0.000 | 0.900 ± 0.000 "
        "| 0.950 (n = 1) | 0.400 (n = 1) | 0.850 (n = 1) |"
    )
    assert clip == "| CLIP | 1 | – | 0.400 | 0.500 | – | – | – |"
    with pytest.raises(ValueError, match="S123: a seed counts twice in the triple-biased runs"):
        critic_table(pd.concat([critics, critics[:1]]))


def test_a_trial_has_its_scores_under_the_rule_and_without():
    columns = [
        *("method", "trial", "weights", "changes", "pairs", "seed", "U", "S123", "AUC_S123"),
        *("S12to3", "critic_AUC", "critic_AUC_untrained"),
    ]
    long = '{"optim.epochs": "40", "optim.lr": "0.003"}'
    confirmed = pd.DataFrame(
        [
            ("confu", 7, "pair=0.0", long, "triple-biased", 10, 80.0, 50.0, 0.5, 99.0, 1.0, 0.5),
            ("confu", 7, "pair=0.0", long, "triple-biased", 11, 80.0, 51.0, 0.5, 97.0, 1.0, 0.5),
            ("confu", 7, "pair=0.0", long, "unbiased", 10, 1.0, 1.0, 0.1, 20.0, 0.1, 0.1),
            ("comm", 8, "", "{}", "triple-biased", 10, 70.0, 50.0, 0.5, 30.0, 0.5, 0.5),
        ],
        columns=columns,
    )
    *_, confu, comm = trial_table(confirmed)
    assert confu == (
        "| ConFu, fused pairs alone | epochs 40, lr 0.003 | 2 | 1.0 (n = 1) | 50.5 ± 0.7 "
        "| 0.500 ± 0.000 | 98.0 ± 1.4 | 20.0 (n = 1) | 1.000 ± 0.000 | 0.500 ± 0.000 |"
    )
    assert comm == "| CoMM | – | 1 | – | 50.0 | 0.500 | 30.0 | – | 0.500 | 0.500 |"


def test_a_strength_has_a_line_between_the_two_whole_designs():
    columns = ["method", "trial", "weights", "pairs", "seed", "S12to3", "S123", "critic_AUC"]
    confirmed = pd.DataFrame(
        [
            ("comm", 11, "", "unbiased", 10, 20.0, 50.0, 0.5),
            ("comm", 11, "", "triple-biased", 10, 90.0, 80.0, 0.99),
            ("comm", 5, "", "unbiased", 10, 1.0, 1.0, 0.1),
            ("clip", 1, "", "unbiased", 10, 1.0, 1.0, 0.1),
        ],
        columns=columns,
    )
    strengths = pd.DataFrame(
        [
            ("comm", 11, "", "triple0.5", 10, 40.0, 52.0, 0.7),
            ("comm", 11, "", "triple0.5", 11, 50.0, 52.0, None),
            ("comm", 11, "", "triple0.1", 11, 30.0, 50.0, None),
        ],
        columns=columns,
    )
    assert strength_table(confirmed, strengths)[2:] == [
        "| CoMM | 0 | 1 | 20.0 | 50.0 | 0.500 |",
        "| CoMM | 0.1 | 1 | 30.0 | 50.0 | – |",
        "| CoMM | 0.5 | 2 | 45.0 ± 7.1 | 52.0 ± 0.0 | 0.700 (n = 1) |",
        "| CoMM | 1 | 1 | 90.0 | 80.0 | 0.990 |",
    ]
    with pytest.raises(ValueError, match="pair0"):
        strength_table(confirmed, strengths.assign(pairs="pair0.5"))
