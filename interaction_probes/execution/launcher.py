"""Runs side by side: one process each, their progress shown by the process that started them."""

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing import connection, resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch

from interaction_probes.common.writing import made_folder
from interaction_probes.contrast.distributed import PeerLostError, rank
from interaction_probes.experiment.runner import folder_name, run
from interaction_probes.experiment.trainer import Progress
from interaction_probes.runtime import distributed
from interaction_probes.runtime.devices import Resources
from interaction_probes.runtime.process_env import (
    SHUTDOWN_SECONDS,
    describe_exit,
    exit_after,
    run_environment,
)
from interaction_probes.settings.config import RunConfig, from_dict, to_dict
from interaction_probes.settings.registry import source_line
from interaction_probes.storage.run_folder import RunFolder
from interaction_probes.storage.tensorboard import Watch

from .display import RunProgress

_LONGEST_WORD = 200  # characters of what a backend says of a failure, after which it lists frames


def launch(
    configs: Sequence[RunConfig],
    out: Path,
    machine: Resources,
    cache: Path | None = None,
    tensorboard: bool = False,
) -> list[RunFolder]:
    """Do runs in processes of their own and show their progress.

    Under torchrun the processes that it started do them, one run after another.

    Args:
        configs: the runs.
        out: the folder of their folders.
        machine: where they take place.
        cache: folder of rendered images.
        tensorboard: whether event files are to be kept beside the runs' tables.

    Raises:
        ValueError: what a run refused, in its words, or how it ended; the other runs have
            finished, but not under torchrun.
        OSError: the folder `out` cannot be made or written.
    """
    folders = [RunFolder(out / folder_name(config)) for config in configs]
    watch = Watch(folders if tensorboard and distributed.is_rank0() else [])
    if distributed.launched_by_torchrun():
        return _run_distributed(configs, out, machine, cache, watch)
    waiting = list(enumerate(configs))
    active: dict[Any, tuple[int, BaseProcess]] = {}  # by the pipe that a process reports through
    failures: dict[int, str] = {}
    with made_folder(out), RunProgress(configs) as display, watch:
        try:
            while waiting or active:
                while waiting and len(active) < machine.processes:
                    k, config = waiting.pop(0)
                    reader, process = _start(config, out, machine, cache)
                    active[reader] = k, process
                for ready in connection.wait(list(active)):
                    k, process = active[ready]
                    message = _receive(ready, process)
                    if isinstance(message, Progress):
                        _show(display, watch, k, message)
                        continue
                    del active[ready]
                    process.join()
                    if message is not None:
                        failures[k] = message
        finally:
            _stop([process for _, process in active.values()])
        if failures:
            raise ValueError(_failure_message(failures, [config.pairs for config in configs]))
    return folders


def _run_distributed(
    configs: Sequence[RunConfig], out: Path, machine: Resources, cache: Path | None, watch: Watch
) -> list[RunFolder]:
    """Do runs in turn, in this process and in those that torchrun started beside it."""
    torch.set_num_threads(machine.threads)
    try:
        with distributed.process_group(machine.device), RunProgress(configs) as display, watch:
            return [
                run(config, out, machine.device, partial(_show, display, watch, k), cache)
                for k, config in enumerate(configs)
            ]
    except distributed.Terminated as stop:
        distributed.exit_process(str(stop))
    except PeerLostError as lost:
        said = str(lost).partition("\n")[0][:_LONGEST_WORD]
        distributed.exit_process(
            f"another process of the job has gone or does not answer ({said}); the same command "
            "goes on after the last saved epoch"
        )
    except Exception as error:
        reason = error_message(error, out, str(machine.device), configs[0].method)
        if reason is None:
            raise
        # What a config or a loss is refused for, every process finds; the rest is its own.
        if rank() and not isinstance(error, ValueError | FloatingPointError):
            distributed.exit_process(reason)
        raise ValueError(reason) from error


