"""A run, or the measurement of one, in a process of its own on behalf of a worker of a pool.

A worker of joblib or Dask hands a job over and waits. The process has its own threads and memory
allocator whatever the worker's are; if it is killed, the worker lives; and it ends when the worker
does, so that no two processes work on one run.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal

from interaction_probes.runtime.process_env import (
    SHUTDOWN_SECONDS,
    describe_exit,
    exit_after,
    run_environment,
)

_STOPPED = "it was stopped"
_LOG = 20_000  # bytes of a failed process's last words that are kept


@dataclass(frozen=True)
class Job:
    """What a process is to do, in plain types.

    Attributes:
        kind: do the run, or measure what its parts cost.
        config: the run's.
        out: folder of the run folders.
        device: as the command line takes it; ``auto`` is settled where the job takes place.
        threads: CPU threads.
        cache: folder of rendered images.
        wanted: a file; when it is gone, nobody wants the job any more and it is stopped.
        sweep: the process of this machine that wants the job, likewise; None where it is elsewhere.
    """

    kind: Literal["run", "measure"]
    config: Mapping[str, Any]
    out: str
    device: str = "auto"
    threads: int = 1
    cache: str | None = None
    wanted: str | None = None
    sweep: int | None = None


@dataclass(frozen=True)
class JobResult:
    """How a job ended.

    Attributes:
        seconds: wall-clock time.
        found: what was measured.
        failure: what went wrong, in a line; None where nothing did.
        busy: it failed because another process does the run already.
        log: the end of what a failed process wrote to stderr.
    """

    seconds: float
    found: Mapping[str, float] | None = None
    failure: str | None = None
    log: str = ""
    busy: bool = False


def run_job(number: int, job: Job) -> tuple[int, JobResult]:
    """Do a job in a process of its own and wait for it; its number comes back with the answer."""
    started = time.perf_counter()
    if _given_up(job):
        return number, JobResult(0.0, failure=_STOPPED)
    # Modules of the user's own are found where the worker finds them.
    path = os.pathsep.join(filter(None, sys.path))
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "interaction_probes.execution.worker"],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=log,
            env={**os.environ, **run_environment(job.threads), "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is the sweep's to answer
        )
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(asdict(job)).encode() + b"\n")
            process.stdin.flush()
            stopped = _wait(process, job)
        except BrokenPipeError:  # it ended before it read its job
            stopped = False
        finally:
            _end(process, process.stdin)
        seconds = time.perf_counter() - started
        if stopped:
            return number, JobResult(seconds, failure=_STOPPED)
        return number, _answer(process.returncode, _tail(said), _tail(log), seconds)


def _wait(process: "subprocess.Popen[bytes]", job: Job) -> bool:
    """Wait for a process to end; whether it was given up before it did."""
    while process.poll() is None:
        if _given_up(job):
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
    return False


def _given_up(job: Job) -> bool:
    if job.wanted is not None and not Path(job.wanted).exists():
        return True
    if job.sweep is None or os.name != "posix":  # elsewhere, signal 0 would end the process
        return False
    try:
        os.kill(job.sweep, 0)
    except ProcessLookupError:  # it was killed, and could take no file away
        return True
    except PermissionError:
        pass
    return False


def _end(process: "subprocess.Popen[bytes]", stdin: IO[bytes]) -> None:
    """Take leave of a process: without its stdin it ends by itself, or else is made to."""
    with contextlib.suppress(BrokenPipeError):
        stdin.close()
    try:
        process.wait(SHUTDOWN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG))
    return file.read().decode(errors="replace").strip()


def _answer(code: int, said: str, log: str, seconds: float) -> JobResult:
    try:
        last = json.loads(said.splitlines()[-1])
        said_log = log if last["failure"] else ""
        return JobResult(seconds, last["found"], last["failure"], said_log, last.get("busy", False))
    except (IndexError, ValueError, KeyError, TypeError):  # no last word, or not one of ours
        failure = describe_exit(code)
        if code > 0 and log:
            failure += f": {log.splitlines()[-1]}"
        return JobResult(seconds, None, failure, log)


def main() -> None:
    """The process: a job comes in on stdin, an answer goes out as the last line of stdout."""
    started = time.perf_counter()
    with _answers_apart() as answers:
        job = Job(**json.loads(sys.stdin.readline()))
        answer = json.dumps(_work(job, started))
        # A line of its own, whatever was printed while Python started.
        answers.write(f"\n{answer}\n".encode())


def _answers_apart() -> IO[bytes]:
    """Stdout for the answer alone: what anyone prints from here on goes to stderr.

    A method of the user's own may print half a line, or when the process ends, and code that is not
    Python's does not print through sys.stdout.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr  # one buffer for both, so that a traceback stays last
    return answers


def _work(job: Job, started: float) -> dict[str, Any]:
    """Do a job; returns what was measured, what went wrong, and whether another process does it."""
    import torch  # from here on, not in the workers

    from interaction_probes.experiment.runner import run
    from interaction_probes.runtime.devices import allocate
    from interaction_probes.settings.config import from_dict
    from interaction_probes.storage.lock import Busy

    from .estimate import measure_cost
    from .launcher import error_message, exit_on_signal

    signal.signal(signal.SIGTERM, exit_on_signal)
    # Nothing more is ever written: this returns when the worker's end is closed.
    exit_after(lambda: os.read(0, 1))
    torch.set_num_threads(job.threads)
    found = failure = None
    busy = False
    out, cache = Path(job.out), Path(job.cache) if job.cache else None
    try:
        config = from_dict(dict(job.config))
        device = allocate(job.device, job.threads, 1).device
        if job.kind == "measure":
            found = asdict(measure_cost(config, device, started, cache))
        else:
            run(config, out, device, cache=cache)
    except Exception as error:
        method = str(job.config["method"])
        failure, busy = error_message(error, out, job.device, method), isinstance(error, Busy)
        if failure is None:
            raise
    return {"found": found, "failure": failure, "busy": busy}


if __name__ == "__main__":
    main()
