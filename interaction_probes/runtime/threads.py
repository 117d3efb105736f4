"""CPU threads: fewer for small computations, and several computations in parallel."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch

Result = TypeVar("Result")

#: Elements per pass over the data below which one thread is used: with busy cores each
#: synchronisation of threads costs about a millisecond, and a fit has tens of thousands.
_MIN_PARALLEL_ELEMENTS = 1 << 20


@contextlib.contextmanager
def threads_for(elements: int) -> Iterator[None]:
    """Use one CPU thread in the block if each pass over the data has few elements."""
    before = torch.get_num_threads()
    if elements < _MIN_PARALLEL_ELEMENTS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class ThreadRunner:
    """Call independent functions in parallel; they share torch's CPU threads.

    Small operations synchronise less often if each function has its threads than if all threads
    share one operation. Every function uses the same number of threads, so the assignment to
    threads does not change results. On a GPU the functions are called one by one. Use as a context
    manager, which releases the threads at its end.

    Args:
        device: device of the computations.
    """

    def __init__(self, device: torch.device) -> None:
        self.threads = torch.get_num_threads() if device.type == "cpu" else 1
        self.pool = ThreadPoolExecutor(self.threads)  # starts its threads on demand

    def __enter__(self) -> "ThreadRunner":
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(cancel_futures=True)

    def __call__(self, functions: Sequence[Callable[[], Result]]) -> list[Result]:
        """Call the functions; returns their results in order.

        Raises:
            Exception: the error of the first function that failed, in order.
        """
        n_parallel = min(self.threads, len(functions))
        if n_parallel < 2:
            return [function() for function in functions]
        grad_enabled = torch.is_grad_enabled()  # a new thread starts with gradients enabled

        def call(function: Callable[[], Result]) -> Result:
            torch.set_num_threads(self.threads // n_parallel)
            with torch.set_grad_enabled(grad_enabled):
                return function()

        futures = [self.pool.submit(call, function) for function in functions]
        wait(futures)  # also after a failure: a later call would reduce the threads again
        torch.set_num_threads(self.threads)
        return [future.result() for future in futures]


def run_in_threads(functions: Sequence[Callable[[], Result]], device: torch.device) -> list[Result]:
    """Call independent functions once in a :class:`ThreadRunner`; returns their results."""
    with ThreadRunner(device) as runner:
        return runner(functions)
