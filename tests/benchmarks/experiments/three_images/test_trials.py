"""The trials of three images: as many for every method, all of them different and heeded."""

from dataclasses import replace
from itertools import product

import pandas as pd
import pytest

from benchmarks.experiments.three_images import run_trials
from benchmarks.experiments.three_images import trials as module
from benchmarks.experiments.three_images.trials import (
    FRESH_SEEDS,
    SEED,
    STRENGTHS,
    TRIALS,
    Run,
    Trial,
    confirming_runs,
    strength_runs,
)
from interaction_probes.experiment.runner import folder_name
from interaction_probes.settings.heeded import check_heeded
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loss_terms import term_weights


@pytest.mark.parametrize("method", TRIALS)
def test_every_method_has_as_many_trials_that_differ_and_have_effect(method):
    assert len(TRIALS[method]) == 11
    configs = [Run(method, k + 1).config() for k in range(11)]
    assert len({folder_name(config) for config in configs}) == 11
    built = find_method(method)(PRESETS["smoke"].model, 3)
    for config, trial in zip(configs, TRIALS[method], strict=True):
        check_heeded(config)
        assert (config.method, config.seed, config.pairs) == (method, SEED, "triple-biased")
        assert config.probe.features == ("fused" if method == "confu" else "default")
        assert config.probe.every == config.optim.epochs
        assert (config.optim.epochs == 12) == ("optim.epochs" not in trial.changes)
        weights = term_weights(built, config.weights)
        changed = {term for term, weight in built.terms.items() if weights[term] != weight}
        assert changed == set(trial.weights)


def test_eight_settings_of_the_training_are_the_same_for_all():
    first, *others = (trials[:8] for trials in TRIALS.values())
    assert all(trials == first for trials in others)


def test_what_is_repeated_is_the_best_of_each_method_and_comms_own_loss():
    tuning = pd.DataFrame(
        [("comm", 5, 20.0), ("comm", 11, 95.0), ("clip", 1, 30.0), ("clip", 2, 10.0)],
        columns=["method", "trial", "S12to3"],
    )
    repeated = confirming_runs(tuning)
    assert {(run.method, run.number) for run in repeated} == {
        ("comm", 5),
        ("comm", 11),
        ("clip", 1),
    }
    designs = ("triple-biased", "unbiased")
    assert {(run.seed, run.pairs) for run in repeated} == set(product(FRESH_SEEDS, designs))
    assert len({folder_name(run.config()) for run in repeated}) == len(repeated) == 18
    own = Run(*module._OWN_LOSS_OF_COMM).config()
    assert (own.method, own.weights, own.optim.epochs) == ("comm", {}, 40)


def test_the_rule_holds_in_a_part_of_the_samples_and_nothing_else_changes():
    found = [(run.method, run.seed, run.strength) for run in strength_runs()]
    assert sorted(found) == sorted(product(("comm", "confu"), FRESH_SEEDS, STRENGTHS))
    for run in strength_runs():
        config = run.config()
        assert config.triple_rule_strength == float(run.strength)
        whole = replace(run, strength=None).config()
        assert replace(config, triple_rule_strength=1.0) == whole


def test_no_trial_is_of_a_seed_that_is_reported():
    assert SEED >= 1000
    assert SEED not in FRESH_SEEDS


def test_the_table_has_a_row_per_finished_run(tmp_path, monkeypatch, script):
    vectors = PRESETS["vectors"]
    small = replace(vectors, n_pairs=200, optim=replace(vectors.optim, batch=50))
    trials = (Trial(changes={"optim.epochs": "1"}), Trial({"all": 1.0}, {"optim.epochs": "1"}))
    monkeypatch.setattr(module, "find_preset", {"vectors": small}.__getitem__)
    monkeypatch.setattr(module, "TRIALS", {"symile": trials})
    table = tmp_path / "tables" / "tuning.csv"
    words = ["--out", tmp_path / "runs", "--table", table, "--processes", "1"]
    with pytest.raises(SystemExit):
        script(run_trials, *words, "--read")  # no finished run: no table is written, or lost
    assert not table.exists()
    script(run_trials, *words)
    rows = pd.read_csv(table).fillna({"weights": ""})
    assert list(rows.columns) == list(run_trials.COLUMNS)
    assert list(rows["trial"]) == [1, 2]
    assert set(rows["pairs"]) == {"triple-biased"}
    assert list(rows["weights"]) == ["", "all=1.0"]
    assert rows["R123"].between(0, 100).all()
    assert (
        rows[["AUC_S123", "critic_AUC", "critic_AUC_seen"]]
        .map(lambda v: 0 <= v <= 1)
        .all(axis=None)
    )
    first = table.read_bytes()
    script(run_trials, *words)
    assert table.read_bytes() == first
