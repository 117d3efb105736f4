import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from interaction_probes.execution.sweep_executor import sentinel_file
from interaction_probes.execution.worker import Job, JobResult, _cancelled
from interaction_probes.experiment.runner import folder_name, run
from interaction_probes.storage import lock
from interaction_probes.storage.lock import Busy, alone_in, locked
from interaction_probes.sweep import main

CPU = torch.device("cpu")
pytestmark = pytest.mark.skipif(lock.fcntl is None, reason="this system has no locks")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(lock, "PATIENCE", 0.0)


def test_the_second_is_refused_in_a_line_that_names_the_first(tmp_path):
    with alone_in(tmp_path) as found:
        assert found is True
        with pytest.raises(Busy) as caught, alone_in(tmp_path):
            pytest.fail("both are in")
    assert f"another process ({os.getpid()} on " in str(caught.value)
    assert f"works in {tmp_path}; wait for it to end, or stop it" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_second_waits_for_one_that_is_about_to_end(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "PATIENCE", 60.0)
    first = alone_in(tmp_path)
    first.__enter__()
    monkeypatch.setattr(lock.time, "sleep", lambda _: first.__exit__(None, None, None))
    with alone_in(tmp_path) as found:
        assert found is True


HOLD = """
import sys, time
from pathlib import Path
from interaction_probes.storage.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_killed_holder_locks_nobody_out(tmp_path):
    path = tmp_path / ".lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match=f"another process \\({holder.pid} on "), locked(path):
            pytest.fail("both are in")
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    assert path.exists()  # it could not take it away
    with alone_in(tmp_path) as found:
        assert found is True
    assert not path.exists()


def test_a_lock_taken_away_while_waiting_is_no_lock(tmp_path, monkeypatch):
    """The waiter has opened a file that its holder removes: locking that one locks nothing."""
    path, taken = tmp_path / ".lock", []
    flock = lock.fcntl.flock

    def late(handle, how):
        if not taken:
            taken.append(True)
            path.unlink()
        flock(handle, how)

    monkeypatch.setattr(lock, "PATIENCE", 60.0)
    monkeypatch.setattr(lock.fcntl, "flock", late)
    with locked(path):
        monkeypatch.setattr(lock.fcntl, "flock", flock)
        with pytest.raises(Busy), locked(path, patience=0.0):
            pytest.fail("both are in")


@pytest.mark.parametrize("missing", ["module", "file system"])
def test_without_locks_a_run_says_so_and_leaves_nothing(config, tmp_path, monkeypatch, missing):
    def fail(*_):
        raise OSError(95, "Operation not supported")

    if missing == "module":
        monkeypatch.setattr(lock, "fcntl", None)
    else:
        monkeypatch.setattr(lock.fcntl, "flock", fail)
    with alone_in(tmp_path) as found:
        assert found is False
    assert list(tmp_path.iterdir()) == []
    lines = []

    def report(progress):
        lines.append(progress.line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(config, tmp_path, CPU, report)
    assert lines == ["no locks here: let no second process do this run meanwhile"]


def test_two_processes_cannot_do_one_run(config, tmp_path):
    folder = tmp_path / folder_name(config)
    with alone_in(folder), pytest.raises(Busy, match="another process"):
        run(config, tmp_path, CPU)
    assert list(folder.iterdir()) == []


SWEEP = "--preset smoke --device cpu --pairs biased --method tiny_method:Tiny --processes 1"


def test_two_sweeps_leave_each_others_runs_alone(tmp_path, capsys, monkeypatch):
    """A run that another sweep does is neither done nor recorded as failed."""
    from interaction_probes.execution import sweep_executor

    def instead(number, job):
        assert job.parent_pid == os.getpid()
        busy = job.config["seed"] == 0
        failure = "another process works in it" if busy else None
        return number, JobResult(1.0, None, failure, "", busy)

    monkeypatch.setattr(sweep_executor, "run_job", instead)
    monkeypatch.setattr(
        sweep_executor, "imap_unordered", lambda f, calls: (f(*call) for call in calls)
    )
    monkeypatch.setattr(
        "interaction_probes.sweep.estimate_seconds", lambda site, left, _: [1.0] * len(left)
    )
    with pytest.raises(SystemExit) as stop:
        main([*SWEEP.split(), "--seed", "0", "1", "--out", str(tmp_path)])
    assert stop.value.code == 1
    shown = capsys.readouterr()
    assert "left alone after 1 s: another process works in it" in shown.out
    assert shown.err == (
        "error: 1 run skipped, since another process executes it; run the same command again to "
        "execute unfinished runs\n"
    )
    assert list(tmp_path.rglob("failure.json")) == []


def test_what_a_killed_sweep_left_goes_and_what_a_living_one_has_stays(tmp_path):
    (tmp_path / ".sweep-dead").touch()
    with sentinel_file(tmp_path) as first, sentinel_file(tmp_path) as second:
        assert first != second
        assert {str(path) for path in tmp_path.iterdir()} == {first, second}
    assert list(tmp_path.iterdir()) == []


def test_a_job_is_cancelled_when_its_sweep_is_dead():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert _cancelled(Job("run", {}, "", parent_pid=gone.pid))
    assert not _cancelled(Job("run", {}, "", parent_pid=os.getpid()))
    assert not _cancelled(Job("run", {}, ""))


@pytest.mark.slow
def test_a_jobs_process_says_that_a_run_is_busy(config, tmp_path):
    from interaction_probes.execution.worker import run_job
    from interaction_probes.settings.config import to_dict

    folder = tmp_path / folder_name(config)
    wait = "import interaction_probes.storage.lock as lock; lock.PATIENCE = 0.0; "
    code = wait + "from interaction_probes.execution.worker import main; main()"
    real = subprocess.Popen

    def quickly(command, **settings):
        return real([sys.executable, "-c", code], **settings)

    with alone_in(folder), pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", quickly)
        _, answer = run_job(0, Job("run", to_dict(config), str(tmp_path), "cpu"))
    assert answer.busy
    assert f"works in {folder}" in answer.failure
    assert Path(folder).is_dir()
