"""Execute a run, or measure its cost, in a subprocess of a joblib or Dask worker.

The worker starts the subprocess and waits for it. The subprocess sets its own threads and memory
allocator. If it is killed, the worker survives. If the worker ends, the subprocess exits, so that
two processes never work on the same run.
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
_LOG_BYTES = 20_000  # kept from the end of a failed process's stderr


@dataclass(frozen=True)
class Job:
    """A job as plain types, which are sent to the subprocess as JSON.

    Attributes:
        kind: execute the run, or measure its cost.
        config: configuration of the run, as a dict.
        out: folder of the run folders.
        device: auto, cpu, cuda or cuda:N; the subprocess resolves ``auto``.
        threads: CPU threads.
        cache: folder of rendered images.
        sentinel: a file; the job is stopped when it is deleted.
        parent_pid: process id of the sweep, if it is on this machine; the job is stopped when that
            process ends.
    """

    kind: Literal["run", "measure"]
    config: Mapping[str, Any]
    out: str
    device: str = "auto"
    threads: int = 1
    cache: str | None = None
    sentinel: str | None = None
    parent_pid: int | None = None


@dataclass(frozen=True)
class JobResult:
    """How a job ended.

    Attributes:
        seconds: wall-clock time.
        cost: fields of :class:`~interaction_probes.execution.estimate.Cost`, if the job measured
            it.
        failure: error message in one line; None for a job that succeeded.
        log: the end of a failed process's stderr.
        busy: the job failed because another process holds the lock of the run.
    """

    seconds: float
    cost: Mapping[str, float] | None = None
    failure: str | None = None
    log: str = ""
    busy: bool = False


def run_job(number: int, job: Job) -> tuple[int, JobResult]:
    """Execute a job in a subprocess and wait for it; returns the given number and the result."""
    started = time.perf_counter()
    if _cancelled(job):
        return number, JobResult(0.0, failure=_STOPPED)
    # The subprocess imports the user's own modules from the worker's path.
    path = os.pathsep.join(filter(None, sys.path))
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "interaction_probes.execution.worker"],
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, **run_environment(job.threads), "PYTHONPATH": path},
            start_new_session=True,  # only the sweep handles Ctrl-C
        )
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(asdict(job)).encode() + b"\n")
            process.stdin.flush()
            cancelled = _wait(process, job)
        except BrokenPipeError:  # the process ended before it read its job
            cancelled = False
        finally:
            _terminate(process, process.stdin)
        seconds = time.perf_counter() - started
        if cancelled:
            return number, JobResult(seconds, failure=_STOPPED)
        return number, _parse_result(process.returncode, _tail(stdout), _tail(stderr), seconds)


def _wait(process: "subprocess.Popen[bytes]", job: Job) -> bool:
    """Wait until a process ends or its job is cancelled; returns whether it was cancelled."""
    while process.poll() is None:
        if _cancelled(job):
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
    return False


def _cancelled(job: Job) -> bool:
    if job.sentinel is not None and not Path(job.sentinel).exists():
        return True
    if job.parent_pid is None or os.name != "posix":  # on Windows, signal 0 ends the process
        return False
    try:
        os.kill(job.parent_pid, 0)
    except ProcessLookupError:  # the sweep was killed and could not delete its sentinel file
        return True
    except PermissionError:
        pass
    return False


def _terminate(process: "subprocess.Popen[bytes]", stdin: IO[bytes]) -> None:
    """Close the stdin of a process, at which it exits; kill it if it does not."""
    with contextlib.suppress(BrokenPipeError):
        stdin.close()
    try:
        process.wait(SHUTDOWN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_BYTES))
    return file.read().decode(errors="replace").strip()


def _parse_result(code: int, stdout: str, stderr: str, seconds: float) -> JobResult:
    try:
        fields = json.loads(stdout.splitlines()[-1])
        log = stderr if fields["failure"] else ""
        return JobResult(seconds, fields["cost"], fields["failure"], log, fields.get("busy", False))
    except (IndexError, ValueError, KeyError, TypeError):  # no line, or not one of `main`
        failure = describe_exit(code)
        if code > 0 and stderr:
            failure += f": {stderr.splitlines()[-1]}"
        return JobResult(seconds, None, failure, stderr)


def main() -> None:
    """Entry point of the subprocess: job from stdin, result as the last line of stdout."""
    started = time.perf_counter()
    with _reserve_stdout() as stdout:
        job = Job(**json.loads(sys.stdin.readline()))
        result = json.dumps(_execute(job, started))
        # On a new line, whatever was printed while Python started.
        stdout.write(f"\n{result}\n".encode())


def _reserve_stdout() -> IO[bytes]:
    """Return stdout for the result, and redirect everything else that is printed to stderr.

    A user's method may print half a line, or print at exit, and C code bypasses sys.stdout.
    """
    stdout = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr  # one buffer for both, so that a traceback is printed last
    return stdout


def _execute(job: Job, started: float) -> dict[str, Any]:
    """Execute a job; returns the fields of its result: cost, failure, busy."""
    import torch  # here, so that the worker that starts this process need not import it

    from interaction_probes.experiment.runner import run
    from interaction_probes.runtime.devices import allocate
    from interaction_probes.settings.config import from_dict
    from interaction_probes.storage.lock import Busy

    from .estimate import measure_cost
    from .launcher import error_message, exit_on_signal

    signal.signal(signal.SIGTERM, exit_on_signal)
    # The worker writes nothing more: the read returns when the worker's end is closed.
    exit_after(lambda: os.read(0, 1))
    torch.set_num_threads(job.threads)
    cost = failure = None
    busy = False
    out, cache = Path(job.out), Path(job.cache) if job.cache else None
    try:
        config = from_dict(dict(job.config))
        device = allocate(job.device, job.threads, 1).device
        if job.kind == "measure":
            cost = asdict(measure_cost(config, device, started, cache))
        else:
            run(config, out, device, cache=cache)
    except Exception as error:
        method = str(job.config["method"])
        failure, busy = error_message(error, out, job.device, method), isinstance(error, Busy)
        if failure is None:
            raise
    return {"cost": cost, "failure": failure, "busy": busy}


if __name__ == "__main__":
    main()
