import math
from dataclasses import replace

import pandas as pd
import pytest

from benchmarks.experiments.tuning import run_trials
from benchmarks.experiments.tuning.ranking import chosen, main, ranking
from benchmarks.experiments.tuning.run_trials import TABLE
from benchmarks.experiments.tuning.since_comm import OF_COMM
from benchmarks.experiments.tuning.trials import TAKEN, TRIALS
from interaction_probes.analysis.published import PUBLISHED
from interaction_probes.settings.registry import find_method

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


def test_methods_since_comm_are_measured_against_all():
    found = ranking(
        table(
            ["decur", 1, "{}", "unbiased", 1000, 90.0, 70.0, 80.0, 50.0],
            ["decur", 2, "{}", "unbiased", 1000, 96.0, 86.0, 82.0, 50.0],
            ["decur", 3, "{}", "biased", 1000, 100.0, 100.0, 100.0, 64.0],
        )
    )
    assert list(found["trial"]) == [2, 3, 1]
    assert list(found["distance"]) == pytest.approx([10, 12, 17.5])


def all_trials(method, scores):
    """Rows of every trial, R of some of them and 80 of the others."""
    return table(
        *(
            [method, k, "{}", pairs, 1000, scores.get(k, 80.0), 80.0, 80.0, 60.0]
            for k in range(1, len(TRIALS[method]) + 1)
            for pairs in ("unbiased", "biased")
        )
    )


@pytest.mark.parametrize(
    ("version", "scores", "expected"),
    [
        (3, {}, 6),
        (3, {8: 86.0}, 6),  # no nearer than by single runs' differences
        (3, {8: 87.0, 9: 86.5}, 8),
        (3, {8: 87.0, 6: 82.0}, 6),
        (3, {2: 99.0, 7: 99.0}, 6),  # of another temperature, and of more epochs
        (3, {17: 99.0}, 6),  # of another version
        (4, {}, 18),
        (4, {20: 86.0}, 18),
        (4, {20: 87.0, 8: 99.0}, 20),
    ],
)
def test_a_trial_replaces_comms_settings_where_it_reads_clearly_more(version, scores, expected):
    trials = all_trials("hril", scores)
    assert chosen(ranking(trials), version) == {"hril": expected}
    own = trials[trials["trial"].gt(16) == (version == 4)]
    assert chosen(ranking(own), version) == {"hril": expected}
    assert chosen(ranking(own[2:]), version) == {}
    assert chosen(ranking(own[1:]), version) == {}  # of a trial one design


def test_of_comms_comparison_the_usual_trial_stays_unless_another_is_clearly_nearer():
    for scores, expected in (({}, 21), ({24: PUBLISHED["clip"].accuracy["R"]}, 24)):
        trials = all_trials("clip", scores)
        unbiased = trials[trials["pairs"] == "unbiased"]
        assert chosen(ranking(unbiased), 4) == {"clip": expected}


@pytest.mark.parametrize(
    ("version", "method"), [(version, method) for version in OF_COMM for method in OF_COMM[version]]
)
def test_the_trial_of_comms_settings_has_them(version, method):
    comms = TAKEN[version]["comm"]
    of_comm = run_trials.trial_configs("comm", comms)[0]
    [*_, config] = run_trials.trial_configs(method, OF_COMM[version][method])
    model = replace(of_comm.model, temperature=config.model.temperature)
    same = {"method": method, "model": model, "design": config.design}
    assert config == replace(of_comm, **same, weights=config.weights)
    assert config.model.temperature == of_comm.model.temperature or "model.temperature" in (
        find_method(method).ignores
    )


def test_trials_of_several_seeds_are_not_mixed():
    rows = [["clip", 1, "{}", "unbiased", seed, 90.0, 20.0, 20.0, 50.0] for seed in (1000, 1001)]
    with pytest.raises(ValueError, match="several seeds"):
        ranking(table(*rows))


def test_the_command_lists_every_committed_trial(capsys):
    main([])
    committed = pd.read_csv(TABLE)[["method", "trial"]].drop_duplicates()
    assert len(capsys.readouterr().out.splitlines()) == len(committed)


def test_clip_has_the_trial_that_is_nearest_over_five_seeds():
    table = pd.concat([pd.read_csv(TABLE), pd.read_csv(TABLE.with_name("clip_trials.csv"))])
    table = table[(table["method"] == "clip") & (table["trial"] > 20)]
    by_seed = [ranking(rows).set_index("trial")["distance"] for _, rows in table.groupby("seed")]
    distances = pd.concat(by_seed, axis=1)
    assert distances.shape == (5, 5)
    assert distances.mean(axis=1).idxmin() == TAKEN[4]["clip"]
