"""When the unimodal term alone gives synergy: one thing of the quick preset changed at a time.

Run with ``python benchmarks/unimodal.py [options of interaction_probes.sweep]``; the options go to
every sweep, as in study.py. CoMM with ``joint=0`` learns from biased pairs, three seeds an arm;
docs/unimodal-synergy.md reads the table that ``interaction_probes.collect`` makes of the runs.
"""

from sweeps import do

#: arm → what differs from the quick preset.
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
    return f"--method comm --weights joint=0 --pairs biased --seed 0 1 2 {ARMS[arm]}"


if __name__ == "__main__":
    do({arm: sweep_of(arm) for arm in ARMS})
