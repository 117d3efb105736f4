"""Device, threads and number of parallel runs of a command."""

import os
from collections.abc import Collection
from dataclasses import dataclass

import torch

from . import distributed
from .process_env import threads_of_environment


@dataclass(frozen=True)
class Resources:
    """The hardware that runs use.

    Attributes:
        device: device of every run.
        threads: CPU threads of each process.
        processes: number of runs in parallel.
        last_threads: CPU threads of the runs of a last round that has fewer than `processes`; 0
            for as many as all others have.
    """

    device: torch.device
    threads: int
    processes: int
    last_threads: int = 0

    def threads_of(self, k: int, runs: int) -> int:
        """CPU threads of run k of so many: the last ones get the cores that would be idle.

        They depend on the place of a run alone, not on when it starts.
        """
        is_last = k >= runs - runs % self.processes
        return self.last_threads or self.threads if is_last else self.threads

    def may_start(self, k: int, active: Collection[int], runs: int) -> bool:
        """Whether run k of so many has the cores that its threads need.

        A run with more threads than the others waits for these: beside a busy core its threads
        would wait for one another by sleeping, all along, and be slower than one thread.

        Args:
            k: the run.
            active: the runs that are under way.
            runs: how many there are in all.
        """
        if not active:
            return True
        threads = self.threads_of(k, runs)
        used = sum(self.threads_of(other, runs) for other in active)
        fits = threads <= self.threads or used + threads <= self.processes * self.threads
        return fits and len(active) < self.processes


def allocate(device: str, threads: int, runs: int) -> Resources:
    """Divide this machine among runs: in parallel on the cores of a CPU, one by one on a GPU.

    Under torchrun each rank uses its share of the cores or one GPU, and runs are executed one by
    one.

    Args:
        device: auto, cpu, cuda or cuda:N.
        threads: CPU threads of each process; 0 takes ``OMP_NUM_THREADS``, or divides the cores
            evenly where that is not set; of three runs on two cores the third gets both. Under
            torchrun, which sets it, 0 always divides.
        runs: number of runs.

    Raises:
        ValueError: the device is not available, or the number of threads is negative.
    """
    if threads < 0:
        raise ValueError(f"the number of threads is 0 (automatic) or more, not {threads}")
    parsed = parse_device(device)
    if parsed is None:
        parsed = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if parsed.type == "cuda" and not torch.cuda.is_available():
        raise ValueError("no CUDA device is available; --device cpu works everywhere")
    if parsed.type == "cuda" and (parsed.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"no device {device!r}: the number of CUDA devices is {torch.cuda.device_count()}"
        )
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    if distributed.launched_by_torchrun():
        return Resources(*_rank_resources(parsed, cores, threads), 1)
    threads = threads or threads_of_environment()
    if parsed.type == "cuda":
        return Resources(parsed, threads or cores, 1)
    n_parallel = max(1, min(runs, cores))
    last = runs % n_parallel
    return Resources(
        torch.device("cpu"),
        threads or max(1, cores // n_parallel),
        n_parallel,
        0 if threads or not last else cores // last,
    )


def parse_device(device: str) -> torch.device | None:
    """The device of a name, available or not; None for ``auto``.

    Raises:
        ValueError: the name is malformed, or its device is neither a CPU nor a CUDA device.
    """
    if device == "auto":
        return None
    try:
        parsed = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"no device {device!r}; auto, cpu, cuda or cuda:1 are examples") from error
    if str(parsed) != device:  # torch wraps large numbers: cuda:300 becomes cuda:44
        raise ValueError(f"no device {device!r}; PyTorch parses it as {parsed}")
    if parsed.type not in ("cpu", "cuda"):
        raise ValueError(f"runs use cpu or cuda, not {device!r}")
    return parsed


def _rank_resources(device: torch.device, cores: int, threads: int) -> tuple[torch.device, int]:
    """The device and the number of threads of this rank under torchrun."""
    local_rank, local_world_size = distributed.local_rank_and_size()
    threads = threads or max(1, cores // local_world_size)
    if device.type == "cpu":
        return torch.device("cpu"), threads
    if device.index is not None:
        raise ValueError("under torchrun each rank uses another CUDA device: pass --device cuda")
    if local_world_size > torch.cuda.device_count():
        raise ValueError(
            f"{local_world_size} processes on a machine need as many CUDA devices; "
            f"{torch.cuda.device_count()} are visible; every process must see all of its machine's"
        )
    return torch.device("cuda", local_rank), threads
