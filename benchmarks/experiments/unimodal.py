"""When the unimodal term alone gives synergy: version 1 of the quick preset, a change per arm.

Run with ``python benchmarks/experiments/unimodal.py [options of interaction_probes.sweep]``; the
options go to every sweep, as in study.py. CoMM with ``joint=0`` learns from biased pairs, three
seeds per arm. ``interaction_probes.collect`` makes the table that docs/unimodal-synergy.md uses.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.experiments.sweeps import run_sweeps

#: arm → options that differ from the quick preset.
ARMS = {
    "as the preset": "",
    "no colour augmentation": "--grid views.brightness 0 --grid views.contrast 0 "
    "--grid views.grayscale_probability 0",
    "the paper's colour augmentation": "--grid views.brightness 0.4 --grid views.contrast 0.4 "
    "--grid views.saturation 0.4 --grid views.hue 0.1 --grid views.grayscale_probability 0.2",
    "the paper's crops": "--grid views.crop_scale 0.08,1.0",
    "no BatchNorm in the towers": "--grid model.encoder.norm none",
    "a lower rate": "--grid optim.lr 5e-4",
    "no BatchNorm, a lower rate": "--grid model.encoder.norm none --grid optim.lr 5e-4",
    "a constant rate": "--grid optim.schedule constant",
    "half the epochs": "--grid optim.epochs 7",
    "twice the epochs": "--grid optim.epochs 28",
    "views of 32 pixels": "--grid model.size 32 --grid probe.zoom 2.5",
    "views of 32 pixels, probed at 53": "--grid model.size 32",
    "views of 64 pixels": "--grid model.size 64 --grid probe.zoom 1.25",
}


def sweep_of(arm: str) -> str:
    """The options of an arm's sweep."""
    runs = "--preset-version 1 --method comm --weights joint=0 --pairs biased --seed 0 1 2"
    return f"{runs} {ARMS[arm]}"


if __name__ == "__main__":
    run_sweeps({arm: sweep_of(arm) for arm in ARMS})
