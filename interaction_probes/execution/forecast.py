"""Forecast of a run's time, memory and FLOPs, printed by ``--plan`` and before a long run.

A few training steps and one probing are measured (estimate.py) in processes like those of the runs,
with as many in parallel. Whether a run is long follows from the number of pixels that it trains on,
which needs no measurement, so that a short run starts at once.
"""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from interaction_probes.contrast.method import Method
from interaction_probes.experiment.runner import folder_name
from interaction_probes.runtime import distributed
from interaction_probes.runtime.devices import Resources
from interaction_probes.settings.config import RunConfig, to_dict
from interaction_probes.settings.registry import find_method
from interaction_probes.storage.reuse import to_do
from interaction_probes.storage.run_folder import state_of

from .backends import imap_unordered, worker_pool
from .estimate import Cost, format_duration, remaining_seconds, remaining_steps, wall_clock
from .worker import Job, run_job

#: A run that trains on at least so many pixels of views is long. The quick preset has 0.6e9; one
#: epoch at the paper's scale has 2.0e9.
LONG_RUN_PIXELS = 2e9
_GPU_RATES = (10, 100)  # TFLOP/s that a small and a large GPU may sustain; an H200 sustained 91

#: Config of an unfinished run and its number of finished epochs (None: not started).
PendingRun = tuple[RunConfig, int | None]


def view_pixels(config: RunConfig, method: type[Method]) -> float:
    """Pixels of all augmented views that a run trains on; 0 without a loss, and of other data."""
    if not method.terms or config.data.path or config.kind == "vectors":  # no pixels to count
        return 0.0
    views = config.n_pairs * config.modalities * method.n_views
    return float(config.optim.epochs) * views * config.model.size**2


def print_forecast(
    configs: Sequence[RunConfig],
    out: Path,
    resources: Resources,
    cache: Path | None = None,
    always: bool = False,
) -> None:
    """Measure and print the cost of the unfinished runs if one of them is long.

    Args:
        configs: the runs of a command, which cost the same: they differ in seed or design.
        out: folder of the run folders.
        resources: device, threads and parallel runs.
        cache: folder of rendered images.
        always: also for short runs; an error is then raised, not printed.

    Raises:
        ValueError: `always` is set under torchrun, or for a run that fails.
    """
    if distributed.launched_by_torchrun():
        if always:
            raise ValueError("--plan needs a single process: start it without torchrun")
        return
    long = any(
        view_pixels(config, find_method(config.method)) >= LONG_RUN_PIXELS for config in configs
    )
    if not (long or always):
        return
    states = [state_of(out / folder_name(config)) for config in configs]
    pending = to_do(configs, states, out)
    if not pending:
        if always:
            print("nothing is left to do: every run is finished")
        return
    print("measuring a few steps and one probing …", flush=True)
    try:
        cost = measure_runs([config for config, _ in pending], out, resources, cache)
    except ValueError as error:
        if always:
            raise
        print(f"no forecast: {error}", flush=True)  # the run itself will fail with it
        return
    print("\n".join(forecast_lines(pending, cost, resources)), flush=True)


def measure_runs(
    configs: Sequence[RunConfig], out: Path, resources: Resources, cache: Path | None = None
) -> Cost:
    """Measure runs in parallel; returns the maximum of each number over the runs.

    Raises:
        ValueError: a run could not be measured.
    """
    jobs = [
        Job(
            "measure",
            to_dict(config),
            str(out.absolute()),
            str(resources.device),
            resources.threads,
            str(cache.absolute()) if cache else None,
            parent_pid=os.getpid(),
        )
        for config in configs[: resources.processes]
    ]
    costs = []
    with (
        worker_pool(len(jobs)),
        contextlib.closing(imap_unordered(run_job, enumerate(jobs))) as results,
    ):
        for _, result in results:
            if result.cost is None:
                raise ValueError(result.failure)
            costs.append(result.cost)
    return Cost(**{name: max(cost[name] for cost in costs) for name in costs[0]})


def forecast_lines(pending: Sequence[PendingRun], cost: Cost, resources: Resources) -> list[str]:
    """The forecast of runs with the same cost, line by line."""
    n_parallel = min(resources.processes, len(pending))
    seconds = [remaining_seconds(config, cost, finished) for config, finished in pending]
    steps = 0
    if cost.step:
        steps = sum(remaining_steps(config, finished) for config, finished in pending)
    in_parallel = f", {n_parallel} at a time" if n_parallel > 1 else ""
    lines = [
        f"forecast of {len(pending)} run{'s' if len(pending) > 1 else ''}{in_parallel}, measured "
        "on this machine now:",
        f"  time        about {format_duration(wall_clock(seconds, n_parallel))} "
        f"({steps:,} steps of {cost.step:.2f} s, a probing {format_duration(cost.probing)})",
        f"  parameters  {cost.parameters:,.0f} per run",
    ]
    if cost.memory:
        lines.append(
            f"  memory      {cost.memory / 1e9:.1f} GB per run (measured peak), "
            f"{n_parallel * cost.memory / 1e9:.1f} GB in all"
        )
    if cost.gpu_memory:
        lines.append(f"  GPU memory  {cost.gpu_memory / 1e9:.1f} GB")
    if cost.operations and cost.step:
        work = steps * cost.operations / 1e12
        rate = n_parallel * cost.operations / 1e12 / cost.step
        lines.append(
            f"  arithmetic  {work:,.0f} TFLOP of training; this machine does {rate:.2g} TFLOP/s"
        )
        if resources.device.type == "cpu":
            times = [f"{format_duration(work / gpu)} at {gpu} TFLOP/s" for gpu in _GPU_RATES]
            lines.append(
                f"  on a GPU    {', '.join(times)} sustained: computed, not measured, and without "
                "the probings"
            )
    return lines
