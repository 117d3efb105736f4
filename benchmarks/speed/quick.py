"""The default run over seeds: wall-clock seconds and scores, mean and range.

Run with ``python benchmarks/speed/quick.py --out FOLDER [--seeds 0 1 2]`` on an otherwise idle
machine; it prints a table and writes ``quick.csv``, a row per seed and score, into the folder.
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
    """Start the default run with a seed; returns its seconds and scores.

    Raises:
        ValueError: the seed's folder already has runs, which would be skipped, or the run failed.
    """
    folder = out / f"seed-{seed}"
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty: finished runs in it would be skipped, not timed")
    command = [sys.executable, "-m", "interaction_probes.run", "--seed", str(seed)]
    started = time.perf_counter()
    if subprocess.run([*command, "--out", str(folder)]).returncode:
        raise ValueError(f"the run of seed {seed} failed")
    result = {"seconds": time.perf_counter() - started}
    metrics = pd.concat([pd.read_csv(path) for path in folder.glob("*/metrics.csv")])
    last = metrics[(metrics["epoch"] == metrics["epoch"].max()) & (metrics["probe"] == "linear")]
    for task, pairs, metric in SCORES:
        rows = last[(last["task"] == task) & (last["pairs"] == pairs) & (last["metric"] == metric)]
        result[f"{task} {metric}"] = rows["value"].item()
    result["U accuracy"] = (result["U1 accuracy"] + result["U2 accuracy"]) / 2
    return result


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
        for seed, result in by_seed.items():
            writer.writerows([seed, name, value] for name, value in result.items())
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
