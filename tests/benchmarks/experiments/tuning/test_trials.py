import json
from dataclasses import replace

import pandas as pd
import pytest

from benchmarks.experiments.tuning import run_trials, since_comm
from benchmarks.experiments.tuning.trials import PAIRS, TAKEN, TRIALS
from interaction_probes.baselines.late_fusion import LateFusion
from interaction_probes.experiment.runner import folder_name, run
from interaction_probes.settings.heeded import check_heeded
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import PRESETS, find_preset
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loss_terms import term_weights


def test_every_method_has_as_many_trials():
    of_comms_comparison = {"comm", "infmasking", "cross_self", "clip", "factorcl"}
    assert set(TRIALS) == of_comms_comparison | set(since_comm.TRIALS)
    for method, settings in TRIALS.items():
        assert len(settings) == (25 if method in of_comms_comparison else 21)
    assert set(PAIRS) == set(TRIALS)


@pytest.mark.parametrize("method", TRIALS)
def test_the_trials_of_a_method_differ_and_have_effect(method):
    configs = [
        config
        for k in range(len(TRIALS[method]))
        for config in run_trials.trial_configs(method, k + 1)
    ]
    names = {folder_name(config) for config in configs}
    assert len(names) == len(configs)
    for config in configs:
        check_heeded(config)
        weights = term_weights(find_method(method), config.weights)  # refuses unknown terms
        changed = {term for term in weights if weights[term] != find_method(method).terms[term]}
        assert changed == set(config.weights)
        assert (config.method, config.seed) == (method, 1000)


@pytest.mark.parametrize(
    ("version", "method"), [(version, method) for version in TAKEN for method in TAKEN[version]]
)
def test_the_preset_has_the_trial_that_was_chosen(version, method):
    preset = preset_for_method(find_preset("quick", version), method)
    trial = run_trials.trial_configs(method, TAKEN[version][method])[0]
    same = {"preset_version": preset.preset_version, "seed": preset.seed, "design": preset.design}
    probe = replace(trial.probe, every=preset.probe.every, controls=preset.probe.controls)
    assert as_it_learns(replace(trial, **same, probe=probe)) == as_it_learns(preset)


def as_it_learns(config):
    """A config with the views that its method takes, and no temperature where it has none."""
    method = find_method(config.method)
    model = config.model
    if "model.temperature" in method.ignores:
        model = replace(model, temperature=1.0)
    return replace(config, model=model, views=method(config.model).views(config.views))


@pytest.mark.parametrize("method", TRIALS)
def test_only_methods_that_fuse_learn_from_pairs_that_show_synergy(method):
    fuses = not issubclass(find_method(method), LateFusion)
    designs = {config.pairs for config in run_trials.trial_configs(method, 1)}
    assert ("biased" in designs) == fuses


def test_no_trial_sees_a_seed_that_tables_may_report():
    assert run_trials.trial_configs("clip", 1, 1001)[0].seed == 1001
    with pytest.raises(ValueError, match="seeds from 1000 on, not 4"):
        run_trials.trial_configs("clip", 1, 4)


def test_a_row_holds_the_last_scores_of_a_run(tmp_path):
    smoke = replace(PRESETS["smoke"], method="clip", seed=1000)
    folder = run(replace(smoke, probe=replace(smoke.probe, controls=())), tmp_path, "cpu")
    found = run_trials.row("clip", 2, smoke, folder)
    metrics = folder.read_metrics()
    last = metrics[(metrics["probe"] == "linear") & (metrics["epoch"] == smoke.optim.epochs)]
    scores = last.set_index(["task", "metric"])["value"]
    assert found["R"] == f"{100 * scores['R', 'accuracy']:.1f}"
    assert found["AUC_S"] == f"{scores['S', 'auc']:.3f}"
    assert (found["trial"], found["pairs"]) == (2, "biased")
    assert found["changes"] == '{"model.dim": 64}'


def test_the_table_keeps_other_rows_and_replaces_those_of_the_same_trial(tmp_path, monkeypatch):
    path = tmp_path / "tuning.csv"
    rest = dict.fromkeys(("U1", "U2", "S", "AUC_S", "seconds"), "1")

    def row(method, trial, score):
        return {
            "method": method,
            "trial": trial,
            "changes": json.dumps(dict(TRIALS[method][trial - 1])),
            "pairs": "unbiased" if method == "clip" else "biased",
            "seed": 1000,
            "R": score,
            **rest,
        }

    run_trials.write(path, [row("clip", 1, "50.0"), row("comm", 2, "60.0")])
    run_trials.write(
        path, [row("clip", 1, "70.0"), row("clip", 11, "80.0"), row("clip", 3, "90.0")]
    )
    table = pd.read_csv(path)
    assert list(zip(table["method"], table["trial"], table["R"], strict=True)) == [
        ("comm", 2, 60.0),
        ("clip", 1, 70.0),
        ("clip", 3, 90.0),
        ("clip", 11, 80.0),
    ]
    monkeypatch.setitem(run_trials.TRIALS, "clip", [{}, {}, {"model.dim": 3}])
    monkeypatch.setitem(run_trials.PAIRS, "comm", "unbiased")
    run_trials.write(path, [row("infmasking", 3, "10.0")])
    table = pd.read_csv(path)  # trials that are others by now, or are no more, have no row
    assert list(zip(table["method"], table["trial"], strict=True)) == [
        ("infmasking", 3),
        ("clip", 1),
    ]
    monkeypatch.delitem(run_trials.TRIALS, "clip")
    run_trials.write(path, [])
    assert list(pd.read_csv(path)["method"]) == ["infmasking"]
