import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fork_server import launch_by_fork

from interaction_probes.execution import launcher as module
from interaction_probes.execution.launcher import (
    _environment,
    _failure_message,
    _run_process,
    launch,
)
from interaction_probes.experiment.runner import folder_name
from interaction_probes.experiment.trainer import Progress
from interaction_probes.runtime.devices import Resources
from interaction_probes.settings.config import to_dict

CPU = Resources(torch.device("cpu"), threads=1, processes=2)


@pytest.fixture(autouse=True)
def handlers():
    """The body of a run's process sets a handler, here in the tests' own process."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


class Pipe(list):
    """What a process sends, kept."""

    send = list.append


def last_word(config, out, cache=None):
    sent = Pipe()
    _run_process(to_dict(config), out, "cpu", 1, cache, sent)
    assert all(isinstance(message, Progress) for message in sent[:-1])
    return sent[-1]


def test_a_process_ends_with_none(smoke, tmp_path):
    config = replace(smoke, optim=replace(smoke.optim, epochs=0))
    assert last_word(config, tmp_path) is None
    assert last_word(config, tmp_path) is None  # skipped


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("a reason"), "a reason"),
        (FloatingPointError("nan at step 1"), "nan at step 1"),
        (RuntimeError("unable to mmap: Cannot allocate memory (12)"), "out of memory on cpu"),
        (OSError(28, "No space left on device", "there"), "No space left on device: there"),
        (OSError(28, "No space left on device"), "No space left on device: OUT"),
        (MemoryError(), "out of memory on cpu"),
        (torch.OutOfMemoryError("CUDA out of memory"), "out of memory on cpu"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "out of memory on cpu"),
    ],
)
def test_a_process_says_what_went_wrong(smoke, tmp_path, monkeypatch, error, message):
    def fail(*_):
        raise error

    monkeypatch.setattr(module, "run", fail)
    own = replace(smoke, method="comm")
    assert last_word(own, tmp_path).startswith(message.replace("OUT", str(tmp_path)))


@pytest.mark.parametrize(
    "message",
    [
        "mat1 and mat2 shapes cannot be multiplied",
        "more than one element refers to a single memory location",
        "CUDA error: an illegal memory access was encountered",
    ],
)
def test_a_bug_keeps_its_traceback(smoke, tmp_path, monkeypatch, message):
    def fail(*_):
        raise RuntimeError(message)

    monkeypatch.setattr(module, "run", fail)
    with pytest.raises(RuntimeError, match=message[:4]):
        last_word(smoke, tmp_path)


def test_what_a_users_method_refuses_is_told_with_its_line(smoke, tmp_path):
    said = last_word(replace(smoke, method="tiny_method:Unpacking"), tmp_path)
    where, _, why = said.partition(": ")
    assert why == "not enough values to unpack (expected 3, got 2)"
    file, _, line = where.partition(", line ")
    assert "= batch.views" in Path(file).read_text().splitlines()[int(line) - 1]
    # What the toolkit refuses has no line of theirs, nor of its own.
    few = replace(smoke, n_pairs=2, optim=replace(smoke.optim, batch=2))
    said = last_word(replace(few, method="tiny_method:Tiny"), tmp_path)
    assert said.startswith("task ")


def test_a_process_without_a_parent_leaves(smoke, tmp_path):
    class Broken:
        def send(self, _):
            raise BrokenPipeError

    with pytest.raises(SystemExit):
        _run_process(to_dict(smoke), tmp_path, "cpu", 1, None, Broken())


@pytest.mark.parametrize("name", ["checkpoint.pt", "run.json"])
def test_damaged_files_of_a_run_are_named(smoke, tmp_path, name):
    path = tmp_path / folder_name(smoke) / name
    path.parent.mkdir()
    path.write_bytes(b"damaged")
    message = last_word(smoke, tmp_path)
    assert str(path) in message
    assert "damaged" in message
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_a_damaged_cache_is_named(smoke, tmp_path):
    config = replace(smoke, optim=replace(smoke.optim, epochs=0))
    cache, out = tmp_path / "cache", tmp_path / "out"
    assert last_word(config, tmp_path / "first", cache) is None
    [stored] = cache.iterdir()
    stored.write_bytes(stored.read_bytes()[:-100])
    message = last_word(config, out, cache)
    assert str(stored) in message
    assert "damaged" in message
    assert not out.exists()


def test_failures_are_told_once_where_they_agree():
    names = ["unbiased", "biased"]
    assert _failure_message({0: "same", 1: "same"}, names) == "same"
    assert _failure_message({1: "bad", 0: "worse"}, names) == "unbiased run: worse; biased run: bad"
    assert _failure_message({1: "bad"}, names) == "biased run: bad"
    assert _failure_message({0: "bad"}, ["biased"]) == "bad"


def test_the_environment_is_lent(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    before = dict(os.environ)
    with _environment(3):
        assert os.environ["OPENBLAS_NUM_THREADS"] == "3"
        assert os.environ["OMP_NUM_THREADS"] == "7"  # the user's own
    assert dict(os.environ) == before


@pytest.mark.slow
def test_a_killed_run_is_told_in_a_line_while_the_other_finishes(brief, tmp_path, monkeypatch):
    launch_by_fork(monkeypatch)
    optim = replace(brief.optim, epochs=1)
    killed = replace(brief, method="tiny_method:Killed", optim=optim)
    fine = replace(brief, optim=optim, design=replace(brief.design, mapping_strength=0.0))
    with pytest.raises(ValueError, match=r"^biased run: it was killed by SIGKILL.*memory") as info:
        launch([killed, fine], tmp_path, CPU)
    assert "\n" not in str(info.value)
    status = (tmp_path / folder_name(fine) / "run.json").read_text()
    assert '"finished"' in status


@pytest.mark.slow
def test_an_interrupt_stops_the_processes_and_leaves_whole_files(smoke, tmp_path, monkeypatch):
    started = []
    start = module._start_run
    monkeypatch.setattr(module, "_start_run", lambda *a: started.append(start(*a)) or started[-1])

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module.RunProgress, "update", interrupt)
    with pytest.raises(KeyboardInterrupt):
        launch([smoke], tmp_path / "out", CPU)
    [(_, process)] = started
    assert not process.is_alive()
    left = [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not [name for name in left if name.startswith(".")]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_ends_what_does_not_leave():
    class Stubborn:
        killed = False
        joined = 0

        def terminate(self):
            pass

        def join(self, patience=None):
            self.joined += 1
            if patience is not None:
                raise KeyboardInterrupt

        def is_alive(self):
            return not self.killed

        def kill(self):
            self.killed = True

    processes = [Stubborn(), Stubborn()]
    with pytest.raises(KeyboardInterrupt):
        module._stop(processes)
    assert all(process.killed and process.joined for process in processes)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_a_process_starts_is_answered_afterwards(number):
    seen, during = [], []
    before = signal.signal(number, lambda *_: seen.append(True))
    try:
        with module._signals_blocked():
            signal.raise_signal(number)  # to this thread: others could be given it
            during += seen
    finally:
        signal.signal(number, before)
    assert (during, seen) == ([], [True])
