"""Runs that are killed and stopped over and over, then compared with one that nothing disturbed.

Processes are forked from one that has imported everything, so that a death costs no start. What is
compared are the bytes of every table, of config.json and of the checkpoint.
"""

import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from interaction_probes import run as command
from interaction_probes.execution import forecast, launcher
from interaction_probes.experiment.runner import run
from interaction_probes.reporting import run_figures
from interaction_probes.settings.config import RunConfig
from interaction_probes.storage.run_folder import RunFolder

FILES = (
    "metrics.csv",
    "losses.csv",
    "dynamics.csv",
    "confusion.csv",
    "representation.csv",
    "config.json",
    "checkpoint.pt",
)
#: What the command imports as late as it can: here before its process is forked.
IMPORTED = (forecast, launcher, run_figures)
#: Calls at which a write can be cut off: content on disk, and the file in its place.
WRITES = ("fsync", "replace")
_PATIENCE = 60.0


@dataclass
class Tally:
    """What happened.

    Attributes:
        deaths: kills that hit a run at work.
        rounds: runs that were brought to their end.
        epochs: epoch that had been saved at each death; -1 where none was.
        torn: deaths that left a half-written temporary file.
        seconds: how long each stop took.
        lingering: how long the last process lived on after a stop.
    """

    deaths: int = 0
    rounds: int = 0
    epochs: list[int] = field(default_factory=list)
    torn: int = 0
    seconds: list[float] = field(default_factory=list)
    lingering: list[float] = field(default_factory=list)


def fork(body: Callable[[], object]) -> int:
    """A process that does something and ends with code 0, or with 1 after a traceback."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        body()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended(pid: int, patience: float = _PATIENCE) -> int:
    """Wait for a process: its exit code, or a signal's number below 0."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise AssertionError(f"a process did not end within {patience:.0f} s")


def compare(found: Path, whole: Path) -> None:
    """Assert that two folders hold the same numbers."""
    for name in FILES:
        assert (found / name).read_bytes() == (whole / name).read_bytes(), f"{name} differs"
    left = [path.name for path in found.iterdir() if path.name.startswith(".")]
    assert not left, f"left over: {left}"
    status = RunFolder(found).read_json("run.json")
    assert status is not None
    assert status["status"] == "finished"


def do(config: RunConfig, out: Path) -> RunFolder:
    """A run on one thread of the CPU."""
    return run(config, out, torch.device("cpu"))


def kill_at_random(
    config: RunConfig, out: Path, whole: RunFolder, span: float, kills: int, seed: int
) -> Tally:
    """SIGKILL at random moments, each within `span` seconds of a start, until `kills` have hit."""
    rng, tally = np.random.default_rng(seed), Tally()
    while tally.deaths < kills:
        place = out / f"random-{tally.rounds}"
        while True:
            pid = fork(lambda place=place: do(config, place))
            if tally.deaths < kills:
                time.sleep(float(rng.uniform(0, 0.7 * span)))
                os.kill(pid, signal.SIGKILL)
            if _ended_well(pid, place / whole.path.name, tally):
                break
        compare(place / whole.path.name, whole.path)
        tally.rounds += 1
    return tally


def kill_at_writes(config: RunConfig, out: Path, whole: RunFolder, after: bool) -> Tally:
    """The k-th process dies at its k-th write, before or after the call, until all is done."""
    tally = Tally()
    while True:
        pid = fork(lambda: _die_at(tally.deaths + 1, after, lambda: do(config, out)))
        if _ended_well(pid, out / whole.path.name, tally):
            break
    compare(out / whole.path.name, whole.path)
    tally.rounds += 1
    return tally


def _die_at(k: int, after: bool, body: Callable[[], object]) -> None:
    count = 0

    def deadly(call: Callable[..., object]) -> Callable[..., object]:
        def instead(*arguments: object) -> object:
            nonlocal count
            count += 1
            if count == k and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            found = call(*arguments)
            if count == k:
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        return instead

    for name in WRITES:
        setattr(os, name, deadly(getattr(os, name)))
    body()


