"""joblib back ends of a sweep: processes on this machine, or a Dask cluster."""

import contextlib
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from typing import Any, TypeVar

import joblib

from interaction_probes.common.error_lines import first_line

_CONNECT_TIMEOUT = 5  # seconds
T = TypeVar("T")


@contextlib.contextmanager
def worker_pool(processes: int, scheduler: str | None = None) -> Iterator[int]:
    """Context in which :func:`imap_unordered` uses a pool; yields the number of parallel jobs.

    Args:
        processes: number of processes on this machine; ignored if there is a scheduler.
        scheduler: address of a Dask scheduler; its workers execute one job per thread.

    Raises:
        ValueError: Dask is not installed, no scheduler answers, or it has no workers.
    """
    if scheduler is None:
        with joblib.parallel_config("loky", n_jobs=processes):
            yield processes
        return
    with _connect(scheduler) as client:
        n_threads = sum(client.ncores().values())
        if not n_threads:
            raise ValueError(f"the Dask scheduler at {scheduler} has no workers; start some first")
        with joblib.parallel_config("dask", n_jobs=-1, client=client):
            yield n_threads


def imap_unordered(
    function: Callable[..., T], calls: Iterable[tuple[Any, ...]]
) -> Generator[T, None, None]:
    """Call a function with each tuple of arguments; yields results in order of completion.

    Raises:
        ValueError: workers were lost, or cannot import the function.
    """
    parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all")
    results = parallel(joblib.delayed(function)(*arguments) for arguments in calls)
    try:
        for result in results:  # noqa: UP028  (yield from would close them before the last block)
            yield result
    except Exception as error:
        pool_failed = isinstance(error, BrokenExecutor | ImportError)
        if not pool_failed and not type(error).__module__.startswith("distributed."):
            raise
        raise ValueError(
            f"workers were lost ({type(error).__name__}: {error}); run the same command again to "
            "resume from the last checkpoints"
        ) from error
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # joblib's warning of cancelled jobs
            results.close()


def _connect(address: str) -> Any:
    try:
        from distributed import Client
        from distributed.comm import get_address_host_port
    except ImportError as error:
        raise ValueError("--scheduler needs Dask: pip install dask distributed") from error
    try:
        # Checked first: a Client with a malformed address prints tracebacks while it closes.
        get_address_host_port(address, strict=True)
    except ValueError as error:
        raise ValueError(
            f"--scheduler takes an address like tcp://host:8786, not {address} ({error})"
        ) from error
    try:
        return Client(address, timeout=_CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = first_line(error)
        raise ValueError(f"no Dask scheduler answers at {address} ({reason})") from error
