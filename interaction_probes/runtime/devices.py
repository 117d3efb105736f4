"""What of this machine a command's runs take: device, threads, runs at a time."""

import os
from dataclasses import dataclass

import torch

from . import distributed


@dataclass(frozen=True)
class Resources:
    """Where runs take place.

    Attributes:
        device: of every run.
        threads: CPU threads of each process.
        processes: runs at a time.
    """

    device: torch.device
    threads: int
    processes: int


def allocate(device: str, threads: int, runs: int) -> Resources:
    """Share this machine among runs: side by side on the cores of a CPU, in turn on a GPU.

    Among several processes that torchrun started, each has its share of the cores or a GPU, and
    runs take place in turn.

    Raises:
        ValueError: a device that is not there, or a negative number of threads.
    """
    if threads < 0:
        raise ValueError(f"the number of threads is 0 (automatic) or more, not {threads}")
    found = parse_device(device)
    if found is None:
        found = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if found.type == "cuda" and not torch.cuda.is_available():
        raise ValueError("no CUDA device is available; --device cpu works everywhere")
    if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"no device {device!r}: there are {torch.cuda.device_count()} CUDA devices"
        )
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    if distributed.launched_by_torchrun():
        return Resources(*_own_part(found, cores, threads), 1)
    if found.type == "cuda":
        return Resources(found, threads or cores, 1)
    at_a_time = max(1, min(runs, cores))
    return Resources(torch.device("cpu"), threads or max(1, cores // at_a_time), at_a_time)


def parse_device(device: str) -> torch.device | None:
    """The device that a name means on any machine; None for ``auto``.

    Raises:
        ValueError: a name that no machine gives to a device for runs.
    """
    if device == "auto":
        return None
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"no device {device!r}; auto, cpu, cuda or cuda:1 are examples") from error
    if str(found) != device:  # numbers beyond its own are taken for others: cuda:300 for cuda:44
        raise ValueError(f"no device {device!r}; {found} is what PyTorch makes of it")
    if found.type not in ("cpu", "cuda"):
        raise ValueError(f"runs take place on cpu or cuda, not on {device!r}")
    return found


def _own_part(device: torch.device, cores: int, threads: int) -> tuple[torch.device, int]:
    """The device and the threads of this process among those that torchrun started."""
    local, number = distributed.local_rank_and_size()
    threads = threads or max(1, cores // number)
    if device.type == "cpu":
        return torch.device("cpu"), threads
    if device.index is not None:
        raise ValueError("each process takes a CUDA device of its own: --device cuda")
    if number > torch.cuda.device_count():
        raise ValueError(
            f"{number} processes on a machine need as many CUDA devices; "
            f"there are {torch.cuda.device_count()}; let every process see all of its machine's"
        )
    return torch.device("cuda", local), threads