def _ended_well(pid: int, folder: Path, tally: Tally) -> bool:
    """Whether a process came to its end; if it was killed, what it left is counted."""
    code = ended(pid, 600.0)
    assert code in (0, -signal.SIGKILL), f"a run ended with code {code}"
    if code == 0:
        return True
    tally.deaths += 1
    state = RunFolder(folder).load_checkpoint()  # never half a file
    tally.epochs.append(-1 if state is None else state["epoch"])
    tally.torn += any(folder.glob(".*-????????"))
    return False


def stop(
    words: list[str], out: Path, log: Path, number: signal.Signals, wait: float, real: bool
) -> tuple[float, float] | None:
    """Stop the command a while after its first line, as a user or a scheduler would.

    Ctrl-C reaches the whole group; other signals reach the command's first process alone.

    Returns:
        Seconds until the command ended, and until its last process did; None where it had finished.
    """
    pid = fork(lambda: _command([*words, "--out", str(out)], log, real))
    end = time.monotonic() + _PATIENCE
    while not (log / "out").exists() or not (log / "out").read_text():
        assert time.monotonic() < end, f"it did not begin: {(log / 'err').read_text()}"
        time.sleep(0.01)
    time.sleep(wait)
    sent = time.monotonic()
    (os.killpg if number == signal.SIGINT else os.kill)(pid, number)
    code = ended(pid)
    took = time.monotonic() - sent
    while _session(pid):
        assert time.monotonic() < sent + _PATIENCE, f"orphans: {_session(pid)}"
        time.sleep(0.01)
    said = (log / "err").read_text()
    if code == 0:
        return None
    if number == signal.SIGKILL:
        assert code == -number
    else:
        assert code == 128 + number, f"exit code {code}: {said}"
        assert said == "stopped; run the same command again to resume from the last checkpoint\n", (
            said
        )
    assert "Traceback" not in (log / "out").read_text()
    return took, time.monotonic() - sent


def _command(words: list[str], log: Path, real: bool) -> None:
    os.setsid()
    # What was started in the background of a shell ignores Ctrl-C, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log.mkdir(parents=True, exist_ok=True)
    for name, number in (("out", 1), ("err", 2)):
        os.dup2(os.open(log / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    if real:
        start = [sys.executable, "-m", "interaction_probes.run", *words]
        os.execve(sys.executable, start, {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    context = multiprocessing.get_context
    # The same processes, without the seconds that their own imports and the curves would take.
    multiprocessing.get_context = lambda method=None: context("fork")  # type: ignore
    run_figures.write_curves = lambda *_: []  # type: ignore
    command.main(words)


def _session(leader: int) -> list[int]:
    """Living processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def stop_at_random(
    words: list[str], out: Path, whole: Path, span: float, stops: int, seed: int, real: bool
) -> dict[str, Tally]:
    """SIGINT, SIGTERM and SIGKILL in turn at random moments, then the command once more."""
    rng = np.random.default_rng(seed)
    tallies = {name: Tally() for name in ("SIGINT", "SIGTERM", "SIGKILL")}
    rounds, tries = 0, 0
    while sum(tally.deaths for tally in tallies.values()) < stops:
        name = min(tallies, key=lambda name: tallies[name].deaths)  # the first that has fewest
        assert tries < 10 * stops, (
            f"{rounds} of {tries} commands ended before {name} or in spite of it"
        )
        wait, log = float(rng.uniform(0, span)), out / f"log-{tries}"
        tries += 1
        place = out / f"stopped-{rounds}"
        found = stop(words, place, log, signal.Signals[name], wait, real)
        if found is None:  # it came too late
            _finish(words, out / "finished", place, whole, real)
            rounds += 1
            continue
        tallies[name].deaths += 1
        tallies[name].seconds.append(found[0])
        tallies[name].lingering.append(found[1])
    _finish(words, out / "finished", out / f"stopped-{rounds}", whole, real)
    return tallies


def _finish(words: list[str], log: Path, place: Path, whole: Path, real: bool) -> None:
    code = ended(fork(lambda: _command([*words, "--out", str(place)], log, real)), 600.0)
    assert code == 0, (log / "err").read_text()
    for path in sorted(path for path in whole.iterdir() if path.is_dir()):
        compare(place / path.name, path)
