"""The command of the digits: its trials, its runs, and the tables that it writes."""

import pandas as pd
import pytest
from view_files import write_views

from benchmarks.experiments.digits import study
from benchmarks.experiments.digits.views import DESCRIPTORS, halves
from interaction_probes.common.writing import write_arrays
from interaction_probes.settings.heeded import check_heeded
from interaction_probes.settings.probe_config import DATASET_STRENGTHS


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "halves.npz"
    write_arrays(path, halves())
    return path


def test_trials_are_on_a_seed_that_no_table_reports(file):
    assert study.TRIAL_SEED not in study.SEEDS
    configs = [study.trial_config(file, "clip", k + 1) for k in range(len(study.TRIALS))]
    assert {config.seed for config in configs} == {study.TRIAL_SEED}
    assert len({(config.optim.lr, config.data.noise) for config in configs}) == len(configs)
    assert not any(config.probe.controls for config in configs)


def test_a_run_has_the_settings_of_the_chosen_trial(file):
    for method, number in study.CHOSEN.items():
        if method == "symile":  # of three modalities or more
            continue
        configs = study.configs_of("halves", file, method, study.SEEDS)
        assert tuple(config.seed for config in configs) == study.SEEDS
        trial = study.trial_config(file, method, number)
        for config in configs:
            check_heeded(config)
            assert (config.optim, config.data.noise) == (trial.optim, trial.data.noise)
            assert config.probe.strengths == trial.probe.strengths == DATASET_STRENGTHS


def test_raw_features_are_of_one_seed(file):
    [config] = study.configs_of("halves", file, "pixels", study.SEEDS)
    assert config.probe.has("masks")
    assert study.configs_of("six", file, "pixels", (0,))[0].probe.has("masks")
    assert not study.configs_of("six", file, "comm", (0,))[0].probe.has("masks")


def test_the_chosen_trial_is_the_best_on_the_validation_rows():
    table = pd.read_csv(study.TABLES / "digits_tuning.csv")
    assert set(table["seed"]) == {study.TRIAL_SEED}
    for method, rows in table.groupby("method"):
        assert len(rows) == len(study.TRIALS)
        best = rows.loc[rows["validation_bits"].idxmax()]
        assert best["trial"] == study.CHOSEN[method]
        assert list(rows["trial"][rows["chosen"] == 1]) == [study.CHOSEN[method]]


@pytest.mark.slow
def test_the_command_writes_its_tables_and_resumes(tmp_path, monkeypatch, capsys):
    views = write_views(tmp_path / "views")
    monkeypatch.setattr(study, "SEEDS", (0, 1))
    monkeypatch.setattr(study, "METHODS", {"descriptors": ("pixels", "comm")})
    monkeypatch.setattr(
        study, "COMMON", {"optim.epochs": "1", "probe.every": "1", "optim.batch": "60"}
    )
    study.run(tmp_path / "runs", views, tmp_path)
    scores = pd.read_csv(tmp_path / "digits.csv")
    assert set(scores["data"]) == {"descriptors"}
    counts = scores.groupby(["method", "seed"]).size()
    assert dict(counts) == {
        (method, seed): 7
        for method, seeds in (("pixels", (0,)), ("comm", (0, 1)), ("early_fusion", (0,)))
        for seed in seeds
    }
    assert (scores["bits_low"] <= scores["bits"]).all()
    gains = pd.read_csv(tmp_path / "digits_gains.csv")
    added = gains[gains["than_views"] != " + ".join(DESCRIPTORS)]
    assert len(added) == 2 * len(DESCRIPTORS)  # what each view adds, by two metrics
    more = gains[(gains["method"] == "comm") & (gains["metric"] == "bits") & (gains["seed"] == 1)]
    whole = scores[scores["views"] == " + ".join(DESCRIPTORS)].set_index(["method", "seed"])["bits"]
    assert float(more["gain"].iloc[0]) == pytest.approx(
        whole["comm", 1] - whole["pixels", 0], abs=2e-4
    )
    before = (tmp_path / "digits.csv").read_bytes()
    study.run(tmp_path / "runs", views, tmp_path)
    assert (tmp_path / "digits.csv").read_bytes() == before
