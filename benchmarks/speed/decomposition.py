"""Seconds and peak memory of the decomposition (`trifeature.decompose`) on random dense tables.

Seconds of the clock and of the processor, which other processes on the machine change less.

Run with ``python benchmarks/speed/decomposition.py``. Each size has a process of its own. ``--spiky
N`` decomposes N small tables whose entries span thirteen orders of magnitude, with zeros, in both
orders of the sources: how many do not converge, and the largest difference between the orders.
"""

import argparse
import multiprocessing
import platform
import resource
import time

import numpy as np

from trifeature import decompose

#: Values of x1, x2 and y.
SIZES = ((10, 10, 10), (25, 25, 25), (30, 30, 100), (63, 63, 10), (10, 10, 1000))


def dense_table(shape: tuple[int, int, int]) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak memory in MB of one dense table, the second of two."""
    rng = np.random.default_rng(0)
    decompose(rng.dirichlet(np.ones(8)).reshape(2, 2, 2))  # imports what it needs
    table = rng.dirichlet(np.ones(np.prod(shape))).reshape(shape)
    started, used = time.perf_counter(), time.process_time()
    decompose(table)
    used = time.process_time() - used
    seconds = time.perf_counter() - started
    return seconds, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def spiky_table(rng: np.random.Generator) -> np.ndarray:
    """A table of 2 to 5 values each, entries from 1e-13 to 1, some or most of them 0."""
    shape = tuple(rng.integers(2, 6, 3))
    table: np.ndarray = 10 ** rng.uniform(-13, 0, shape)
    table[rng.random(shape) < rng.choice([0, 0.3, 0.6, 0.85])] = 0
    return table


def spiky_tables(number: int, seed: int) -> None:
    """Print how the decompositions of spiky tables end."""
    rng = np.random.default_rng(seed)
    failed, gap, done = 0, 0.0, 0
    started = time.perf_counter()
    while done < number:
        table = spiky_table(rng)
        if not table.any():
            continue
        done += 1
        try:
            one, other = decompose(table), decompose(table.transpose(1, 0, 2))
        except ArithmeticError:
            failed += 1
            continue
        gap = max(gap, abs(one.redundancy - other.redundancy), abs(one.synergy - other.synergy))
    print(
        f"{number} spiky tables, seed {seed}: {failed} do not converge, the orders of the sources "
        f"differ by {gap:.1e} bits at most, {time.perf_counter() - started:.0f} s"
    )


def main() -> None:
    """Print a line per size, or one of spiky tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spiky", type=int, metavar="N", help="decompose N spiky tables instead")
    parser.add_argument("--seed", type=int, default=0, help="of the spiky tables")
    options = parser.parse_args()
    print(f"python {platform.python_version()}, numpy {np.__version__}, one thread")
    if options.spiky is not None:
        spiky_tables(options.spiky, options.seed)
        return
    for shape in SIZES:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            seconds, used, memory = pool.apply(dense_table, (shape,))
        name = " x ".join(map(str, shape))
        print(f"{name:<14} {seconds:6.2f} s  {used:6.2f} s of the processor  {memory:5.0f} MB")


if __name__ == "__main__":
    main()
