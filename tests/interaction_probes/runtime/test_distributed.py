import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import shared_training
import torch
from waiting import until

from interaction_probes.experiment.runner import run
from interaction_probes.run import main
from interaction_probes.runtime import distributed
from interaction_probes.runtime.devices import Resources, allocate
from interaction_probes.settings.config import from_dict
from interaction_probes.sweep import main as sweep

HERE = Path(__file__).parents[2] / "support"
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
RUN = ["-m", "interaction_probes.run", "--preset", "smoke", "--device", "cpu", "--threads", "1"]
SMALL = ["--n-pairs", "36", "--images.renders", "1", "--optim.batch", "12"]
SMALL += ["--optim.precision", "fp32", "--probe.strengths", "1", "--controls", "masks"]
THREE = [f"{name}, three" for name in ("comm", "clip", "cross_self")]
WATCHED = [f"{name}, watched" for name in ("infmasking", "supervised")]
TWO_STEPS = "disentangled, both steps"
ALL_PAIRS = "comm, all pairs"


@pytest.fixture(scope="module")
def shared(in_two_processes, tmp_path_factory):
    out = tmp_path_factory.mktemp("shared")
    in_two_processes(shared_training.__file__, out)
    return [torch.load(out / f"{k}.pt", weights_only=False) for k in range(2)]


@pytest.fixture(scope="module")
def alone():
    return shared_training.everything()


@pytest.mark.parametrize("name", [*shared_training.LEARNING, *THREE])
def test_a_step_of_two_processes_has_the_gradients_of_one_on_the_whole_batch(shared, alone, name):
    expected = alone[name]
    assert expected["gradients"]
    for found in (found[0][name] for found in shared):
        assert found["gradients"].keys() == expected["gradients"].keys()
        for part, gradient in expected["gradients"].items():
            assert gradient.dtype == torch.float64
            torch.testing.assert_close(
                found["gradients"][part], gradient, rtol=1e-8, atol=1e-8, msg=f"{name}: {part}"
            )
        for terms, whole in zip(found["losses"], expected["losses"], strict=True):
            assert terms == pytest.approx(whole, rel=1e-8)
        for part, value in expected["state"].items():
            if "running" in part:
                torch.testing.assert_close(found["state"][part], value, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", [*WATCHED, TWO_STEPS, ALL_PAIRS])
def test_losses_along_several_steps_agree_also_of_terms_that_are_only_watched(shared, alone, name):
    for found in (found[0][name] for found in shared):
        for terms, whole in zip(found["losses"], alone[name]["losses"], strict=True):
            assert terms == pytest.approx(whole, rel=1e-6)


def test_both_processes_end_with_the_very_same_parameters(shared):
    first, second = (found[0] for found in shared)
    for name, found in first.items():
        for part, value in found["state"].items():
            assert torch.equal(value, second[name]["state"][part]), (name, part)


def test_rank_0_calls_the_function_and_every_rank_gets_its_result_or_failure(shared):
    first, second = (found[1] for found in shared)
    assert first == (("done by", 0), "ZeroDivisionError")
    assert second == (("done by", 0), "ReportedByRank0")
    assert distributed.broadcast_from_rank0(lambda: 3) == 3  # alone
    with pytest.raises(ZeroDivisionError):
        distributed.broadcast_from_rank0(lambda: 1 / 0)


def files(out):
    """The tables of the one run in a folder, and its status."""
    [folder] = [path for path in out.iterdir() if path.is_dir()]
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]
    status = json.loads((folder / "run.json").read_text())
    return pd.read_csv(folder / "metrics.csv"), pd.read_csv(folder / "losses.csv"), status


def repeat(out, to):
    """Do the one run in a folder alone, in this process; what it reported."""
    [config] = out.glob("*/config.json")
    lines = []
    run(
        from_dict(json.loads(config.read_text())),
        to,
        torch.device("cpu"),
        lambda progress: lines.append(progress.line),
    )
    return [line for line in lines if line]


