"""Training cost of every method relative to CoMM: seconds per step and per epoch, peak memory.

Run with ``python benchmarks/speed/methods.py --out FOLDER [--preset quick] [--steps 30]`` on an
otherwise idle machine. Each method trains in a fresh process, one after another, on the same pairs;
the command prints a table and writes ``methods.csv`` into the folder. Methods without a loss, and
those of three images and more, are left out.

Every method has the settings that the preset has for it. Seconds per step are the median after a
warm-up; the ratio to CoMM is that of epochs, since batches may differ. On a CPU, memory is the
growth of the process's peak while it trains; on a GPU, the peak of allocated memory.
"""

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.speed.measure import memory_growth
from interaction_probes.execution.estimate import step_seconds
from interaction_probes.experiment.evaluation.representations import pixels
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.runtime.memory import peak_memory
from interaction_probes.runtime.precision import full_float32
from interaction_probes.runtime.process_env import run_environment
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method, methods_for
from interaction_probes.storage.provenance import processor
from trifeature import generate

COLUMNS = (
    "method",
    "preset",
    "device",
    "processor",
    "threads",
    "steps",
    "seconds_per_step",
    "seconds_per_epoch",
    "peak_memory_mib",
    "time_relative_to_comm",
    "memory_relative_to_comm",
)
WARM_UP = 3  # untimed steps: the first ones also allocate and choose kernels
REFERENCE = "comm"


@full_float32()
def measure(name: str, preset: str, steps: int, device: torch.device) -> dict[str, float]:
    """Train a few steps of a method in this process and return its cost."""
    config = preset_for_method(PRESETS[preset], name)
    data = generate(config.images, config.design, config.seed, config.n_pairs)
    images = pixels(data.train.images).to(device)
    method = initialise(find_method(name), config)
    method = method.to(device, memory_format=torch.channels_last)
    before = peak_memory()
    seconds = step_seconds(method, config, data, images, steps, WARM_UP)
    if device.type == "cuda":
        memory = torch.cuda.max_memory_allocated(device) / 2**20
    else:
        memory = memory_growth(before) / 2**20
    per_step = statistics.median(seconds)
    return {
        "steps": len(seconds),
        "seconds_per_step": per_step,
        "seconds_per_epoch": per_step * (config.n_pairs // config.optim.batch),
        "peak_memory_mib": memory,
    }


def main() -> None:
    """Measure the methods one after another, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", choices=list(PRESETS), default="quick")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.steps < 1:
        parser.error(f"--steps must be at least 1, not {arguments.steps}")
    if arguments.one:
        torch.set_num_threads(arguments.threads)
        device = torch.device(arguments.device)
        print(json.dumps(measure(arguments.one, arguments.preset, arguments.steps, device)))
        return
    arguments.out.mkdir(parents=True, exist_ok=True)
    costs = {}
    for name in [name for name in methods_for(2) if find_method(name).terms]:
        command = [sys.executable, __file__, *sys.argv[1:], "--one", name]
        environment = {**os.environ, **run_environment(arguments.threads)}
        process = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
        if process.returncode:
            sys.exit(f"{name} could not be measured")
        costs[name] = json.loads(process.stdout)
        print(f"{name}: {costs[name]['seconds_per_step']:.3f} s per step", flush=True)
    reference = costs[REFERENCE]
    with (arguments.out / "methods.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for name, cost in costs.items():
            cost["time_relative_to_comm"] = (
                cost["seconds_per_epoch"] / reference["seconds_per_epoch"]
            )
            cost["memory_relative_to_comm"] = cost["peak_memory_mib"] / reference["peak_memory_mib"]
            identity = {"method": name, "preset": arguments.preset, "device": arguments.device}
            identity["processor"] = processor()
            writer.writerow({**identity, "threads": arguments.threads, **cost})
    print(f"\npython {platform.python_version()}, torch {torch.__version__}, {arguments.device}")
    print(processor())
    print(f"{'method':<12}{'s / step':>10}{'s / epoch':>11}{'MiB':>8}{'time':>7}{'memory':>8}")
    for name, cost in costs.items():
        print(
            f"{name:<12}{cost['seconds_per_step']:>10.3f}{cost['seconds_per_epoch']:>11.1f}"
            f"{cost['peak_memory_mib']:>8.0f}{cost['time_relative_to_comm']:>6.2f}×"
            f"{cost['memory_relative_to_comm']:>7.2f}×"
        )


if __name__ == "__main__":
    main()
