"""The committed study, as sweeps: all methods, CoMM's ablations, strengths of both constraints.

Run with ``python benchmarks/experiments/study.py [options of interaction_probes.sweep]``. The
options go to every sweep: ``--plan`` estimates the time of each on this machine and stops,
``--print-commands`` prints a command per run for a cluster, ``--out FOLDER`` and ``--scheduler
ADDRESS`` choose where runs are saved and executed. Sweeps share runs: a run that one sweep has
finished is skipped by the others. ``make study`` runs them all and collects the table: 113 runs,
about an hour on two CPU cores with AVX512-BF16.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.experiments.sweeps import run_sweeps

_MAPPING = "--mapping-strength 0 0.25 0.5 0.75 1"
_SHARING = "--shared-strength 0 0.25 0.5 0.75 1 --pairs unbiased"
STUDY = {
    "methods": "--method comm infmasking cross_self factorcl --seed 35 36 37 38 39",
    # on other seeds, since what another setting of CLIP read on those prompted this one
    "CLIP": "--method clip --seed 40 41 42 43 44",
    "ablations": "--method comm --seed 35 36 37 38 39 --weights unimodal=0 joint=0",
    "further methods": "--method simclr supervised random_init pixels --seed 35 36 37",
    "mapping, CoMM": f"--method comm --seed 35 36 {_MAPPING}",
    "mapping, CLIP": f"--method clip --seed 40 41 {_MAPPING}",
    "redundancy, CoMM": f"--method comm --seed 35 36 {_SHARING}",
    "redundancy, CLIP": f"--method clip --seed 40 41 {_SHARING}",
}

if __name__ == "__main__":
    run_sweeps(STUDY)
