import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.experiments import sweeps
from benchmarks.experiments.since_comm import SWEEPS as SINCE_COMM
from benchmarks.experiments.study import STUDY
from benchmarks.experiments.unimodal import ARMS, sweep_of
from interaction_probes.experiment.runner import folder_name
from interaction_probes.settings.presets import find_preset
from interaction_probes.sweep import read

DOCS = Path(__file__).parents[3] / "docs"


def configs_of(line):
    return read(shlex.split(line)).configs


def test_the_study_is_what_it_says():
    runs = {name: configs_of(line) for name, line in STUDY.items()}
    assert {name: len(configs) for name, configs in runs.items()} == {
        "methods": 4 * 2 * 5,
        "CLIP": 2 * 5,
        "further methods": (2 + 3) * 3,
        "ablations": 2 * 2 * 5,
        "mapping, CoMM": 2 * 5,
        "mapping, CLIP": 2 * 5,
        "redundancy, CoMM": 2 * 5,
        "redundancy, CLIP": 2 * 5,
    }
    distinct = {folder_name(config) for configs in runs.values() for config in configs}
    assert len(distinct) == 113  # as docs/sweeps.md says
    assert "113 runs in all" in (DOCS / "sweeps.md").read_text()


def test_the_methods_since_comm_have_the_seeds_of_the_study():
    five, controls = (configs_of(line) for line in SINCE_COMM.values())
    assert len(five) == 6 * 2 * 5
    studied = {folder_name(config) for config in configs_of(STUDY["methods"])}
    assert {folder_name(config) for config in five if config.method == "comm"} <= studied
    usual = {
        folder_name(replace(c, probe=replace(c.probe, controls=five[0].probe.controls)))
        for c in controls
    }
    assert usual < {folder_name(config) for config in five}  # trained once for both
    assert {config.seed for config in controls} == {35}


@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_differs_from_the_preset_in_what_it_names(arm):
    configs = configs_of(sweep_of(arm))
    assert [config.seed for config in configs] == [0, 1, 2]
    assert all(config.pairs == "biased" for config in configs)
    preset = find_preset("quick", 1)
    changed = {field for field in vars(preset) if field not in ("seed", "weights")}
    same = {f for f in changed if getattr(configs[0], f) == getattr(preset, f)}
    named = {
        word.partition(".")[0] for word in ARMS[arm].split() if word[0].isalpha() and "." in word
    }
    assert changed - same == named


def test_a_failed_run_stops_no_sweep_and_a_mistake_does(monkeypatch):
    started = []

    def sweep(words):
        started.append(words)
        if words[0] != "fine":
            raise SystemExit({"failed": 1, "mistaken": 2}[words[0]])

    monkeypatch.setattr(sweeps, "sweep", sweep)
    monkeypatch.setattr("sys.argv", ["study.py", "--plan"])
    for lines, left, code in (
        (["failed", "fine"], 2, 1),
        (["fine", "fine"], 2, 0),
        (["mistaken", "fine"], 1, 2),
    ):
        started.clear()
        with pytest.raises(SystemExit) as stop:
            sweeps.run_sweeps({str(k): line for k, line in enumerate(lines)})
        assert (stop.value.code, len(started)) == (code, left)
        assert started[0][1:] == ["--plan"]
