import pytest
from launched_here import launch_here
from quick_figures import without_rendering


@pytest.fixture
def here(monkeypatch):
    """Runs are executed in this process, and their curves are made but not rendered."""
    launch_here(monkeypatch)
    without_rendering(monkeypatch)
