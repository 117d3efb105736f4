import shutil
from dataclasses import replace

import pytest
import torch

from interaction_probes.experiment.runner import run
from interaction_probes.settings.probe_config import ProbeConfig


@pytest.fixture(scope="session")
def smoke_config(tiny_config):
    """A run of seconds."""
    return replace(tiny_config, probe=replace(tiny_config.probe, strengths=(1e-1, 1e-3)))


@pytest.fixture
def smoke(smoke_config):
    """The same, by a short name."""
    return smoke_config


@pytest.fixture
def brief(smoke_config):
    """The same with the least probing."""
    return replace(smoke_config, probe=ProbeConfig(every=2, strengths=(0.1,)))


@pytest.fixture(scope="session")
def whole(tmp_path_factory, smoke_config):
    """A run that nothing interrupted; tests that change its folder take a copy."""
    return run(smoke_config, tmp_path_factory.mktemp("whole"), torch.device("cpu"))


@pytest.fixture
def copied(whole, tmp_path):
    """A folder of runs that holds a copy of the whole one."""
    shutil.copytree(whole.path, tmp_path / whole.path.name)
    return tmp_path
