"""Where a run fails, no experiment writes a table of the others."""

from dataclasses import replace

import pytest

from benchmarks.experiments import unfinished_runs, vectors
from benchmarks.experiments.three_images import run_trials as trials_of_three
from benchmarks.experiments.three_images import study
from benchmarks.experiments.tuning import run_trials
from interaction_probes.experiment.runner import folder_name, run
from interaction_probes.settings.presets import PRESETS


@pytest.mark.parametrize("experiment", [vectors, run_trials, trials_of_three])
@pytest.mark.parametrize("outcome", [(1, 0), (0, 1)])
def test_a_failed_or_locked_run_leaves_the_table_as_it_is(
    experiment, outcome, tmp_path, monkeypatch, script, capsys
):
    monkeypatch.setattr(unfinished_runs, "execute_runs", lambda *_: outcome)
    table = tmp_path / "table.csv"
    table.write_text("as it was\n")
    with pytest.raises(SystemExit) as stop:
        script(experiment, "--out", tmp_path / "runs", "--table", table)
    assert stop.value.code == 1
    assert "error: 1 runs are unfinished; repeat the command" in capsys.readouterr().err
    assert table.read_text() == "as it was\n"


def test_the_study_ends_at_a_failed_run_too(tmp_path, monkeypatch):
    monkeypatch.setattr(unfinished_runs, "execute_runs", lambda *_: (1, 0))
    monkeypatch.setattr(study, "estimate_seconds", lambda _, pending, __: [1.0] * len(pending))
    table = tmp_path / "table.csv"
    words = ["--preset", "smoke", "--seeds", "1", "--methods", "random_init"]
    with pytest.raises(SystemExit) as stop:
        study.main(["--out", str(tmp_path / "runs"), "--table", str(table), *words])
    assert stop.value.code == 1
    assert not table.exists()


def test_finished_runs_are_not_executed(tmp_path, monkeypatch):
    smoke = PRESETS["smoke"]
    floors = [replace(smoke, method="random_init", seed=seed) for seed in (0, 1)]
    executed = []
    monkeypatch.setattr(
        unfinished_runs, "execute_runs", lambda _, configs, __: executed.append(configs) or (0, 0)
    )
    run(floors[0], tmp_path, "cpu")
    unfinished_runs.finish(floors, tmp_path, 1)
    assert [folder_name(c) for [c] in executed] == [folder_name(floors[1])]
    run(floors[1], tmp_path, "cpu")
    unfinished_runs.finish(floors, tmp_path, 1)
    assert len(executed) == 1
