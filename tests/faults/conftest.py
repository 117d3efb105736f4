import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from interaction_probes.experiment import run
from interaction_probes.presets import PRESETS

sys.path.insert(0, str(Path(__file__).parents[1] / "interaction_probes"))  # its tiny method


@pytest.fixture(scope="session")
def config():
    """A run of a second or so."""
    preset = PRESETS["smoke"]
    return replace(
        preset,
        method="tiny_method:Tiny",
        images=replace(preset.images, renders=1),
        n_pairs=100,
        optim=replace(preset.optim, precision="fp32"),
        probe=replace(preset.probe, strengths=(0.1,), every=2, controls=()),
    )


@pytest.fixture(scope="session")
def whole(config, tmp_path_factory):
    """A run that nothing disturbed."""
    return run(config, tmp_path_factory.mktemp("whole"), torch.device("cpu"))
