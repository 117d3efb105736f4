import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace

import pytest
import torch
from waiting import alive, until

from interaction_probes.execution import worker
from interaction_probes.execution.worker import Job, JobResult, _parse_result, run_job
from interaction_probes.experiment import runner
from interaction_probes.experiment.runner import folder_name
from interaction_probes.runtime.process_env import run_environment
from interaction_probes.settings.config import to_dict
from interaction_probes.storage.run_folder import state_of


def test_the_last_line_is_the_answer():
    said = json.dumps({"cost": {"step": 1.0}, "failure": None})
    assert _parse_result(0, f"a user's own print\n{said}", "a warning", 2.0) == JobResult(
        2.0, {"step": 1.0}
    )
    said = json.dumps({"cost": None, "failure": "bad"})
    assert _parse_result(0, said, "log", 2.0) == JobResult(2.0, None, "bad", "log")


@pytest.mark.parametrize(
    ("code", "said", "log", "failure"),
    [
        (
            1,
            "",
            "Traceback\nKeyError: 'x'",
            "it ended without a result (exit code 1): KeyError: 'x'",
        ),
        (1, "", "", "it ended without a result (exit code 1)"),
        (0, "no answer", "", "it ended without a result (exit code 0)"),
        (-9, "", "", "it was killed by SIGKILL (often a sign of too little memory"),
    ],
)
def test_a_process_without_an_answer_is_told(code, said, log, failure):
    answer = _parse_result(code, said, log, 1.0)
    assert answer.failure.startswith(failure)
    assert answer.log == log


def test_the_users_own_variables_come_first(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    added = run_environment(3)
    assert "OMP_NUM_THREADS" not in added
    assert added["OPENBLAS_NUM_THREADS"] == "3"
    assert "GLIBC_TUNABLES" in added


def test_workers_import_no_torch():
    script = "import sys, interaction_probes.execution.worker; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


PRINTING = """
import atexit, os, sys
from interaction_probes.execution import worker

def work(told, started):
    print("half a line", end="")
    if told.kind == "run":
        raise KeyError("x")
    os.write(1, b"and some of C's")
    print("more", end="", file=sys.__stdout__)
    atexit.register(print, "at the end", end="")
    return {"cost": {"step": 1.0}, "failure": None, "busy": False}

worker._execute = work
worker.main()
"""


def printing(kind):
    """The answer and the log of a process in which a user's code prints in every way."""
    words = json.dumps(asdict(Job(kind, {}, "runs"))) + "\n"
    script = [sys.executable, "-c", PRINTING]
    done = subprocess.run(script, input=words, capture_output=True, text=True)
    return _parse_result(done.returncode, done.stdout, done.stderr.strip(), 1.0), done.stderr


def test_what_a_users_own_code_prints_is_no_part_of_the_answer():
    answer, log = printing("measure")
    assert answer == JobResult(1.0, {"step": 1.0})
    for said in ("half a line", "and some of C's", "more", "at the end"):
        assert said in log


def test_what_a_users_own_code_prints_stands_before_its_traceback():
    answer, log = printing("run")
    assert answer.failure == "it ended without a result (exit code 1): KeyError: 'x'"
    assert log.startswith("half a line")


@pytest.mark.slow
def test_a_run_whose_method_prints_is_finished(brief, tmp_path, monkeypatch):
    (tmp_path / "printing.py").write_text(
        "import atexit\n\nfrom tiny_method import Tiny\n\n\natexit.register(print, 'bye', end='')\n"
        "class Printing(Tiny):\n    def loss(self, *words):\n        print('.', end='')\n"
        "        return super().loss(*words)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    config = replace(brief, method="printing:Printing")
    number, answer = run_job(7, Job("run", to_dict(config), str(tmp_path / "runs"), "cpu"))
    assert (number, answer.failure, answer.log) == (7, None, "")
    assert state_of(tmp_path / "runs" / folder_name(config)).name == "finished"


def test_a_job_runs_its_config_on_its_device_with_its_cache(brief, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(runner, "run", lambda *a, **k: given.append((*a, k)))
    monkeypatch.setattr(worker, "exit_after", lambda *_: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    out, cache = tmp_path / "runs", tmp_path / "cache"
    answer = worker._execute(Job("run", to_dict(brief), str(out), "cpu", cache=str(cache)), 0.0)
    assert answer == {"cost": None, "failure": None, "busy": False}
    assert given == [(brief, out, torch.device("cpu"), {"cache": cache})]


def test_what_a_users_own_method_refuses_comes_with_its_file_and_line(brief, tmp_path, monkeypatch):
    own = tmp_path / "refusing.py"
    own.write_text(
        "from tiny_method import Tiny\n\n\nclass Refusing(Tiny):\n    def loss(self, *_):\n"
        "        raise ValueError('my own mistake')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    plain = to_dict(replace(brief, method="refusing:Refusing"))
    monkeypatch.setattr(worker, "exit_after", lambda *_: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    answer = worker._execute(Job("run", plain, str(tmp_path / "runs"), "cpu"), 0.0)
    assert answer["failure"] == f"{own}, line 6: my own mistake"


@pytest.mark.slow
def test_a_run_ends_when_nobody_wants_it_or_its_worker_dies(smoke, tmp_path):
    script = (
        "import json, sys; from interaction_probes.execution.worker import Job, run_job;"
        "print(run_job(7, Job(**json.loads(sys.argv[1])))[1].failure)"
    )
    path = os.pathsep.join(filter(None, sys.path))
    config = replace(smoke, method="tiny_method:Logged", optim=replace(smoke.optim, epochs=50))
    workers, logs, wanted, outs = [], [], [], []
    for name in ("unwanted", "killed"):
        outs.append(tmp_path / name)
        logs.append(tmp_path / f"{name}.log")
        wanted.append(tmp_path / f"{name}.wanted")
        logs[-1].touch()
        wanted[-1].touch()
        worker = Job("run", to_dict(config), str(outs[-1]), "cpu", sentinel=str(wanted[-1]))
        words = [sys.executable, "-c", script, json.dumps(asdict(worker))]
        env = {**os.environ, "PYTHONPATH": path, "TINY_LOG": str(logs[-1])}
        workers.append(subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True))
    for log in logs:
        until(lambda log=log: log.read_text().count("\n") > 2)
    wanted[0].unlink()
    assert workers[0].communicate(timeout=300)[0] == "it was stopped\n"
    workers[1].send_signal(signal.SIGKILL)
    workers[1].communicate()
    for log, out in zip(logs, outs, strict=True):
        [process] = {int(line.split()[2]) for line in log.read_text().splitlines()}
        until(lambda pid=process: not alive(pid))
        assert state_of(out / folder_name(config)).name == "half done"
        assert not list(out.rglob(".*"))
