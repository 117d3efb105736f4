"""Processes that do each run together, as torchrun starts them: joining, agreeing, leaving."""

import contextlib
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import torch
import torch.distributed as dist

from interaction_probes.contrast.distributed import answers, rank, world_size

#: How long a process waits for the others: the first one probes and writes in the meantime.
_LONGEST_SILENCE = timedelta(hours=1)
_LAST_MOMENTS = 3.0  # seconds to leave in good order
_WORDS_KEPT = 1 << 14  # characters

Found = TypeVar("Found")


class ReportedByRank0(ValueError):
    """The first process failed, and says why."""


def launched_by_torchrun() -> bool:
    """Whether torchrun, or something like it, started this process as one of several."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def torchrun_world_size() -> int:
    """How many processes there are; 1 where this one was started alone.

    Raises:
        ValueError: the environment does not say it in a whole number.
    """
    return _stated("WORLD_SIZE", "1") if launched_by_torchrun() else 1


def local_rank_and_size() -> tuple[int, int]:
    """This process's number on its machine, from 0, and how many there are on it.

    Raises:
        ValueError: the environment does not say it in whole numbers.
    """
    if not launched_by_torchrun():
        return 0, 1
    local = _stated("LOCAL_RANK", os.environ["RANK"])
    return local, _stated("LOCAL_WORLD_SIZE", os.environ["WORLD_SIZE"])


def _stated(name: str, otherwise: str) -> int:
    value = os.environ.get(name, otherwise)
    if not value.isdecimal():
        raise ValueError(f"the environment has {name}={value!r}, which is no whole number")
    return int(value)


def is_rank0() -> bool:
    """Whether this process is the first of several, or alone: the one that writes and prints."""
    return not launched_by_torchrun() or os.environ["RANK"] == "0"


@contextlib.contextmanager
def rank0_output() -> Iterator[None]:
    """Let the first process alone print: what all have to say is said once.

    Another one's failure is told after a while, by its number, for it may be its own: a machine
    without the GPUs or the files of the first. Where the first one fails too, it has spoken by
    then, and torchrun has ended the others.
    """
    if is_rank0():
        yield
        return
    told = _LastWords()
    try:
        with (
            open(os.devnull, "w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(told),
        ):
            yield
    except SystemExit as stop:
        if stop.code and told.line.startswith("error: "):
            time.sleep(_LAST_MOMENTS)
            _tell(told.line.removeprefix("error: "))
        raise


class _LastWords(io.TextIOBase):
    """A stream that forgets all but its end, so that hours of progress take no memory."""

    said = ""

    def write(self, text: str, /) -> int:
        self.said = (self.said + text)[-_WORDS_KEPT:]
        return len(text)

    @property
    def line(self) -> str:
        """The last line."""
        return self.said.rstrip("\n").rpartition("\n")[2]


@contextlib.contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Join the other processes for the block: gloo between CPUs, NCCL between GPUs.

    Within it, being asked to stop ends this process in good order, or after a while in any case.

    Raises:
        ValueError: the environment does not say where the others are.
        Lost: they are not there.
    """
    _leave_when_asked()
    backend = "gloo"
    if device.type == "cuda":
        torch.cuda.set_device(device)
        backend = "cpu:gloo,cuda:nccl"  # objects travel between CPUs: no GPU waits for a probe
    with answers():
        dist.init_process_group(backend, timeout=_LONGEST_SILENCE)
    yield
    # After a failure it could wait for processes that are gone; the operating system takes all.
    dist.destroy_process_group()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def broadcast_from_rank0(action: Callable[[], Found]) -> Found:
    """What an action gives that the first process alone does; the others wait for it.

    Raises:
        ReportedByRank0: it failed there; the first process raises the error itself.
        Lost: the first process did not answer.
    """
    if world_size() == 1:
        return action()
    answer: list[Any] = [None, False]
    failure: Exception | None = None
    if rank() == 0:
        try:
            answer = [action(), True]
        except Exception as error:
            failure = error
    with answers():
        dist.broadcast_object_list(answer, src=0, device=torch.device("cpu"))
    if failure is not None:
        raise failure
    found, worked = answer
    if not worked:
        raise ReportedByRank0("the first process failed")
    result: Found = found
    return result


def exit_process(reason: str) -> NoReturn:
    """Say why this process ends, whichever it is, and end it: nothing waits for the others."""
    if threading.current_thread() is threading.main_thread():  # the only one that may say so
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # one line is enough
    _tell(reason)
    os._exit(1)


def _tell(reason: str) -> None:
    """Say on stderr what happened to this process, whichever it is."""
    rank_here = os.environ["RANK"]  # of torchrun, or of whoever set it
    which = str(int(rank_here) + 1) if rank_here.isdecimal() else f"{rank_here!r}"
    which = f"process {which} of {os.environ['WORLD_SIZE']}"
    print(f"error: {which}: {reason}", file=sys.__stderr__, flush=True)


def _leave_when_asked() -> None:
    """Answer SIGTERM, by which torchrun ends the processes that are left when one has failed.

    A handler of Python's runs between two instructions, and a process that waits for another one
    executes none: a thread sees to it that it leaves all the same.
    """
    reason = "it was stopped, as happens when another process has failed; the same command goes on"
    reason += " after the last saved epoch"
    seen, wake = os.pipe()
    os.set_blocking(wake, False)

    def watch() -> None:
        while os.read(seen, 1) != bytes([signal.SIGTERM]):
            pass
        time.sleep(_LAST_MOMENTS)
        exit_process(reason)

    def stop(*_: object) -> None:
        raise Terminated(reason)

    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGTERM, stop)
    threading.Thread(target=watch, daemon=True).start()


class Terminated(BaseException):
    """This process was asked to stop."""
