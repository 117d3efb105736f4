import re
from dataclasses import replace

import pytest
import torch

from interaction_probes.execution import forecast as module
from interaction_probes.execution import launcher as launching
from interaction_probes.execution.estimate import Cost
from interaction_probes.execution.forecast import (
    LONG_RUN_PIXELS,
    forecast_lines,
    measure_runs,
    print_forecast,
    view_pixels,
)
from interaction_probes.execution.worker import JobResult
from interaction_probes.experiment.runner import run
from interaction_probes.run import main
from interaction_probes.runtime.devices import Resources
from interaction_probes.settings.fields import with_fields
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method

CPU = Resources(torch.device("cpu"), threads=1, processes=2)
COST = Cost(
    start=0.0,
    step=2.0,
    probing=30.0,
    operations=4 * 10**12,
    parameters=1_234_567,
    memory=1_500_000_000,
)


@pytest.mark.parametrize(
    ("preset", "long"), [("smoke", False), ("quick", False), ("paper-112", True), ("paper", True)]
)
def test_which_presets_are_long(preset, long):
    config = PRESETS[preset]
    assert (view_pixels(config, find_method("comm")) >= LONG_RUN_PIXELS) is long
    assert view_pixels(config, find_method("pixels")) == 0
    twice = 2 * view_pixels(config, find_method("clip"))  # one view of each image
    assert twice == view_pixels(config, find_method("comm"))


def test_pixels_are_those_of_all_views_of_all_images():
    config = with_fields(PRESETS["quick-3"], {"n_pairs": "7", "optim.epochs": "5"})
    assert view_pixels(config, find_method("comm")) == 5 * 7 * 3 * 2 * config.model.size**2
    assert view_pixels(replace(config, kind="vectors"), find_method("comm")) == 0


def test_one_epoch_at_the_papers_scale_is_long():
    config = with_fields(PRESETS["paper"], {"optim.epochs": "1"})
    assert view_pixels(config, find_method("comm")) >= LONG_RUN_PIXELS


def test_the_numbers_of_a_forecast():
    config = with_fields(
        PRESETS["paper"], {"n_pairs": "640", "optim.epochs": "10", "probe.every": "10"}
    )
    # 100 steps of 2 s; two probings and three controls of 30 s
    one = 100 * 2 + 5 * 30
    [head, *lines] = forecast_lines([(config, None), (config, None)], COST, CPU)
    assert "2 runs, 2 at a time" in head
    said = {line[2:13].strip(): line[14:] for line in lines}
    assert said["time"] == f"about {one / 60:.0f} min (200 steps of 2.00 s, a probing 30 s)"
    assert said["parameters"] == "1,234,567 per run"
    assert said["memory"].startswith("1.5 GB per run")
    assert said["memory"].endswith("3.0 GB in all")
    assert said["arithmetic"] == "800 TFLOP of training; this machine does 4 TFLOP/s"
    assert said["on a GPU"].startswith("80 s at 10 TFLOP/s, 8 s at 100 TFLOP/s sustained: computed")
    # one after another, and one of them half done
    alone = replace(CPU, processes=1)
    [head, *lines] = forecast_lines([(config, 5), (config, None)], COST, alone)
    assert "at a time" not in head
    assert "150 steps" in lines[0]
    assert lines[2].endswith("1.5 GB in all")
    assert lines[0].startswith(f"  time        about {(2 * one - 100 - 30) / 60:.0f} min")


def test_a_gpu_is_asked_for_its_memory_and_not_compared_with_one():
    cost = replace(COST, gpu_memory=7_000_000_000, memory=0)
    machine = Resources(torch.device("cuda"), 4, 1)
    text = "\n".join(forecast_lines([(PRESETS["paper"], None)], cost, machine))
    assert "GPU memory  7.0 GB" in text
    assert "on a GPU" not in text
    assert "  memory" not in text


def test_what_learns_nothing_has_no_arithmetic():
    cost = replace(COST, step=0.0, operations=0)
    text = "\n".join(forecast_lines([(PRESETS["quick"], None)], cost, CPU))
    assert "0 steps" in text
    assert "TFLOP" not in text


@pytest.fixture
def measurements(monkeypatch):
    """How often something was measured; what it says is COST."""
    seen = []

    def instead(configs, *_):
        seen.append(configs)
        return COST

    monkeypatch.setattr(module, "measure_runs", instead)
    return seen


def test_short_runs_are_not_held_up(measurements, smoke, tmp_path, capsys):
    print_forecast([smoke, PRESETS["quick"]], tmp_path, CPU)
    assert (measurements, capsys.readouterr().out) == ([], "")
    print_forecast([smoke], tmp_path, CPU, always=True)
    assert len(measurements) == 1
    assert "forecast of 1 run," in capsys.readouterr().out


def test_long_runs_tell_and_finished_ones_do_not(
    measurements, smoke, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(module, "LONG_RUN_PIXELS", 0.0)
    config = replace(smoke, optim=replace(smoke.optim, epochs=0))
    print_forecast([config], tmp_path, CPU)
    assert len(measurements) == 1
    run(config, tmp_path, CPU.device)
    capsys.readouterr()
    print_forecast([config], tmp_path, CPU)
    assert (len(measurements), capsys.readouterr().out) == (1, "")
    print_forecast([config], tmp_path, CPU, always=True)
    assert (len(measurements), "nothing is left" in capsys.readouterr().out) == (1, True)


def test_torchrun_gets_no_forecast(measurements, tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    print_forecast([PRESETS["paper"]], tmp_path, CPU)
    with pytest.raises(ValueError, match="without torchrun"):
        print_forecast([PRESETS["paper"]], tmp_path, CPU, always=True)
    assert measurements == []


def test_the_greatest_of_what_was_measured_counts(monkeypatch, tmp_path, smoke):
    answers = [
        (0, {"start": 1, "step": 2, "probing": 9}),
        (1, {"start": 3, "step": 1, "probing": 2}),
    ]
    monkeypatch.setattr(
        module,
        "imap_unordered",
        lambda *_: (a for a in [(k, JobResult(0.0, f)) for k, f in answers]),
    )
    assert measure_runs([smoke, smoke], tmp_path, CPU) == Cost(3, 2, 9)


def test_what_cannot_be_measured_is_left_to_the_run(monkeypatch, tmp_path, smoke, capsys):
    failed = JobResult(0.0, failure="a reason")
    monkeypatch.setattr(module, "imap_unordered", lambda *_: (a for a in [(0, failed)]))
    monkeypatch.setattr(module, "LONG_RUN_PIXELS", 0.0)
    print_forecast([smoke], tmp_path, CPU)
    assert "no forecast: a reason" in capsys.readouterr().out
    with pytest.raises(ValueError, match="a reason"):
        print_forecast([smoke], tmp_path, CPU, always=True)


def test_a_plan_starts_no_run(measurements, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(launching, "launch", lambda *_: pytest.fail("a run was started"))
    main(["--preset", "smoke", "--plan", "--out", str(tmp_path / "runs"), "--device", "cpu"])
    assert len(measurements) == 1
    assert "forecast of 2 runs" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_plan_end_to_end(tmp_path, capsys):
    words = ["--preset", "smoke", "--n-pairs", "100", "--images.renders", "1", "--pairs", "biased"]
    main([*words, "--plan", "--device", "cpu", "--threads", "1", "--out", str(tmp_path / "runs")])
    said = capsys.readouterr().out
    assert re.search(r"time        about \d+ s \(4 steps of", said)
    assert re.search(r"memory      0\.[1-9] GB per run", said)
    assert "TFLOP of training" in said
    assert list(tmp_path.iterdir()) == []
