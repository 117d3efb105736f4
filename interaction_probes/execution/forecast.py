"""What a long run will need, told before it starts: memory, time, arithmetic, what a GPU is worth.

Measured in the very processes that runs get, as many at a time as there will be: a few training
steps and one probing (estimate.py). A run is long by the pixels that it learns from, which are
known without measuring anything, so that a short run is not held up.
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

#: Pixels of all views from which a run is long: the quick preset has 1.3e9, one epoch at the
#: paper's scale 2.0e9.
LONG_RUN_PIXELS = 2e9
_GPU_RATES = (10, 100)  # TFLOP/s that a small GPU and a large one may keep up; an H200 kept 91
_MODALITIES = 2

#: A run that is not finished: its config, and the epochs that it has done (None: not begun).
PendingRun = tuple[RunConfig, int | None]


def view_pixels(config: RunConfig, method: type[Method]) -> float:
    """Pixels of all the augmented views that a run learns from; 0 where nothing is learnt."""
    if not method.terms:
        return 0.0
    views = config.n_pairs * _MODALITIES * method.n_views
    return float(config.optim.epochs) * views * config.model.size**2


def print_forecast(
    configs: Sequence[RunConfig],
    out: Path,
    machine: Resources,
    cache: Path | None = None,
    asked: bool = False,
) -> None:
    """Measure and print what the runs that are left need, if any is long or it was asked for.

    Args:
        configs: the runs of a command: they differ in seed or design, not in their parts.
        out: folder of the run folders.
        machine: where they are to take place.
        cache: folder of rendered images.
        asked: tell it of short runs too.

    Raises:
        ValueError: asked for where torchrun started several processes, or of runs that fail.
    """
    if distributed.launched_by_torchrun():
        if asked:
            raise ValueError("a plan is made by one process alone: start it without torchrun")
        return
    long = any(
        view_pixels(config, find_method(config.method)) >= LONG_RUN_PIXELS for config in configs
    )
    if not (long or asked):
        return
    states = [state_of(out / folder_name(config)) for config in configs]
    left = to_do(configs, states, out)
    if not left:
        if asked:
            print("nothing is left to do: every run is finished")
        return
    print("measuring a few steps and one probing …", flush=True)
    try:
        cost = measure_runs([config for config, _ in left], out, machine, cache)
    except ValueError as error:
        if asked:
            raise
        print(f"no forecast: {error}", flush=True)  # the runs themselves will say it
        return
    print("\n".join(forecast_lines(left, cost, machine)), flush=True)


def measure_runs(
    configs: Sequence[RunConfig], out: Path, machine: Resources, cache: Path | None = None
) -> Cost:
    """What the parts of runs cost side by side; of each number the greatest.

    Raises:
        ValueError: why one could not be measured.
    """
    jobs = [
        Job(
            "measure",
            to_dict(config),
            str(out.absolute()),
            str(machine.device),
            machine.threads,
            str(cache.absolute()) if cache else None,
            sweep=os.getpid(),
        )
        for config in configs[: machine.processes]
    ]
    found = []
    with (
        worker_pool(len(jobs)),
        contextlib.closing(imap_unordered(run_job, enumerate(jobs))) as answers,
    ):
        for _, answer in answers:
            if answer.found is None:
                raise ValueError(answer.failure)
            found.append(answer.found)
    return Cost(**{name: max(each[name] for each in found) for name in found[0]})


def forecast_lines(left: Sequence[PendingRun], cost: Cost, machine: Resources) -> list[str]:
    """The forecast of runs whose parts cost the same, line by line."""
    at_a_time = min(machine.processes, len(left))
    seconds = [remaining_seconds(config, cost, done) for config, done in left]
    steps = sum(remaining_steps(config, done) for config, done in left) if cost.step else 0
    side_by_side = f", {at_a_time} at a time" if at_a_time > 1 else ""
    lines = [
        f"forecast of {len(left)} run{'s' if len(left) > 1 else ''}{side_by_side}, from what was "
        "measured here just now:",
        f"  time        about {format_duration(wall_clock(seconds, at_a_time))} "
        f"({steps:,} steps of {cost.step:.2f} s, a probing {format_duration(cost.probing)})",
        f"  parameters  {cost.parameters:,.0f} per run",
    ]
    if cost.memory:
        lines.append(
            f"  memory      {cost.memory / 1e9:.1f} GB per run at the peak of what was measured, "
            f"{at_a_time * cost.memory / 1e9:.1f} GB in all"
        )
    if cost.gpu_memory:
        lines.append(f"  GPU memory  {cost.gpu_memory / 1e9:.1f} GB")
    if cost.operations and cost.step:
        work = steps * cost.operations / 1e12
        rate = at_a_time * cost.operations / 1e12 / cost.step
        lines.append(
            f"  arithmetic  {work:,.0f} TFLOP of training; this machine does {rate:.2g} TFLOP/s"
        )
        if machine.device.type == "cpu":
            times = [f"{format_duration(work / kept)} at {kept} TFLOP/s" for kept in _GPU_RATES]
            lines.append(
                f"  on a GPU    {', '.join(times)} kept up: computed, not measured; probings come "
                "on top"
            )
    return lines
