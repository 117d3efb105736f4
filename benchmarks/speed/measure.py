"""Seconds, floating-point rates and memory of an action, and the versions they belong to."""

import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from interaction_probes.runtime.memory import peak_memory
from interaction_probes.storage.provenance import processor


def median_seconds(action: Callable[[], object], repeats: int = 3) -> float:
    """Median seconds of an action, after one warm-up call."""
    action()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def count_flops(action: Callable[[], object]) -> int:
    """Floating-point operations of an action's matrix products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        action()
    return counter.get_total_flops()


def matmul_rate(dtype: torch.dtype, size: int) -> float:
    """Operations per second of a product of two size × size matrices: the best of five."""
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    return 2 * size**3 / min(median_seconds(lambda: a @ b, repeats=1) for _ in range(5))


def versions() -> str:
    """Versions of interpreter and libraries, processor and threads."""
    return (
        f"python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}, "
        f"pillow {version('pillow')}, scikit-learn {version('scikit-learn')}, {processor()}, "
        f"{torch.get_num_threads()} threads"
    )


def memory_growth(before: int) -> int:
    """Bytes by which the peak memory of this process grew since an earlier reading, at least 0.

    A later reading can be lower: while several threads allocate, Linux updates the peak from
    approximate counters (by up to 0.2 MB lower in 4 of 20,000 readings with six threads).
    """
    return max(0, peak_memory() - before)
