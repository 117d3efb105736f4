"""The committed study, as sweeps: all methods, CoMM's ablations, strengths of both constraints.

Run with ``python benchmarks/study.py [options of interaction_probes.sweep]``; the options go to
every sweep: ``--plan`` says how long each takes on this machine and stops, ``--print-commands``
prints the runs for a cluster, ``--out FOLDER`` and ``--scheduler ADDRESS`` say where. Sweeps share
their runs: what one has finished, another skips. ``make study`` does them all and collects:
109 runs, some five hours on two CPU cores as reckoned from single runs; ``--plan`` estimates it on
yours.
"""

import shlex
import sys

from interaction_probes.sweep import main as sweep

STUDY = {
    "methods": "--method comm clip cross_self factorcl --seed 0 1 2 3 4",
    "further methods": "--method simclr infmasking supervised random_init pixels --seed 0 1 2",
    "ablations": "--method comm --seed 0 1 2 3 4 --weights unimodal=0 joint=0",
    "mapping": "--method comm clip --seed 0 1 --mapping-strength 0 0.25 0.5 0.75 1",
    "redundancy": "--method comm clip --seed 0 1 --shared-strength 0 0.25 0.5 0.75 1 "
    "--pairs unbiased",
}


def main() -> None:
    """Do the sweeps one after another; a failed run stops none of them."""
    failed = False
    for name, line in STUDY.items():
        words = [*shlex.split(line), *sys.argv[1:]]
        print(f"# {name}: python -m interaction_probes.sweep {shlex.join(words)}", file=sys.stderr)
        try:
            sweep(words)
        except SystemExit as stop:
            if stop.code != 1:  # a mistake in the options, or Ctrl-C
                raise
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
