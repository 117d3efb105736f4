from dataclasses import replace

import pytest
import torch

from interaction_probes.experiment.runner import run


@pytest.fixture(scope="session")
def config(tiny_config):
    """A run of a second or so."""
    probe = replace(tiny_config.probe, strengths=(0.1,), every=2, controls=())
    return replace(tiny_config, probe=probe)


@pytest.fixture(scope="session")
def whole(config, tmp_path_factory):
    """A run that nothing disturbed."""
    return run(config, tmp_path_factory.mktemp("whole"), torch.device("cpu"))
