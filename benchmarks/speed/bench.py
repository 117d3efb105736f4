"""Compare each part's time with a straightforward reference and with the hardware limit.

Run with ``python benchmarks/speed/bench.py [--out bench.csv] [--threads 1] [--small]`` or ``make
bench`` on an otherwise idle machine. It takes many minutes, most of them for the reference at the
paper's scale; ``--small`` takes seconds, and its ratios mean nothing. Columns:

- seconds of the toolkit;
- seconds of the reference implementation in ``benchmarks/reference``;
- the ratio of the two;
- seconds of the methods' released research code: constants noted on this class of machine, not
  measured by this command;
- floating-point rate as a share of the rate of one large matrix product of the same precision.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.speed.cases import (
    RELEASED_VIEWS,
    Workload,
    epoch_row,
    generator_row,
    probing_row,
    step_rows,
    views_row,
)
from benchmarks.speed.measure import versions
from benchmarks.speed.ratios import HEADER, Row, format_row, write_rows
from interaction_probes.common.cli import friendly_errors
from interaction_probes.runtime.process_env import run_environment
from interaction_probes.settings.presets import PRESETS
from trifeature import QUICK, Geometry, generate

FULL = Workload(PRESETS["paper"], QUICK)
SMALL = Workload(
    replace(
        PRESETS["smoke"],
        n_pairs=100,
        images=replace(PRESETS["smoke"].images, renders=1),
        probe=replace(PRESETS["smoke"].probe, strengths=(1e-1, 1e-3)),
    ),
    Geometry(image=24, shape=16, period=5),
    n_rendered=2,
    n_views=4,
    n_encoded=4,
    steps=1,
    max_iter=50,
    matrix=128,
    released=False,
)


def measure(workload: Workload) -> list[Row]:
    """Measure and print row after row."""
    rows: list[Row] = []

    def add(*measured: Row) -> Row:
        for row in measured:
            print(format_row(row), flush=True)
        rows.extend(measured)
        return measured[-1]

    config = workload.config
    n = 2 * 2 * config.optim.batch  # two views of two images
    add(generator_row(workload))
    add(views_row(workload, workload.small, n, None))
    released = RELEASED_VIEWS if workload.released else None
    views = add(views_row(workload, config.images.geometry, n, released))
    step = add(*step_rows(workload))
    data = generate(config.images, config.design, config.seed, config.n_pairs)
    probing = add(probing_row(workload, data))
    add(epoch_row(workload, data, views, step, probing))
    return rows


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("bench.csv"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.threads < 1:
        parser.error(f"--threads must be at least 1, not {arguments.threads}")
    if not arguments.inside:  # with the environment of a run, which Python reads at its start
        command = [sys.executable, __file__, *sys.argv[1:], "--inside"]
        environment = {**os.environ, **run_environment(arguments.threads)}
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    with friendly_errors():
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(arguments.threads)
        torch.manual_seed(0)
        print(f"{versions()}\n{HEADER}", flush=True)
        write_rows(measure(SMALL if arguments.small else FULL), arguments.out)
        print(f"{arguments.out}")


if __name__ == "__main__":
    main()
