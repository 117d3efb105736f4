import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from interaction_probes.presets import PRESETS

# Made importable by name, as a user's own method would be, also in processes that runs start.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def one_thread():
    """Sums in one order, whatever the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def smoke_config():
    """A run of seconds, in float32 so that it is the same on every machine."""
    preset = PRESETS["smoke"]
    return replace(
        preset,
        method="tiny_method:Tiny",
        images=replace(preset.images, renders=1),
        n_pairs=100,
        optim=replace(preset.optim, precision="fp32"),
        probe=replace(preset.probe, strengths=(1e-1, 1e-3)),
    )


@pytest.fixture
def smoke(smoke_config):
    """The same, by a short name."""
    return smoke_config
