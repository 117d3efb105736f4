"""The doing of a sweep: what its runs cost, which end how, and why those that fail do."""

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

_WANTED = ".sweep-"
_UNKNOWN = 60.0  # seconds that are taken for a run that could not be measured


@dataclass(frozen=True)
class ExecutionSettings:
    """Where runs are done and kept.

    Attributes:
        out: folder that gets one folder per run.
        device: auto, cpu, cuda or cuda:N.
        threads: CPU threads of each run.
        cache: folder that keeps rendered images, if any does.
        scheduler: address of a Dask scheduler, if its workers do the runs.
    """

    out: Path
    device: str
    threads: int
    cache: Path | None
    scheduler: str | None


def estimate_seconds(
    site: ExecutionSettings, left: Sequence[tuple[RunConfig, int | None]], at_a_time: int
) -> list[float]:
    """Measure one run of each kind, say how long all take, and return the seconds of each.

    Args:
        site: where the runs are done.
        left: runs, and the epochs that each has done already.
        at_a_time: how many runs there are at a time.
    """
    kinds = {cost_key(config): config for config, _ in left}
    # As many at a time as there will be, since neighbours slow a run down; a cluster has room.
    here = 0 if site.scheduler else at_a_time
    repeated = [list(kinds)[k % len(kinds)] for k in range(max(len(kinds), here))]
    jobs = [_job(site, "measure", kinds[kind]) for kind in repeated]
    costs: dict[str, list[Cost]] = {}
    with contextlib.closing(imap_unordered(run_job, enumerate(jobs))) as answers:
        for k, answer in answers:
            if answer.found is not None:
                costs.setdefault(repeated[k], []).append(Cost(**answer.found))
            else:
                name = kinds[repeated[k]].method
                print(f"{name} could not be measured: {answer.failure}", flush=True)
    seconds = [
        max(remaining_seconds(config, cost, done) for cost in costs[cost_key(config)])
        if cost_key(config) in costs
        else _UNKNOWN
        for config, done in left
    ]
    total, longest = wall_clock(seconds, at_a_time), max(seconds)
    guess = (
        f", {format_duration(_UNKNOWN)} each for what could not" if len(costs) < len(kinds) else ""
    )
    print(
        f"about {format_duration(total)} in all, {format_duration(longest)} the longest run{guess}",
        flush=True,
    )
    return seconds


def execute_runs(
    site: ExecutionSettings, configs: Sequence[RunConfig], seconds: Sequence[float]
) -> tuple[int, int]:
    """Do runs, telling of each as it ends; returns how many failed, and how many are not ours.

    A run that fails has its reason written into its folder, and leaves the others alone; one that
    another process does already is left to it.

    Args:
        site: where the runs are done.
        configs: the runs.
        seconds: how long each is expected to take.
    """
    failures = busy = 0
    with made_folder(site.out), sentinel_file(site.out) as wanted:
        jobs = [_job(site, "run", config, wanted) for config in configs]
        with (
            contextlib.closing(imap_unordered(run_job, enumerate(jobs))) as answers,
            SweepProgress(seconds) as progress,
        ):
            for k, answer in answers:
                path = site.out / folder_name(configs[k])
                failed = answer.failure is not None
                if answer.busy:  # what comes of it, the other process tells
                    busy += 1
                else:
                    failures += failed
                    _record(path, configs[k], answer)
                end = "left alone" if answer.busy else "failed" if failed else "finished"
                how = f"{end} after {format_duration(answer.seconds)}"
                line = f"{path.name} {how}"
                progress.update(k, f"{line}: {answer.failure}" if failed else line, failed)
    return failures, busy


def _job(
    site: ExecutionSettings,
    kind: Literal["run", "measure"],
    config: RunConfig,
    wanted: str | None = None,
) -> Job:
    return Job(
        kind,
        to_dict(config),
        str(site.out.absolute()),
        site.device,
        site.threads,
        str(site.cache.absolute()) if site.cache else None,
        wanted,
        None if site.scheduler else os.getpid(),
    )


@contextlib.contextmanager
def sentinel_file(out: Path) -> Iterator[str]:
    """A file beside the runs while they are wanted: workers elsewhere see when it goes.

    It is locked, which tells it from one that a killed sweep left and that is taken away here.
    """
    for path in out.glob(f"{_WANTED}*"):
        with contextlib.suppress(Busy, OSError), locked(path, patience=0.0):
            pass
    path = out / f"{_WANTED}{secrets.token_hex(4)}"
    path.touch()
    try:
        with locked(path):
            yield str(path.absolute())
    finally:
        path.unlink(missing_ok=True)


def _record(path: Path, config: RunConfig, answer: JobResult) -> None:
    """Write why a run failed into its folder, or take an earlier reason away."""
    if answer.failure is None:
        (path / FAILURE).unlink(missing_ok=True)
        return
    path.mkdir(exist_ok=True)
    content = {"reason": answer.failure, "log": answer.log, "config": to_dict(config)}
    RunFolder(path).write_json(FAILURE, content)