@pytest.mark.slow
def test_torchrun_does_the_run_that_one_process_does(tmp_path):
    two, one = tmp_path / "two", tmp_path / "one"
    words = ["--method", "infmasking", "--optim.epochs", "1", "--optim.lr", "1e-4"]
    done = subprocess.run(
        [*TORCHRUN, *RUN, *SMALL, *words, "--pairs", "biased", "--out", str(two)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("2 processes together on cpu, 1 thread each") == 1
    assert done.stdout.count("epoch 1/1") == 1
    assert done.stdout.count("done in") == 1
    repeat(two, one)
    metrics, losses, status = files(tmp_path / "two")
    expected, expected_losses, alone = files(tmp_path / "one")
    assert (status["processes"], alone["processes"]) == (2, 1)
    assert (status["status"], status["threads"]) == ("finished", 1)
    names = ["epoch", "task", "probe", "metric"]
    pd.testing.assert_frame_equal(metrics[names], expected[names])
    pd.testing.assert_frame_equal(losses, expected_losses, rtol=1e-4)
    # Ranks of test pairs can change places by rounding, but hardly move what is continuous.
    smooth = expected["metric"].isin(["cross_entropy", "bits"])
    assert metrics["value"][smooth].tolist() == pytest.approx(
        expected["value"][smooth].tolist(), abs=1e-2
    )
    before = expected["epoch"] == 0
    assert metrics[before].equals(expected[before])


class Interrupted(Exception):
    pass


@pytest.mark.slow
def test_one_process_begins_two_go_on_one_is_killed_and_one_finishes(brief, tmp_path, monkeypatch):
    log, out = tmp_path / "log", tmp_path / "out"
    monkeypatch.setenv("TINY_LOG", str(log))
    config = replace(brief, method="tiny_method:Logged", optim=replace(brief.optim, epochs=4))

    def stop(progress):
        if progress.epoch == 1 and progress.line:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(config, out, torch.device("cpu"), stop)
    [stored] = out.glob("*/config.json")
    process = subprocess.Popen(
        [*TORCHRUN, *RUN[:2], "--device", "cpu", "--config", str(stored), "--out", str(out)],
        env={**os.environ, "PYTHONPATH": str(HERE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: " 0.75 " in log.read_text())  # the third epoch
        pids = {int(line.split()[2]) for line in log.read_text().splitlines()} - {os.getpid()}
        assert len(pids) == 2
        [second] = [
            pid for pid in pids if b"\0RANK=1\0" in Path(f"/proc/{pid}/environ").read_bytes()
        ]
        os.kill(second, signal.SIGKILL)
        shown, said = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode != 0
    errors = [line for line in said.splitlines() if line.startswith("error:")]
    assert len(errors) == 1, said
    assert errors[0].startswith("error: rank 0 (of 2 processes): ")
    assert errors[0].endswith("run the same command again to resume from the last checkpoint")
    assert shown.count("resumed after epoch 1") == 1
    assert not Path(f"/proc/{second}").exists()

    assert repeat(out, out)[0] == "resumed after epoch 2"
    _, losses, status = files(out)
    assert (status["status"], status["epoch"]) == ("finished", 4)
    assert status["processes"] == "1, then 2, then 1"
    whole = replace(config, method="tiny_method:Tiny", probe=replace(config.probe, every=9))
    run(whole, tmp_path / "whole", torch.device("cpu"))
    pd.testing.assert_frame_equal(losses, files(tmp_path / "whole")[1], rtol=1e-4)


def test_what_cannot_be_done_is_refused_by_all_and_leaves_no_file(shared):
    for number, found in enumerate(shared):
        uneven, rest, unwritable = found[2]
        assert uneven == (
            "ValueError",
            "2 processes share a batch evenly, which 7 pairs cannot be; a batch of 8 can",
        )
        assert rest == (
            "ValueError",
            "the last batch of an epoch has 3 of 45 samples, which 2 processes cannot share "
            "evenly: leave it out (--optim.drop-last)",
        )
        assert unwritable[0] == ("NotADirectoryError", "ReportedByRank0")[number]


@pytest.mark.slow
def test_a_rank_that_waits_in_vain_exits_on_sigterm(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    variables = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    process = subprocess.Popen(
        [sys.executable, *RUN, "--out", str(tmp_path / "runs")],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def waits():
        """Whether the first process listens for the other one."""
        with socket.socket() as other:
            return other.connect_ex(("127.0.0.1", int(port))) == 0

    try:
        until(waits)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 1
    [line] = said.splitlines()
    assert line.startswith("error: rank 0 (of 2 processes): it was stopped")


@pytest.fixture
def one_of_two(monkeypatch):
    """The environment variables of torchrun that a command reads, as for rank 0 of 2."""
    variables = {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    return monkeypatch


def test_ranks_of_a_machine_divide_its_cores_and_execute_runs_one_by_one(one_of_two):
    one_of_two.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert allocate("cpu", 0, 2) == Resources(torch.device("cpu"), 4, 1)
    assert allocate("cpu", 3, 2) == Resources(torch.device("cpu"), 3, 1)
    one_of_two.delenv("LOCAL_WORLD_SIZE")
    assert allocate("cpu", 0, 2).threads == 4


def test_every_rank_has_another_gpu(one_of_two):
    one_of_two.setattr(torch.cuda, "is_available", lambda: True)
    one_of_two.setattr(torch.cuda, "device_count", lambda: 2)
    one_of_two.setenv("LOCAL_RANK", "1")
    assert allocate("auto", 0, 2).device == torch.device("cuda:1")
    with pytest.raises(ValueError, match="each rank uses another CUDA device: pass --device cuda"):
        allocate("cuda:1", 0, 2)
    one_of_two.setenv("LOCAL_WORLD_SIZE", "3")
    with pytest.raises(ValueError, match=r"3 processes on a machine need as many.*; 2 are visible"):
        allocate("cuda", 0, 2)


def complaint(capsys, command=main, words=("--preset", "smoke", "--device", "cpu")):
    with pytest.raises(SystemExit) as stop:
        command(list(words))
    assert stop.value.code == 2
    return capsys.readouterr()


def test_rank_0_reports_mistakes_at_once_and_other_ranks_after_a_delay(one_of_two, capsys):
    pauses = []
    one_of_two.setattr(distributed.time, "sleep", pauses.append)
    assert "did you mean --seed?" in complaint(capsys, words=["--sed", "1"]).err
    assert not pauses
    one_of_two.setenv("RANK", "1")
    one_of_two.setattr(sys, "__stderr__", sys.stderr)  # pytest's
    shown = complaint(capsys, words=["--sed", "1"])
    assert shown.out == ""
    assert shown.err == "error: rank 1 (of 2 processes): no option --sed; did you mean --seed?\n"
    assert len(pauses) == 1


def test_malformed_environment_variables_are_refused_in_a_line(one_of_two, capsys, tmp_path):
    one_of_two.chdir(tmp_path)
    one_of_two.setattr(distributed, "_handle_sigterm", lambda: None)
    assert "MASTER_ADDR expected" in complaint(capsys).err
    one_of_two.setenv("LOCAL_WORLD_SIZE", "two")
    assert complaint(capsys).err == (
        "error: the environment variable LOCAL_WORLD_SIZE is a whole number, not 'two'\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_sweep_starts_its_own_processes(one_of_two, capsys, tmp_path):
    one_of_two.chdir(tmp_path)
    assert "start it without torchrun" in complaint(capsys, sweep, ["--preset", "smoke"]).err
    assert not list(tmp_path.iterdir())
