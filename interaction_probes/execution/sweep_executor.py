"""Execute a sweep: estimate its runs, run them, and record why a run failed."""

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from interaction_probes.common.writing import made_folder
from interaction_probes.experiment.runner import folder_name
from interaction_probes.settings.config import RunConfig, to_dict
from interaction_probes.storage.lock import Busy, locked
from interaction_probes.storage.run_folder import FAILURE, RunFolder

from .backends import imap_unordered
from .display import SweepProgress
from .estimate import Cost, cost_key, format_duration, remaining_seconds, wall_clock
from .worker import Job, JobResult, run_job

_SENTINEL_PREFIX = ".sweep-"
_DEFAULT_SECONDS = 60.0  # for a run that could not be measured


@dataclass(frozen=True)
class ExecutionSettings:
    """Where the runs of a sweep are executed and saved.

    Attributes:
        out: folder that gets one folder per run.
        device: auto, cpu, cuda or cuda:N.
        threads: CPU threads of each run.
        cache: folder of rendered images; None: no cache.
        scheduler: address of a Dask scheduler; None: processes of this machine.
    """

    out: Path
    device: str
    threads: int
    cache: Path | None
    scheduler: str | None


def estimate_seconds(
    settings: ExecutionSettings, pending: Sequence[tuple[RunConfig, int | None]], n_parallel: int
) -> list[float]:
    """Measure one run per distinct cost, print the total time, and return the seconds of each run.

    Args:
        settings: where the runs are executed.
        pending: config and number of finished epochs (None: not started) of each run.
        n_parallel: number of runs at a time.
    """
    by_cost = {cost_key(config): config for config, _ in pending}
    # Measure n_parallel runs at a time, since parallel runs slow one another; a cluster has room.
    n_local = 0 if settings.scheduler else n_parallel
    measured = [list(by_cost)[k % len(by_cost)] for k in range(max(len(by_cost), n_local))]
    jobs = [_make_job(settings, "measure", by_cost[key]) for key in measured]
    costs: dict[str, list[Cost]] = {}
    with contextlib.closing(imap_unordered(run_job, enumerate(jobs))) as results:
        for k, result in results:
            if result.cost is not None:
                costs.setdefault(measured[k], []).append(Cost(**result.cost))
            else:
                name = by_cost[measured[k]].method
                print(f"{name} could not be measured: {result.failure}", flush=True)
    seconds = [
        max(remaining_seconds(config, cost, finished) for cost in costs[cost_key(config)])
        if cost_key(config) in costs
        else _DEFAULT_SECONDS
        for config, finished in pending
    ]
    total, longest = format_duration(wall_clock(seconds, n_parallel)), format_duration(max(seconds))
    assumed = ""
    if len(costs) < len(by_cost):
        assumed = f", assuming {format_duration(_DEFAULT_SECONDS)} for each run without measurement"
    print(f"about {total} in all, {longest} the longest run{assumed}", flush=True)
    return seconds


def execute_runs(
    settings: ExecutionSettings, configs: Sequence[RunConfig], seconds: Sequence[float]
) -> tuple[int, int]:
    """Execute the runs and print how each ended.

    The reason of a failure is written into the run's folder; the other runs continue. A run that
    another process has locked is skipped.

    Args:
        settings: where the runs are executed.
        configs: the runs.
        seconds: expected duration of each.

    Returns:
        (number of failed runs, number of runs locked by another process).
    """
    n_failed = n_busy = 0
    with made_folder(settings.out), sentinel_file(settings.out) as sentinel:
        jobs = [_make_job(settings, "run", config, sentinel) for config in configs]
        with (
            contextlib.closing(imap_unordered(run_job, enumerate(jobs))) as results,
            SweepProgress(seconds) as progress,
        ):
            for k, result in results:
                path = settings.out / folder_name(configs[k])
                failed = result.failure is not None
                if result.busy:  # the process that holds the lock records the outcome
                    n_busy += 1
                else:
                    n_failed += failed
                    if failed:
                        _record_failure(path, configs[k], result)
                outcome = "left alone" if result.busy else "failed" if failed else "finished"
                line = f"{path.name} {outcome} after {format_duration(result.seconds)}"
                progress.update(k, f"{line}: {result.failure}" if failed else line, failed)
    return n_failed, n_busy


def _make_job(
    settings: ExecutionSettings,
    kind: Literal["run", "measure"],
    config: RunConfig,
    sentinel: str | None = None,
) -> Job:
    return Job(
        kind,
        to_dict(config),
        str(settings.out.absolute()),
        settings.device,
        settings.threads,
        str(settings.cache.absolute()) if settings.cache else None,
        sentinel,
        None if settings.scheduler else os.getpid(),
    )


@contextlib.contextmanager
def sentinel_file(out: Path) -> Iterator[str]:
    """A file that exists while the sweep runs; workers on other machines stop when it is deleted.

    The sweep holds a lock on it. An unlocked file is from a sweep that was killed, and is deleted.
    """
    for path in out.glob(f"{_SENTINEL_PREFIX}*"):
        with contextlib.suppress(Busy, OSError), locked(path, patience=0.0):
            pass
    path = out / f"{_SENTINEL_PREFIX}{secrets.token_hex(4)}"
    path.touch()
    try:
        with locked(path):
            yield str(path.absolute())
    finally:
        path.unlink(missing_ok=True)


def _record_failure(path: Path, config: RunConfig, result: JobResult) -> None:
    """Write the reason of a failure into the run's folder, where it stays until the next start."""
    path.mkdir(exist_ok=True)
    content = {"reason": result.failure, "log": result.log, "config": to_dict(config)}
    RunFolder(path).write_json(FAILURE, content)
