"""Measured curves of cost against size: seconds and peak memory, and how they grow.

Run with ``python benchmarks/growth.py --out growth.csv`` on an otherwise idle machine, some five
minutes on one core; ``--scale smoke`` is for trying the command, its numbers mean nothing. Each
point is measured in a fresh process, in the surroundings that runs have. The table has a row per
point: what (a cost by a size), value (of the size), seconds, peak_mb (how far the process grew
while it worked, in MB of a million bytes), threads, version. Printed with each curve is its
exponent k, cost ∝ size^k over the upper half of its points: 1 is linear. ``python -m
interaction_probes.figures growth growth.csv -o FILE`` draws it.

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
from growing import CURVES, SCALES, many_runs, measured
from ratios import versions

from interaction_probes.common.cli import friendly_errors
from interaction_probes.figures.growth import exponent
from interaction_probes.runtime.process_env import additions

COLUMNS = ("what", "value", "seconds", "peak_mb", "threads", "version")
Point = dict[str, str | float]


def measure(arguments: argparse.Namespace, what: str, value: int, runs: Path) -> Point:
    """A point of a curve, from a process of its own.

    Raises:
        ValueError: the process failed.
    """
    words = ["--scale", arguments.scale, "--threads", str(arguments.threads)]
    words += ["--one", what, str(value), str(runs)]
    environment = {**os.environ, **additions(arguments.threads)}
    done = subprocess.run(
        [sys.executable, __file__, *words],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ValueError(f"{what} {value} could not be measured")
    found: Point = json.loads(done.stdout.splitlines()[-1])
    return {"what": what, "value": value, **found}


def curve(arguments: argparse.Namespace, what: str, root: Path) -> list[Point]:
    """Measure and print a curve, its smallest point first."""
    points = []
    for value in SCALES[arguments.scale].sizes[what]:
        if CURVES[what].reads_runs:
            many_runs(root, value)
        points.append(measure(arguments, what, value, root))
        seconds, peak = points[-1]["seconds"], points[-1]["peak_mb"]
        print(f"{what:<26}{value:>8}{seconds:>11.4g} s{peak:>9.1f} MB", flush=True)
    value, seconds, peak = (
        np.array([point[name] for point in points], dtype=float)
        for name in ("value", "seconds", "peak_mb")
    )
    print(f"{what:<26}exponent {exponent(value, seconds):.2f}, {exponent(value, peak):.2f}\n")
    return points


def main() -> None:
    """Measure every curve and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("growth.csv"))
    parser.add_argument("--scale", choices=list(SCALES), default="quick")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=list(CURVES), nargs="+", default=list(CURVES))
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.threads < 1:
        parser.error(f"at least 1 thread measures, not {arguments.threads}")
    if arguments.one:
        what, value, runs = arguments.one
        torch.set_num_threads(arguments.threads)
        print(json.dumps(measured(what, SCALES[arguments.scale], int(value), Path(runs))))
        return
    with friendly_errors(), tempfile.TemporaryDirectory() as root:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        with arguments.out.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            made = {"threads": arguments.threads, "version": versions().rpartition(", ")[0]}
            for what in arguments.only:  # a curve that was measured is kept, whatever comes after
                writer.writerows({**point, **made} for point in curve(arguments, what, Path(root)))
                file.flush()
        print(arguments.out)


if __name__ == "__main__":
    main()
