"""Runs under torchrun: rank and world size, process group, broadcast from rank 0, shutdown."""

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

#: Timeout of collectives: the other ranks wait while rank 0 probes and writes.
_TIMEOUT = timedelta(hours=1)
_GRACE_SECONDS = 3.0  # time for an orderly exit
_TAIL_LENGTH = 1 << 14  # characters

T = TypeVar("T")


class ReportedByRank0(ValueError):
    """Rank 0 failed, and raises the error itself."""


def launched_by_torchrun() -> bool:
    """Whether torchrun, or a launcher with the same environment, started this process."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def torchrun_world_size() -> int:
    """Number of ranks; 1 without torchrun.

    Raises:
        ValueError: the environment variable is not a whole number.
    """
    return _env_int("WORLD_SIZE", "1") if launched_by_torchrun() else 1


def local_rank_and_size() -> tuple[int, int]:
    """Local rank and local world size: among the processes of this machine; (0, 1) if alone.

    Raises:
        ValueError: an environment variable is not a whole number.
    """
    if not launched_by_torchrun():
        return 0, 1
    local_rank = _env_int("LOCAL_RANK", os.environ["RANK"])
    return local_rank, _env_int("LOCAL_WORLD_SIZE", os.environ["WORLD_SIZE"])


def _env_int(name: str, default: str) -> int:
    value = os.environ.get(name, default)
    if not value.isdecimal():
        raise ValueError(f"the environment variable {name} is a whole number, not {value!r}")
    return int(value)


def is_rank0() -> bool:
    """Whether this process is rank 0, which writes and prints, or runs without torchrun."""
    return not launched_by_torchrun() or os.environ["RANK"] == "0"


@contextlib.contextmanager
def rank0_output() -> Iterator[None]:
    """Print on rank 0 only.

    If another rank fails, it prints its error with its rank after a delay, since the failure may be
    of that rank alone: its machine may lack GPUs or files. If all ranks fail, rank 0 has printed
    the error by then, and torchrun has ended the other ranks.
    """
    if is_rank0():
        yield
        return
    tail = _TailStream()
    try:
        with (
            open(os.devnull, "w") as devnull,
            contextlib.redirect_stdout(devnull),
            contextlib.redirect_stderr(tail),
        ):
            yield
    except SystemExit as stop:
        if stop.code and tail.last_line.startswith("error: "):
            time.sleep(_GRACE_SECONDS)
            _print_error(tail.last_line.removeprefix("error: "))
        raise


class _TailStream(io.TextIOBase):
    """A stream that keeps the end of its text only: hours of progress need no memory."""

    tail = ""

    def write(self, text: str, /) -> int:
        self.tail = (self.tail + text)[-_TAIL_LENGTH:]
        return len(text)

    @property
    def last_line(self) -> str:
        """The last line of the text."""
        return self.tail.rstrip("\n").rpartition("\n")[2]


@contextlib.contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Context of torch's default process group: gloo between CPUs, NCCL between GPUs.

    Within the context, SIGTERM raises :class:`Terminated`, or ends the process if that takes too
    long.

    Raises:
        ValueError: the environment lacks the address of the process group.
        PeerLostError: another rank did not connect.
    """
    _handle_sigterm()
    backend = "gloo"
    if device.type == "cuda":
        torch.cuda.set_device(device)
        backend = "cpu:gloo,cuda:nccl"  # objects are sent between CPUs: no GPU waits for a probe
    with answers():
        dist.init_process_group(backend, timeout=_TIMEOUT)
    yield
    # Not after a failure: it could wait for ranks that have exited. The system frees all then.
    dist.destroy_process_group()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def broadcast_from_rank0(action: Callable[[], T]) -> T:
    """Call a function on rank 0 only, and return its result on every rank.

    Raises:
        ReportedByRank0: the function failed; rank 0 raises the error itself.
        PeerLostError: rank 0 did not respond.
    """
    if world_size() == 1:
        return action()
    message: list[Any] = [None, False]
    failure: Exception | None = None
    if rank() == 0:
        try:
            message = [action(), True]
        except Exception as error:
            failure = error
    with answers():
        dist.broadcast_object_list(message, src=0, device=torch.device("cpu"))
    if failure is not None:
        raise failure
    value, succeeded = message
    if not succeeded:
        raise ReportedByRank0("rank 0 failed")
    result: T = value
    return result


def exit_process(reason: str) -> NoReturn:
    """Print an error of this rank and exit at once, without waiting for the other ranks."""
    if threading.current_thread() is threading.main_thread():  # only it may set a signal handler
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it would print a second line
    _print_error(reason)
    os._exit(1)


def _print_error(reason: str) -> None:
    """Print an error line with this process's rank to stderr, even inside rank0_output."""
    prefix = f"rank {os.environ['RANK']} (of {os.environ['WORLD_SIZE']} processes)"
    print(f"error: {prefix}: {reason}", file=sys.__stderr__, flush=True)


def _handle_sigterm() -> None:
    """Exit on SIGTERM, which torchrun sends to the remaining ranks after one has failed.

    Python runs a signal handler between two instructions of the main thread, which executes none
    while it waits in a collective. A thread therefore ends the process after a delay.
    """
    reason = (
        "it was stopped, as happens after another rank has failed; "
        "run the same command again to resume from the last checkpoint"
    )
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def watch() -> None:
        while os.read(reader, 1) != bytes([signal.SIGTERM]):
            pass
        time.sleep(_GRACE_SECONDS)
        exit_process(reason)

    def stop(*_: object) -> None:
        raise Terminated(reason)

    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGTERM, stop)
    threading.Thread(target=watch, daemon=True).start()


class Terminated(BaseException):
    """This process received SIGTERM."""
