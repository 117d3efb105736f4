"""The methods since CoMM beside CoMM, as sweeps: five seeds that no choice saw, two more controls.

Run with ``python benchmarks/experiments/since_comm.py --out FOLDER [further options of
interaction_probes.sweep]``; the options go to every sweep, as in study.py. CoMM's runs are those of
the study: with its folder they are not trained again. ``interaction_probes.collect`` makes the
table, results/quick/since_comm.csv.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.experiments.sweeps import run_sweeps

_METHODS = "--method comm hril coral decur disentangled mae"
SWEEPS = {
    "five seeds": f"{_METHODS} --seed 35 36 37 38 39",
    # what predictions use, and what representations hold of every image: of one seed
    "controls": f"{_METHODS} --seed 35 --grid probe.controls masks,shuffled,pid,factors",
}

if __name__ == "__main__":
    run_sweeps(SWEEPS)
