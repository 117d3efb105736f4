"""Measure how seconds and peak memory grow with the size of the work.

Run with ``python benchmarks/speed/growth.py --out growth.csv`` on an otherwise idle machine; it
takes some five minutes on one core. ``--scale smoke`` is for trying the command: its numbers mean
nothing. Each point is measured in a fresh process with the environment of a run. The table has a
row per point: what (the curve), value (the size), seconds, peak_mb (by how many MB of a million
bytes the peak memory of the process grew), threads, version. With each curve the command prints
its exponent k, cost ∝ size^k over the upper half of its points: 1 is linear. ``python -m
interaction_probes.figures growth growth.csv -o FILE`` draws the table.

Towers, views and widths are those of the preset that the scale is named after.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.speed.growth_curves import CURVES, WORKLOADS, many_runs, measure_point
from benchmarks.speed.measure import versions
from interaction_probes.common.cli import friendly_errors
from interaction_probes.figures.growth import exponent
from interaction_probes.runtime.process_env import run_environment

COLUMNS = ("what", "value", "seconds", "peak_mb", "threads", "version")
Point = dict[str, str | float]


def measure(arguments: argparse.Namespace, what: str, value: int, runs: Path) -> Point:
    """Measure a point of a curve in a fresh process.

    Raises:
        ValueError: the process failed.
    """
    words = ["--scale", arguments.scale, "--threads", str(arguments.threads)]
    words += ["--one", what, str(value), str(runs)]
    environment = {**os.environ, **run_environment(arguments.threads)}
    process = subprocess.run(
        [sys.executable, __file__, *words],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if process.returncode:
        raise ValueError(f"{what} {value} could not be measured")
    cost: Point = json.loads(process.stdout.splitlines()[-1])
    return {"what": what, "value": value, **cost}


def curve(arguments: argparse.Namespace, what: str, root: Path) -> list[Point]:
    """Measure and print a curve, its smallest point first."""
    points = []
    for value in WORKLOADS[arguments.scale].sizes[what]:
        if CURVES[what].reads_runs:
            many_runs(root, value)
        points.append(measure(arguments, what, value, root))
        seconds, peak = points[-1]["seconds"], points[-1]["peak_mb"]
        print(f"{what:<26}{value:>8}{seconds:>11.4g} s{peak:>9.1f} MB", flush=True)
    values, all_seconds, all_peaks = (
        np.array([point[name] for point in points], dtype=float)
        for name in ("value", "seconds", "peak_mb")
    )
    exponents = f"{exponent(values, all_seconds):.2f}, {exponent(values, all_peaks):.2f}"
    print(f"{what:<26}exponent {exponents}\n")
    return points


def main() -> None:
    """Measure every curve and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("growth.csv"))
    parser.add_argument("--scale", choices=list(WORKLOADS), default="quick")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=list(CURVES), nargs="+", default=list(CURVES))
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.threads < 1:
        parser.error(f"--threads must be at least 1, not {arguments.threads}")
    if arguments.one:
        what, value, runs = arguments.one
        torch.set_num_threads(arguments.threads)
        print(json.dumps(measure_point(what, WORKLOADS[arguments.scale], int(value), Path(runs))))
        return
    with friendly_errors(), tempfile.TemporaryDirectory() as root:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        with arguments.out.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            machine = {"threads": arguments.threads, "version": versions().rpartition(", ")[0]}
            for what in arguments.only:
                points = curve(arguments, what, Path(root))
                writer.writerows({**point, **machine} for point in points)
                file.flush()  # keeps the finished curves if a later one fails
        print(arguments.out)


if __name__ == "__main__":
    main()
