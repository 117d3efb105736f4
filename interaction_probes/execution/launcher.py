"""Launch runs in parallel, one process each, and show their progress."""

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

_MESSAGE_LENGTH = 200  # characters of a back end's error message; stack frames follow after them


def launch(
    configs: Sequence[RunConfig],
    out: Path,
    resources: Resources,
    cache: Path | None = None,
    tensorboard: bool = False,
) -> list[RunFolder]:
    """Execute each run in its own process and show the progress.

    Under torchrun all ranks execute the runs together, one run after another.

    Args:
        configs: the runs.
        out: folder that gets one folder per run.
        resources: device, threads and parallel runs.
        cache: folder of rendered images.
        tensorboard: whether to write event files into the run folders.

    Raises:
        ValueError: a run failed; the message has its reason. The other runs have finished, but not
            under torchrun.
        OSError: the folder `out` cannot be made or written.
    """
    folders = [RunFolder(out / folder_name(config)) for config in configs]
    watch = Watch(folders if tensorboard and distributed.is_rank0() else [])
    if distributed.launched_by_torchrun():
        return _run_distributed(configs, out, resources, cache, watch)
    waiting = list(enumerate(configs))
    active: dict[Any, tuple[int, BaseProcess]] = {}  # pipe of a process → run and process
    total = len(configs)
    failures: dict[int, str] = {}
    with made_folder(out), RunProgress(configs) as display, watch:
        try:
            while waiting or active:
                while waiting and resources.may_start(
                    waiting[0][0], [k for k, _ in active.values()], total
                ):
                    k, config = waiting.pop(0)
                    threads = resources.threads_of(k, total)
                    reader, process = _start_run(config, out, resources.device, threads, cache)
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
    configs: Sequence[RunConfig], out: Path, resources: Resources, cache: Path | None, watch: Watch
) -> list[RunFolder]:
    """Execute runs one after another, together with the other ranks that torchrun started."""
    torch.set_num_threads(resources.threads)
    try:
        with distributed.process_group(resources.device), RunProgress(configs) as display, watch:
            return [
                run(config, out, resources.device, partial(_show, display, watch, k), cache)
                for k, config in enumerate(configs)
            ]
    except distributed.Terminated as stop:
        distributed.exit_process(str(stop))
    except PeerLostError as lost:
        detail = str(lost).partition("\n")[0][:_MESSAGE_LENGTH]
        distributed.exit_process(
            f"another process of the job has ended or does not respond ({detail}); run the same "
            "command again to resume from the last checkpoint"
        )
    except Exception as error:
        reason = error_message(error, out, str(resources.device), configs[0].method)
        if reason is None:
            raise
        # Every rank raises the error of a bad config or loss; other errors are this rank's alone.
        if rank() and not isinstance(error, ValueError | FloatingPointError):
            distributed.exit_process(reason)
        raise ValueError(reason) from error


def _show(display: RunProgress, watch: Watch, k: int, progress: Progress) -> None:
    """Update the progress bar, and TensorBoard once the run has written the files of an epoch."""
    display.update(k, progress)
    if progress.line:
        watch.update(k)


def _start_run(
    config: RunConfig, out: Path, device: torch.device, threads: int, cache: Path | None
) -> tuple[connection.Connection, BaseProcess]:
    """Start the process of a run, with its own pipe: its death cannot block other processes."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    arguments = (to_dict(config), out, str(device), threads, cache, writer)
    process = context.Process(target=_run_process, args=arguments, daemon=True)
    with _environment(threads), _signals_blocked():
        process.start()
    writer.close()
    return reader, process


def _receive(reader: Any, process: BaseProcess) -> Any:
    """The next message of a process: Progress, or at the end an error message or None."""
    try:
        return reader.recv()
    except (EOFError, OSError):  # it died without a final message
        process.join()
    return describe_exit(process.exitcode or 0)


def _stop(processes: Sequence[BaseProcess]) -> None:
    """Terminate processes; kill those that do not exit in time, or all on a second Ctrl-C."""
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
    """The errors in one line; a single message if all runs failed for the same reason."""
    if len(failures) == len(names) and len(set(failures.values())) == 1:
        return next(iter(failures.values()))
    return "; ".join(f"{names[k]} run: {failures[k]}" for k in sorted(failures))


def _run_process(
    config: dict[str, Any],
    out: Path,
    device: str,
    threads: int,
    cache: Path | None,
    messages: Any,
) -> None:
    """Body of a run's process; its last message is None or the error message."""
    signal.signal(signal.SIGTERM, exit_on_signal)  # so that temporary files are deleted
    _unblock(signal.SIGTERM)
    parent = multiprocessing.parent_process()
    if parent is not None:
        exit_after(lambda: connection.wait([parent.sentinel]))
    torch.set_num_threads(threads)

    def report(progress: Progress) -> None:
        try:
            messages.send(progress)
        except BrokenPipeError:  # the parent process has ended
            sys.exit(1)

    failure = None
    try:
        run(from_dict(config), out, torch.device(device), report, cache)
    except Exception as error:
        failure = error_message(error, out, device, config["method"])
        if failure is None:
            raise
    with contextlib.suppress(BrokenPipeError):
        messages.send(failure)


def exit_on_signal(*_: object) -> None:
    """Signal handler: exit with code 1, which runs all cleanup."""
    sys.exit(1)


#: Parts of the messages of CPU and GPU allocators that raise a plain RuntimeError.
_OUT_OF_MEMORY = (
    *("can't allocate memory", "cannot allocate memory", "unable to allocate shared memory"),
    *("not enough memory", "out of memory", "alloc_failed"),
)


def error_message(error: Exception, out: Path, device: str, method: str = "") -> str | None:
    """The reason of a failed run in one line; None for a bug, whose traceback should be seen."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename or out}"
    if isinstance(error, ValueError | FloatingPointError):
        return f"{source_line(error, method)}{error}"
    if isinstance(error, OverflowError):
        return f"a number is too large ({error})"
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError)
        and any(part in str(error).lower() for part in _OUT_OF_MEMORY)
    ):
        return f"out of memory on {device}; a smaller --optim.batch needs less"
    return None


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Block signals while a process starts, so that it cannot be missing from those to stop.

    The process inherits the blocked signals. Ctrl-C reaches the whole process group and stays
    blocked in it, since the parent handles it; the process unblocks the others once its handler is
    set.
    """
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    resource_tracker.ensure_running()  # its start would unblock the signals
    blocked = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _unblock(*signals: signal.Signals) -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)


@contextlib.contextmanager
def _environment(threads: int) -> Iterator[None]:
    """Environment variables that a process inherits; the caller's are restored afterwards."""
    added = run_environment(threads)
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
