import sys
from dataclasses import replace
from pathlib import Path

import pytest

# Made importable by name, as a user's own method would be, also in processes that runs start.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def smoke_config(tiny_config):
    """A run of seconds."""
    return replace(tiny_config, probe=replace(tiny_config.probe, strengths=(1e-1, 1e-3)))


@pytest.fixture
def smoke(smoke_config):
    """The same, by a short name."""
    return smoke_config
