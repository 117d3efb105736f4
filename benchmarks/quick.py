"""The default job over seeds: wall-clock seconds and scores, mean and range.

Run with ``python benchmarks/quick.py --out FOLDER [--seeds 0 1 2]`` on an otherwise idle machine;
it prints a table and writes ``quick.csv``, one tidy row per seed and score, into the folder.
"""

import argparse
import csv
import platform
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import torch

from interaction_probes.common.cli import friendly_errors

SCORES = (
    ("R", "unbiased", "accuracy"),
    ("U1", "unbiased", "accuracy"),
    ("U2", "unbiased", "accuracy"),
    ("S", "biased", "accuracy"),
    ("S", "biased", "auc"),
    ("S", "biased", "bits"),
)


def run_seed(seed: int, out: Path) -> dict[str, float]:
    """Seconds and scores of one fresh run of the default job.

    Raises:
        ValueError: a folder with runs in it, which would be skipped, or a run that failed.
    """
    folder = out / f"seed-{seed}"
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty: a run that is there would not be timed anew")
    command = [sys.executable, "-m", "interaction_probes.run", "--seed", str(seed)]
    started = time.perf_counter()
    if subprocess.run([*command, "--out", str(folder)]).returncode:
        raise ValueError(f"the run of seed {seed} failed")
    found = {"seconds": time.perf_counter() - started}
    metrics = pd.concat([pd.read_csv(path) for path in folder.glob("*/metrics.csv")])
    last = metrics[(metrics["epoch"] == metrics["epoch"].max()) & (metrics["probe"] == "linear")]
    for task, pairs, metric in SCORES:
        rows = last[(last["task"] == task) & (last["pairs"] == pairs) & (last["metric"] == metric)]
        found[f"{task} {metric}"] = rows["value"].item()
    found["U accuracy"] = (found["U1 accuracy"] + found["U2 accuracy"]) / 2
    return found


def main() -> None:
    """Run the seeds one after another and print mean and range."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments = parser.parse_args()
    with friendly_errors():
        by_seed = {seed: run_seed(seed, arguments.out) for seed in arguments.seeds}
    with (arguments.out / "quick.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["seed", "score", "value"])
        for seed, found in by_seed.items():
            writer.writerows([seed, name, value] for name, value in found.items())
    table = pd.DataFrame(by_seed).T
    print(
        f"\npython {platform.python_version()}, torch {torch.__version__}, n = {len(table)} seeds"
    )
    for name in table:
        column = table[name]
        print(
            f"{name:<12} mean {column.mean():8.3f}  range {column.min():.3f} to {column.max():.3f}"
        )


if __name__ == "__main__":
    main()
