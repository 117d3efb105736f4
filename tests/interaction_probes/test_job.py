import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace

import pytest
from waiting import alive, until

from interaction_probes.config import as_plain
from interaction_probes.experiment import folder_name
from interaction_probes.job import Answer, Job, _answer
from interaction_probes.results import state_of
from interaction_probes.surroundings import additions


def job_of(config, out, **settings):
    return Job("run", as_plain(config), str(out), "cpu", **settings)


def test_the_last_line_is_the_answer():
    said = json.dumps({"found": {"step": 1.0}, "failure": None})
    assert _answer(0, f"a user's own print\n{said}", "a warning", 2.0) == Answer(2.0, {"step": 1.0})
    said = json.dumps({"found": None, "failure": "bad"})
    assert _answer(0, said, "log", 2.0) == Answer(2.0, None, "bad", "log")


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
        (-9, "", "", "it was killed by SIGKILL, as happens where memory runs out"),
    ],
)
def test_a_process_without_an_answer_is_told(code, said, log, failure):
    answer = _answer(code, said, log, 1.0)
    assert answer.failure.startswith(failure)
    assert answer.log == log


def test_the_users_own_variables_come_first(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    added = additions(3)
    assert "OMP_NUM_THREADS" not in added
    assert added["OPENBLAS_NUM_THREADS"] == "3"
    assert "GLIBC_TUNABLES" in added


def test_workers_import_no_torch():
    script = "import sys, interaction_probes.job; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


@pytest.mark.slow
def test_a_run_ends_when_nobody_wants_it_or_its_worker_dies(smoke, tmp_path, monkeypatch):
    log, wanted = tmp_path / "log", tmp_path / "wanted"
    monkeypatch.setenv("TINY_LOG", str(log))
    wanted.touch()
    config = replace(smoke, method="tiny_method:Logged", optim=replace(smoke.optim, epochs=50))
    job = job_of(config, tmp_path, wanted=str(wanted))
    script = (
        "import json, sys; from interaction_probes.job import Job, do;"
        "print(do(7, Job(**json.loads(sys.argv[1])))[1].failure)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    for end in ("unwanted", "killed"):
        wanted.touch()
        log.write_text("")
        words = [sys.executable, "-c", script, json.dumps(asdict(job))]
        worker = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)
        until(lambda: log.read_text().count("\n") > 2)
        [process] = {int(line.split()[2]) for line in log.read_text().splitlines()}
        if end == "unwanted":
            wanted.unlink()
            assert worker.communicate(timeout=30)[0] == "it was stopped\n"
        else:
            worker.send_signal(signal.SIGKILL)
            worker.communicate()
        until(lambda pid=process: not alive(pid))
        left = [path.name for path in (tmp_path / folder_name(config)).iterdir()]
        assert not [name for name in left if name.startswith(".")]
        assert state_of(tmp_path / folder_name(config)).name == "half done"
