"""Training speed beside a process that keeps one core busy, by how waiting OpenMP threads wait.

Run with ``python benchmarks/speed/busy_core.py [--preset smoke] [--threads 2] [--repeats 5]``. The
script and all that it starts run on as many cores as there are threads. Each point trains CoMM in a
fresh process: with the cores to itself, and beside a loop that keeps one core busy. The command
prints the median seconds per step of each setting over the repeats, which take turns, and the share
of the idle speed that is left beside the busy process.

A setting is a list of environment variables, ``NAME=VALUE,NAME=VALUE``: ``default`` is that of a
run, and ``spinning`` is libgomp's own. Where others use the machine, ``nice -n -15`` (as root)
gives the script and its busy process precedence over them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.speed.measure import versions
from interaction_probes.common.cli import friendly_errors
from interaction_probes.execution.estimate import step_seconds
from interaction_probes.experiment.evaluation.representations import pixels
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.runtime.process_env import run_environment
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method
from trifeature import generate

SETTINGS = ("default", "spinning")
_WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
_WARM_UP = 3  # untimed steps: the first ones also allocate and choose kernels


def seconds_per_step(preset: str, steps: int) -> float:
    """Mean seconds of CoMM's training steps in this process: a step that waits long counts."""
    config = PRESETS[preset]
    data = generate(config.images, config.design, config.seed, config.n_pairs)
    method = initialise(find_method(config.method), config)
    method = method.to(memory_format=torch.channels_last)
    images = pixels(data.train.images)
    return statistics.mean(step_seconds(method, config, data, images, steps, _WARM_UP))


def environment(setting: str, threads: int) -> dict[str, str]:
    """The environment of a measured process.

    Raises:
        ValueError: a setting of another form.
    """
    base = {name: value for name, value in os.environ.items() if name not in _WAITING}
    added: Mapping[str, str] = run_environment(threads)
    if setting == "default":
        return {**base, **added}
    base |= {name: value for name, value in added.items() if name not in _WAITING}
    if setting == "spinning":
        return base
    pairs = [part.partition("=") for part in setting.split(",")]
    if not all(name and equals for name, equals, _ in pairs):
        raise ValueError(f"a setting is default, spinning or NAME=VALUE, not {setting!r}")
    return base | {name: value for name, _, value in pairs}


def measure(arguments: argparse.Namespace, setting: str, busy: bool) -> float:
    """Seconds per step in a fresh process.

    Raises:
        ValueError: the process failed.
    """
    words = ["--preset", arguments.preset, "--steps", str(arguments.steps)]
    words += ["--threads", str(arguments.threads), "--one"]
    neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
    try:
        process = subprocess.run(
            [sys.executable, __file__, *words],
            env=environment(setting, arguments.threads),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        if neighbour is not None:
            neighbour.kill()
            neighbour.wait()
    if process.returncode:
        raise ValueError(f"{setting} could not be measured")
    return float(json.loads(process.stdout.splitlines()[-1]))


def main() -> None:
    """Measure every setting in turn, and print a row for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", choices=list(PRESETS), default="smoke")
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if min(arguments.threads, arguments.steps, arguments.repeats) < 1:
        parser.error("--threads, --steps and --repeats are 1 or more")
    if arguments.one:
        torch.set_num_threads(arguments.threads)
        print(json.dumps(seconds_per_step(arguments.preset, arguments.steps)))
        return
    with friendly_errors():
        if hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))[: arguments.threads]
            os.sched_setaffinity(0, cores)
        seconds: dict[tuple[str, bool], list[float]] = {}
        for _ in range(arguments.repeats):
            for setting in arguments.settings:
                for busy in (False, True):
                    found = measure(arguments, setting, busy)
                    seconds.setdefault((setting, busy), []).append(found)
                    print(f"{setting}, {'busy' if busy else 'idle'}: {found:.4f} s", flush=True)
        print(f"\n{versions()}\npreset {arguments.preset}, {arguments.threads} threads")
        print(f"{'setting':<30}{'idle':>10}{'busy':>10}{'speed kept':>12}")
        for setting in arguments.settings:
            idle, beside = (statistics.median(seconds[setting, busy]) for busy in (False, True))
            print(f"{setting:<30}{idle:>9.4f}s{beside:>9.4f}s{idle / beside:>12.2f}")


if __name__ == "__main__":
    main()
