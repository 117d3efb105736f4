import os

import pytest

from interaction_probes.runtime import busy_cores as module
from interaction_probes.runtime.busy_cores import busy_cores

STAT = """cpu  9 9 9 9 9 9 9 9 0 0
cpu0 {busy} 0 0 {idle} 0 0 0 0 0 0
cpu1 0 0 0 {other} {waiting} 0 0 0 0 0
cpu2 {busy} 0 0 0 0 0 0 0 0 0
intr 1
"""


@pytest.fixture
def stat(tmp_path, monkeypatch):
    """The kernel's table, in which a moment of ten ticks passes while one sleeps."""
    path = tmp_path / "stat"
    path.write_text(STAT.format(busy=100, idle=50, other=70, waiting=3))
    later = STAT.format(busy=108, idle=52, other=78, waiting=5)
    monkeypatch.setattr(module, "_STAT", path)
    monkeypatch.setattr(module.time, "sleep", lambda seconds: path.write_text(later))
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)
    return path


@pytest.mark.usefixtures("stat")
def test_busy_ticks_of_the_allowed_cores_are_counted():
    assert busy_cores() == (pytest.approx(0.8), 2)


def test_a_system_that_does_not_tell_is_no_mistake(stat):
    stat.unlink()
    assert busy_cores() is None
