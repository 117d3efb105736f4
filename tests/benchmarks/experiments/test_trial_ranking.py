import math

import pandas as pd
import pytest

from benchmarks.experiments.trial_ranking import main, ranking
from benchmarks.experiments.tuning import TABLE
from interaction_probes.analysis.published import PUBLISHED

COLUMNS = ["method", "trial", "changes", "pairs", "seed", "R", "U1", "U2", "S"]


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def test_the_distance_is_the_mean_over_the_tasks_that_a_trial_shows():
    comm, clip = PUBLISHED["comm"].accuracy, PUBLISHED["clip"].accuracy
    right = [comm["R"], comm["U1"], comm["U2"]]
    found = ranking(
        table(
            ["comm", 1, "{}", "unbiased", 1000, comm["R"] - 3, *right[1:], 50.0],
            ["comm", 1, "{}", "biased", 1000, 0.0, 0.0, 0.0, comm["S"] + 6],
            ["comm", 2, '{"optim.lr": 0.1}', "unbiased", 1000, *right, 50.0],
            ["comm", 2, '{"optim.lr": 0.1}', "biased", 1000, 0.0, 0.0, 0.0, comm["S"]],
            ["clip", 1, "{}", "unbiased", 1000, clip["R"], clip["U1"] + 4, clip["U2"] + 8, 50.0],
        )
    )
    assert list(found["method"]) == ["comm", "comm", "clip"]
    assert list(found["trial"]) == [2, 1, 1]
    assert list(found["distance"]) == pytest.approx([0, 3, 3])
    assert found["changes"][0] == "optim.lr 0.1"
    assert math.isnan(found["S"][2])


def test_of_biased_pairs_alone_all_tasks_are_read():
    [row] = ranking(
        table(["infmasking", 1, "{}", "biased", 1000, 90.0, 80.0, 84.0, 70.0])
    ).itertuples()
    assert (row.R, row.U, row.S) == (90, 82, 70)


def test_of_a_method_with_u1_alone_published_u1_alone_is_read():
    known = PUBLISHED["coral"].accuracy
    right = [known["R"], known["U1"] - 4, 7.0]
    [row] = ranking(
        table(
            ["coral", 1, "{}", "unbiased", 1000, *right, 50.0],
            ["coral", 1, "{}", "biased", 1000, 0.0, 0.0, 0.0, known["S"] + 2],
        )
    ).itertuples()
    assert [row.U, row.distance] == pytest.approx([known["U1"] - 4, 2])


def test_a_method_without_published_numbers_is_measured_against_all():
    assert "decur" not in PUBLISHED
    found = ranking(
        table(
            ["decur", 1, "{}", "unbiased", 1000, 90.0, 70.0, 80.0, 50.0],
            ["decur", 2, "{}", "unbiased", 1000, 96.0, 86.0, 82.0, 50.0],
            ["decur", 3, "{}", "biased", 1000, 100.0, 100.0, 100.0, 64.0],
        )
    )
    assert list(found["trial"]) == [2, 3, 1]
    assert list(found["distance"]) == pytest.approx([10, 12, 17.5])


def test_trials_of_several_seeds_are_not_mixed():
    rows = [["clip", 1, "{}", "unbiased", seed, 90.0, 20.0, 20.0, 50.0] for seed in (1000, 1001)]
    with pytest.raises(ValueError, match="several seeds"):
        ranking(table(*rows))


def test_the_command_lists_every_committed_trial(capsys):
    main([])
    committed = pd.read_csv(TABLE)[["method", "trial"]].drop_duplicates()
    assert len(capsys.readouterr().out.splitlines()) == len(committed)
