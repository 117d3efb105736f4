"""Runs side by side: one process each, their progress shown by the process that started them."""

import contextlib
import multiprocessing
import os
import queue
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from .config import RunConfig, as_plain, from_plain
from .experiment import Progress, folder_name, run
from .results import RunFolder

#: glibc gives large freed blocks back at once and takes them anew page by page, which costs a
#: training step a third of its time on a CPU. Keeping them, in huge pages, changes no number.
_ALLOCATOR = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 31),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
    "MALLOC_TOP_PAD_": str(1 << 28),
}


@dataclass(frozen=True)
class Machine:
    """Where runs take place.

    Attributes:
        device: of every run.
        threads: CPU threads of each process.
        processes: runs at a time.
    """

    device: torch.device
    threads: int
    processes: int


def plan(device: str, threads: int, runs: int) -> Machine:
    """Share this machine among runs: side by side on the cores of a CPU, in turn on a GPU.

    Raises:
        ValueError: a device that is not there, or a negative number of threads.
    """
    if threads < 0:
        raise ValueError(f"the number of threads is 0 (automatic) or more, not {threads}")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"no device {device!r}; auto, cpu, cuda and cuda:1 are examples") from error
    if found.type == "cuda" and not torch.cuda.is_available():
        raise ValueError("no CUDA device is available; --device cpu works everywhere")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = max(1, min(runs, cores)) if found.type == "cpu" else 1
    return Machine(found, threads or max(1, cores // processes), processes)


def launch(
    configs: Sequence[RunConfig], out: Path, machine: Machine, cache: Path | None = None
) -> list[RunFolder]:
    """Do runs in processes of their own and show their progress.

    Raises:
        ValueError: what a run refused, in its words; runs that could go on have finished.
    """
    context = multiprocessing.get_context("spawn")
    messages: Any = context.Queue()
    waiting = list(enumerate(configs))
    active: dict[int, BaseProcess] = {}
    failures: list[str] = []
    with _environment(machine), _Display([c.pairs for c in configs], configs) as display:
        try:
            while waiting or active:
                while waiting and len(active) < machine.processes:
                    k, config = waiting.pop(0)
                    settings = (k, as_plain(config), out, str(machine.device), machine.threads, cache)
                    active[k] = context.Process(target=_work, args=(*settings, messages), daemon=True)
                    active[k].start()
                try:
                    k, content = messages.get(timeout=0.5)
                except queue.Empty:
                    for k in [k for k, process in active.items() if not process.is_alive()]:
                        if messages.empty():  # it died without a last word
                            code = active.pop(k).exitcode
                            failures.append(f"the {configs[k].pairs} run ended with code {code}")
                    continue
                if isinstance(content, Progress):
                    display.show(k, content)
                else:
                    active.pop(k).join()
                    failures += [content] if content else []
        finally:
            for process in active.values():
                process.terminate()
                process.join()
    if failures:
        raise ValueError("; ".join(dict.fromkeys(failures)))
    return [RunFolder(out / folder_name(config)) for config in configs]


def _work(
    k: int,
    plain: dict[str, Any],
    out: Path,
    device: str,
    threads: int,
    cache: Path | None,
    messages: Any,
) -> None:
    """The body of a run's process; its last message is None or what went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    torch.set_num_threads(threads)
    parent = multiprocessing.parent_process()

    def report(progress: Progress) -> None:
        if parent is not None and not parent.is_alive():
            sys.exit(1)
        messages.put((k, progress))

    failure = None
    try:
        run(from_plain(plain), out, torch.device(device), report, cache)
    except OSError as error:
        failure = f"{error.strerror or error}: {error.filename or out}"
    except (ValueError, FloatingPointError) as error:
        failure = str(error)
    messages.put((k, failure))


@contextlib.contextmanager
def _environment(machine: Machine) -> Iterator[None]:
    """What the processes inherit; the caller's own environment comes back afterwards."""
    threads = str(machine.threads)
    wanted = {**_ALLOCATOR, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update({name: value for name, value in wanted.items() if before[name] is None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


class _Display:
    """A bar per run with the time left in a terminal; a line per epoch elsewhere."""

    def __init__(self, names: Sequence[str], configs: Sequence[RunConfig]) -> None:
        self.names = [f"{name:<{max(map(len, names))}}" for name in names]
        self.bars = [
            tqdm(
                total=float(config.optim.epochs),
                desc=name,
                position=k,
                disable=not sys.stderr.isatty(),
                bar_format="{desc} {percentage:3.0f}%|{bar}| {n:.1f}/{total:.0f} epochs, "
                "{remaining} left",
            )
            for k, (name, config) in enumerate(zip(self.names, configs, strict=True))
        ]

    def show(self, k: int, progress: Progress) -> None:
        bar = self.bars[k]
        bar.update(progress.epoch + progress.fraction - bar.n)
        if progress.line:
            tqdm.write(f"[{self.names[k]}] {progress.line}", file=sys.stdout)
            sys.stdout.flush()

    def __enter__(self) -> "_Display":
        return self

    def __exit__(self, *_: object) -> None:
        for bar in self.bars:
            bar.close()
