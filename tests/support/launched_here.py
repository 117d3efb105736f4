"""Runs of a command are executed in the process of the test, which need not import all anew."""

import pytest

from interaction_probes.execution import launcher
from interaction_probes.experiment.runner import run


def launch_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands execute their runs one after the other in this process."""

    def here(configs, out, machine, cache, tensorboard):
        return [run(config, out, machine.device, cache=cache) for config in configs]

    monkeypatch.setattr(launcher, "launch", here)
