"""The benchmarks are scripts: what stands beside them is imported by name."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))


@pytest.fixture
def script(monkeypatch, capsys) -> Callable[..., tuple[str, str]]:
    """Runs a script's command line in this process: what it said on stdout and on stderr."""

    def run(module: ModuleType, *words: object) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", [str(module.__file__), *map(str, words)])
        module.main()
        return capsys.readouterr()

    return run
