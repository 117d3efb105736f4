"""The short form of ``python -m tests.faults``; docs/faults.md has the figures of a long one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="sessions are read in /proc")


@pytest.mark.slow
def test_what_was_killed_or_stopped_ends_as_if_it_had_not_been():
    words = ["--kills", "3", "--stops", "3", "--epochs", "2", "--forked"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", *words],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert sum(line.endswith("; equal") for line in lines) == 6, done.stdout
    for signal in ("SIGINT", "SIGTERM", "SIGKILL"):
        assert any(line.startswith(f"{signal} to the command: 1 times") for line in lines) or any(
            line.startswith(f"{signal} at") for line in lines
        )
