"""The committed study, as sweeps: all methods, CoMM's ablations, strengths of both constraints.

Run with ``python benchmarks/study.py [options of interaction_probes.sweep]``; the options go to
every sweep: ``--plan`` says how long each takes on this machine and stops, ``--print-commands``
prints the runs for a cluster, ``--out FOLDER`` and ``--scheduler ADDRESS`` say where. Sweeps share
their runs: what one has finished, another skips. ``make study`` does them all and collects:
109 runs, some five hours on two CPU cores with AMX and some seventeen on two without, as reckoned
from single runs; ``--plan`` estimates it on yours.
"""

from sweeps import do

STUDY = {
    "methods": "--method comm clip cross_self factorcl --seed 0 1 2 3 4",
    "further methods": "--method simclr infmasking supervised random_init pixels --seed 0 1 2",
    "ablations": "--method comm --seed 0 1 2 3 4 --weights unimodal=0 joint=0",
    "mapping": "--method comm clip --seed 0 1 --mapping-strength 0 0.25 0.5 0.75 1",
    "redundancy": "--method comm clip --seed 0 1 --shared-strength 0 0.25 0.5 0.75 1 "
    "--pairs unbiased",
}

if __name__ == "__main__":
    do(STUDY)
