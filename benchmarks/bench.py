"""A table of ratios: seconds of each part of the toolkit, of a plain form of it, of the machine.

Run with ``python benchmarks/bench.py [--out bench.csv] [--threads 1] [--small]`` or ``make
bench`` on an otherwise idle machine; it takes many minutes, most of them for the plain forms at
the paper's scale, and ``--small`` some seconds, whose ratios mean nothing. Columns: seconds here;
seconds of the plain form, which stands in ``plain_*.py`` as a textbook has it; how many times
longer that takes; seconds of the methods' public research code, constants noted on this class of
machine and not measured by this command; the share of the rate that one large matrix product of
the same precision reaches here.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import torch
from ratios import HEADER, Row, show, versions, write
from rows import (
    PUBLIC_VIEWS,
    Scale,
    epoch_row,
    generator_row,
    probing_row,
    step_rows,
    views_row,
)

from interaction_probes.common.cli import friendly_errors
from interaction_probes.runtime.process_env import additions
from interaction_probes.settings.presets import PRESETS
from trifeature import QUICK, Geometry, generate

FULL = Scale(PRESETS["paper"], QUICK)
SMALL = Scale(
    replace(
        PRESETS["smoke"],
        n_pairs=100,
        images=replace(PRESETS["smoke"].images, renders=1),
        probe=replace(PRESETS["smoke"].probe, strengths=(1e-1, 1e-3)),
    ),
    Geometry(image=24, shape=16, period=5),
    rendered=2,
    viewed=4,
    encoded=4,
    steps=1,
    passes=50,
    matrix=128,
    public=False,
)


def measure(scale: Scale) -> list[Row]:
    """Measure and print row after row."""
    rows: list[Row] = []

    def add(*found: Row) -> Row:
        for row in found:
            print(show(row), flush=True)
        rows.extend(found)
        return found[-1]

    config = scale.config
    n = 2 * 2 * config.optim.batch  # two views of two images
    add(generator_row(scale))
    add(views_row(scale, scale.small, n, None))
    public = PUBLIC_VIEWS if scale.public else None
    views = add(views_row(scale, config.images.geometry, n, public))
    step = add(*step_rows(scale))
    data = generate(config.images, config.design, config.seed, config.n_pairs)
    probing = add(probing_row(scale, data))
    add(epoch_row(scale, data, views, step, probing))
    return rows


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench.csv"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.threads < 1:
        parser.error(f"at least 1 thread measures, not {arguments.threads}")
    if not arguments.inside:  # in the surroundings that runs have, which are set at the start
        command = [sys.executable, __file__, *sys.argv[1:], "--inside"]
        environment = {**os.environ, **additions(arguments.threads)}
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    with friendly_errors():
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(arguments.threads)
        torch.manual_seed(0)
        print(f"{versions()}\n{HEADER}", flush=True)
        write(measure(SMALL if arguments.small else FULL), arguments.out)
        print(f"{arguments.out}")


if __name__ == "__main__":
    main()
