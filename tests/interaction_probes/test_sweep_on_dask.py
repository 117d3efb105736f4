"""Sweeps on a Dask scheduler: one that is there, one that is not, and a worker that dies."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from quick_sweeps import QUICKLY, error_of
from waiting import until

from interaction_probes.execution import backends
from interaction_probes.experiment.runner import folder_name
from interaction_probes.sweep import main, read


def test_a_cluster_that_is_not_there_is_one_line(tmp_path, capsys, monkeypatch):
    words = [*QUICKLY, "--out", str(tmp_path / "runs"), "--scheduler"]
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "pip install dask distributed" in error_of([*words, "tcp://127.0.0.1:9"], capsys)
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed", reason="Dask is the extra [cluster]")
    monkeypatch.setattr(backends, "_CONNECT_TIMEOUT", 1)
    words = [*QUICKLY, "--out", str(tmp_path / "runs"), "--scheduler"]
    address = "tcp://127.0.0.1:9"
    assert f"no Dask scheduler answers at {address}" in error_of([*words, address], capsys)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:x", "tcp://host", "foo://host:1"])
def test_what_is_no_address_starts_no_client(address, tmp_path, capsys, monkeypatch):
    """A Dask client that cannot read its address prints a traceback once it is collected."""
    distributed = pytest.importorskip("distributed", reason="Dask is the extra [cluster]")
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: pytest.fail("a client started"))
    words = [*QUICKLY, "--out", str(tmp_path / "runs"), "--scheduler", address]
    assert f"an address like tcp://host:8786, not {address}" in error_of(words, capsys)
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_dask_worker_dies_and_no_run_is_lost_or_done_twice(tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed", reason="Dask is the extra [cluster]")
    log, file, out = tmp_path / "log", tmp_path / "scheduler.json", tmp_path / "runs"
    log.touch()
    env = {**os.environ, "TINY_LOG": str(log)}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    start = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    start += ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)]
    work = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file)]
    work += ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    words = [*QUICKLY, "--method", "tiny_method:Logged", "--seed", "0", "1", "2"]
    words += ["--out", str(out), "--scheduler"]
    monkeypatch.setattr(
        "interaction_probes.sweep.estimate_seconds", lambda site, left, _: [1.0] * len(left)
    )
    processes = []
    with open(tmp_path / "noise", "w") as noise:
        try:
            processes.append(subprocess.Popen(start, env=env, stdout=noise, stderr=noise))
            until(lambda: file.exists() and file.read_text().endswith("}"))
            address = json.loads(file.read_text())["address"]
            assert "has no workers" in error_of([*words, address], capsys)
            for _ in range(2):
                processes.append(subprocess.Popen(work, env=env, stdout=noise, stderr=noise))
            until(lambda: (tmp_path / "noise").read_text().count("Registered to") == 2)
            killer = threading.Thread(target=_kill_in_the_second_epoch, args=[log])
            killer.start()
            main([*words, address])
            killer.join()
        finally:
            for process in reversed(processes):  # workers before their scheduler
                _end(process)
    configs = read([*words, address]).configs
    shown = capsys.readouterr().out
    for config in configs:
        status = json.loads((out / folder_name(config) / "run.json").read_text())
        assert status["status"] == "finished"
        assert shown.count(f"{folder_name(config)} finished after") == 1
    lines = [line.split() for line in log.read_text().splitlines()]
    trained = {}
    for identity, progress, process, _ in lines:
        trained.setdefault((identity, float(progress)), set()).add(process)
    counts = sorted((progress, len(by)) for (_, progress), by in trained.items())
    # Of the killed run only the epoch that was under way is done again, by another process.
    assert counts == [(0.5, 1)] * 3 + [(1.0, 1)] * 2 + [(1.0, 2)]
    assert len({line[3] for line in lines}) == 2


def _end(process):
    """End a process; a worker of Dask that loses its scheduler as it ends may wait for ever."""
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _kill_in_the_second_epoch(log):
    lines = []

    def begun():
        lines[:] = [line.split() for line in log.read_text().splitlines()]
        return any(float(line[1]) == 1 for line in lines if len(line) == 4)

    until(begun)
    parent = next(line[3] for line in lines if float(line[1]) == 1)
    os.kill(int(parent), signal.SIGKILL)
