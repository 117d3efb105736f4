"""How many threads a computation is worth."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Result = TypeVar("Result")

#: Numbers per pass over the data below which threads mostly wait for one another: where cores are
#: busy with other work, each wait costs about a millisecond, and a fit has tens of thousands.
_WORTH_SHARING = 1 << 20


@contextlib.contextmanager
def threads_for(numbers: int) -> Iterator[None]:
    """Run the block on one CPU thread if each of its passes reads few numbers."""
    before = torch.get_num_threads()
    if numbers < _WORTH_SHARING:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def side_by_side(works: Sequence[Callable[[], Result]]) -> list[Result]:
    """The results of independent computations, which share the CPU threads of this one.

    Small operations wait for one another less in computations of their own than in the threads of
    one. Which thread takes which changes no result: each computes with as many threads as any.

    Raises:
        Exception: the first that a computation raised, in their order.
    """
    threads = torch.get_num_threads()
    at_a_time = min(threads, len(works))
    if at_a_time < 2:
        return [work() for work in works]
    gradients = torch.is_grad_enabled()  # a thread of its own begins with them

    def do(work: Callable[[], Result]) -> Result:
        torch.set_num_threads(threads // at_a_time)
        with torch.set_grad_enabled(gradients):
            return work()

    pool = ThreadPoolExecutor(at_a_time)
    try:
        return list(pool.map(do, works))
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


def together(works: Sequence[Callable[[], Result]], device: torch.device) -> list[Result]:
    """The results of independent computations: on a CPU side by side, on a GPU in turn."""
    return side_by_side(works) if device.type == "cpu" else [work() for work in works]
