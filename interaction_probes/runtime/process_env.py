"""What a run's process inherits, and how its end is told. Light, since workers import it too."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping

#: glibc gives large freed blocks back at once and takes them anew page by page, which costs a
#: training step a third of its time on a CPU. Keeping them, in huge pages, changes no number.
_ALLOCATOR = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 31),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
    "MALLOC_TOP_PAD_": str(1 << 28),
}
SHUTDOWN_SECONDS = 10.0  # seconds that a stopped process has to take its temporary files away


def run_environment(threads: int) -> Mapping[str, str]:
    """Variables that a run's process needs beside this process's own, which come first."""
    number = str(threads)
    wanted = {**_ALLOCATOR, "OMP_NUM_THREADS": number, "OPENBLAS_NUM_THREADS": number}
    return {name: value for name, value in wanted.items() if name not in os.environ}


def exit_after(gone: Callable[[], object]) -> None:
    """Have this process leave when something is over: in good order, but soon in any case.

    Args:
        gone: returns when it is; it is called in a thread.
    """

    def watch() -> None:
        gone()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(SHUTDOWN_SECONDS)  # one long call of a library keeps a signal waiting
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def describe_exit(code: int) -> str:
    """In words, how a process ended that left no last word; a negative code is a signal."""
    if code >= 0:
        return f"it ended without a result (exit code {code})"
    name = signal.Signals(-code).name
    reason = ", as happens where memory runs out" if name == "SIGKILL" else ""
    return f"it was killed by {name}{reason}; the same command goes on after its last saved epoch"
