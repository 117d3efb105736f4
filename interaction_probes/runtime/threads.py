"""How many threads a computation is worth."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
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


class ThreadRunner:
    """Independent computations side by side, call after call: they share the CPU threads.

    Small operations wait for one another less in computations of their own than in the threads of
    one. Which thread takes which changes no result: each computes with as many threads as any. On a
    GPU they are done in turn. Used as a context, whose end releases the threads.

    Args:
        device: where the computations take place.
    """

    def __init__(self, device: torch.device) -> None:
        self.threads = torch.get_num_threads() if device.type == "cpu" else 1
        self.pool = ThreadPoolExecutor(self.threads)  # whose threads start when there is work

    def __enter__(self) -> "ThreadRunner":
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(cancel_futures=True)

    def __call__(self, works: Sequence[Callable[[], Result]]) -> list[Result]:
        """Their results.

        Raises:
            Exception: the first that a computation raised, in their order.
        """
        at_a_time = min(self.threads, len(works))
        if at_a_time < 2:
            return [work() for work in works]
        gradients = torch.is_grad_enabled()  # a thread of its own begins with them

        def do(work: Callable[[], Result]) -> Result:
            torch.set_num_threads(self.threads // at_a_time)
            with torch.set_grad_enabled(gradients):
                return work()

        futures = [self.pool.submit(do, work) for work in works]
        wait(futures)  # also where one fails: none sets its threads after these have them back
        torch.set_num_threads(self.threads)
        return [future.result() for future in futures]


def run_in_threads(works: Sequence[Callable[[], Result]], device: torch.device) -> list[Result]:
    """The results of independent computations in :class:`ThreadRunner`, once."""
    with ThreadRunner(device) as company:
        return company(works)