def _show(display: RunProgress, watch: Watch, k: int, progress: Progress) -> None:
    """What a run tells, to whoever looks on; a line comes when its files are written."""
    display.update(k, progress)
    if progress.line:
        watch.update(k)


def _start(
    config: RunConfig, out: Path, machine: Resources, cache: Path | None
) -> tuple[connection.Connection, BaseProcess]:
    """Start a run's process; a pipe of its own, so that its death cannot block the others'."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    arguments = (to_dict(config), out, str(machine.device), machine.threads, cache, writer)
    process = context.Process(target=_work, args=arguments, daemon=True)
    with _environment(machine), _signals_blocked():
        process.start()
    writer.close()
    return reader, process


def _receive(reader: Any, process: BaseProcess) -> Any:
    """A process's next message: Progress, at last None or what went wrong."""
    try:
        return reader.recv()
    except (EOFError, OSError):  # it died without a last word
        process.join()
    return describe_exit(process.exitcode or 0)


def _stop(processes: Sequence[BaseProcess]) -> None:
    """End processes in good order; at once where that takes long, or on a second Ctrl-C."""
    for process in processes:
        process.terminate()
    try:
        for process in processes:
            process.join(SHUTDOWN_SECONDS)
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()
                process.join()


def _failure_message(failures: dict[int, str], names: Sequence[str]) -> str:
    """What went wrong, in a line: once where every run says the same."""
    if len(failures) == len(names) and len(set(failures.values())) == 1:
        return next(iter(failures.values()))
    return "; ".join(f"{names[k]} run: {failures[k]}" for k in sorted(failures))


def _work(
    plain: dict[str, Any],
    out: Path,
    device: str,
    threads: int,
    cache: Path | None,
    messages: Any,
) -> None:
    """The body of a run's process; its last message is None or what went wrong."""
    signal.signal(signal.SIGTERM, exit_on_signal)  # so that temporary files are taken away
    _release(signal.SIGTERM)
    parent = multiprocessing.parent_process()
    if parent is not None:
        exit_after(lambda: connection.wait([parent.sentinel]))
    torch.set_num_threads(threads)

    def report(progress: Progress) -> None:
        try:
            messages.send(progress)
        except BrokenPipeError:  # nobody is left to work for
            sys.exit(1)

    failure = None
    try:
        run(from_dict(plain), out, torch.device(device), report, cache)
    except Exception as error:
        failure = error_message(error, out, device, plain["method"])
        if failure is None:
            raise
    with contextlib.suppress(BrokenPipeError):
        messages.send(failure)


def exit_on_signal(*_: object) -> None:
    """Handle a signal by an orderly exit."""
    sys.exit(1)


#: What allocators that have no exception of their own say: of CPUs, and of a GPU's libraries.
_ALLOCATORS = (
    *("can't allocate memory", "cannot allocate memory", "unable to allocate shared memory"),
    *("not enough memory", "out of memory", "alloc_failed"),
)


def error_message(error: Exception, out: Path, device: str, method: str = "") -> str | None:
    """Why a run failed, in a line; None for what is a bug and keeps its traceback."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename or out}"
    if isinstance(error, ValueError | FloatingPointError):
        return f"{source_line(error, method)}{error}"
    if isinstance(error, OverflowError):
        return f"a number is too large ({error})"
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(said in str(error).lower() for said in _ALLOCATORS)
    ):
        return f"out of memory on {device}; a smaller --optim.batch needs less"
    return None


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Let no signal part a process from the list of those to stop while it starts.

    The process inherits what is held: Ctrl-C, which reaches the whole group, for good, since the
    parent decides; the others until it can answer them.
    """
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    resource_tracker.ensure_running()  # whose own start would release them
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _release(*numbers: signal.Signals) -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


@contextlib.contextmanager
def _environment(machine: Resources) -> Iterator[None]:
    """What a process inherits; the caller's own environment comes back afterwards."""
    added = run_environment(machine.threads)
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
