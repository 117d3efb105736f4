"""Where a sweep's jobs are worked off: processes of this machine, or a Dask cluster, by joblib."""

import contextlib
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from typing import Any, TypeVar

import joblib

_PATIENCE = 5  # seconds in which a scheduler answers
T = TypeVar("T")


@contextlib.contextmanager
def worker_pool(processes: int, scheduler: str | None = None) -> Iterator[int]:
    """Have :func:`imap_unordered` work on a pool inside the block; gives how many jobs at a time.

    Args:
        processes: of this machine, where there is no scheduler.
        scheduler: address of a Dask scheduler whose workers do the jobs, one per thread of theirs.

    Raises:
        ValueError: Dask is not installed, no scheduler answers, or it has no workers.
    """
    if scheduler is None:
        with joblib.parallel_config("loky", n_jobs=processes):
            yield processes
        return
    with _connected(scheduler) as client:
        at_a_time = sum(client.ncores().values())
        if not at_a_time:
            raise ValueError(f"the Dask scheduler at {scheduler} has no workers; start some first")
        with joblib.parallel_config("dask", n_jobs=-1, client=client):
            yield at_a_time


def imap_unordered(
    function: Callable[..., T], calls: Iterable[tuple[Any, ...]]
) -> Generator[T, None, None]:
    """What a function returns for each tuple of arguments, as soon as it does.

    Raises:
        ValueError: workers were lost, or cannot import what they are to do.
    """
    parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all")
    results = parallel(joblib.delayed(function)(*arguments) for arguments in calls)
    try:
        for result in results:  # noqa: UP028  (yield from would close them before the last block)
            yield result
    except Exception as error:
        lost = isinstance(error, BrokenExecutor | ImportError)
        if not lost and not type(error).__module__.startswith("distributed."):
            raise
        raise ValueError(
            f"workers were lost ({type(error).__name__}: {error}); the same command goes on after "
            "the last saved epochs"
        ) from error
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that jobs are given up
            results.close()


def _connected(address: str) -> Any:
    try:
        from distributed import Client
        from distributed.comm import get_address_host_port
    except ImportError as error:
        raise ValueError("--scheduler needs Dask: pip install dask distributed") from error
    try:
        get_address_host_port(address, strict=True)  # a client that cannot read it closes noisily
    except ValueError as error:
        raise ValueError(
            f"a scheduler's address is like tcp://host:8786, not {address} ({error})"
        ) from error
    try:
        return Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ValueError(f"no Dask scheduler answers at {address} ({reason})") from error
