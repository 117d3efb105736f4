"""The benchmarks are scripts and not installed: tests import them from the root."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture
def script(monkeypatch, capsys) -> Callable[..., tuple[str, str]]:
    """Runs a script's command line in this process; returns its stdout and stderr."""

    def run(module: ModuleType, *words: object) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", [str(module.__file__), *map(str, words)])
        module.main()
        return capsys.readouterr()

    return run
