"""Seconds to render the 2,600 images of a seed, training and test split, at both geometries.

Run with ``python benchmarks/speed/generator.py``; it prints the best and the median of several
repetitions in one process.
"""

import argparse
import os
import platform
import statistics
import time

import numpy as np

from trifeature import PAPER, QUICK, ImageDesign, generate_images

RUNS = 5


def main() -> None:
    """Print a line per geometry."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(f"python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores")
    for name, geometry in (("quick", QUICK), ("paper", PAPER)):
        seconds = []
        for seed in range(RUNS):
            started = time.perf_counter()
            train, test = generate_images(ImageDesign(geometry=geometry), seed)
            seconds.append(time.perf_counter() - started)
        print(
            f"{name:<6} {geometry.image:>3} pixels  {len(train) + len(test)} images  "
            f"best {min(seconds):.2f} s  median {statistics.median(seconds):.2f} s  n = {RUNS}"
        )


if __name__ == "__main__":
    main()
