"""Processes that are forked where torch and the toolkit are imported already, which takes seconds.

One server imports them for all tests of a session; it has no threads, so that its forks are safe.
For tests of what processes do together, not of how one starts.
"""

import multiprocessing
import os
import runpy
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["interaction_probes.experiment.runner"])


def launch_by_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that `launch` starts in processes of their own come from the server."""
    instead = SimpleNamespace(get_context=lambda method: _SERVER)
    monkeypatch.setattr("interaction_probes.execution.launcher.multiprocessing", instead)


def run_on_two_ranks(words: Sequence[str], folder: Path) -> None:
    """Run a script in two processes, told of each other as by torchrun; neither may fail.

    Args:
        words: the script's path and its arguments.
        folder: a folder for what the processes print.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    printed = [folder / f"rank {rank}.txt" for rank in range(2)]
    ranks = [
        _SERVER.Process(target=_run, args=(words, {**environment, "RANK": str(rank)}, path))
        for rank, path in enumerate(printed)
    ]
    try:
        for rank in ranks:
            rank.start()
        for rank in ranks:
            rank.join(timeout=300)
        codes = [rank.exitcode for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
    assert codes == [0, 0], "\n".join(path.read_text() for path in printed)


def _run(words: Sequence[str], environment: Mapping[str, str], printed: Path) -> None:
    """The work of one process: the server's environment and output are not those of the test."""
    with open(printed, "w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [*words]
    runpy.run_path(words[0], run_name="__main__")
