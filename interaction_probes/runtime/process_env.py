"""Environment, shutdown and exit messages of a run's process. Workers import it: keep it light."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping

#: By default glibc returns large freed blocks to the system and gets them back page by page, which
#: takes a third of the time of a training step on a CPU. These settings keep the blocks, in huge
#: pages. Results do not change.
_ALLOCATOR = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 31),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
    "MALLOC_TOP_PAD_": str(1 << 28),
}
SHUTDOWN_SECONDS = 10.0  # time for a stopped process to delete its temporary files


def run_environment(threads: int) -> Mapping[str, str]:
    """Environment variables to add for a run's process; those already set are not overridden."""
    number = str(threads)
    defaults = {**_ALLOCATOR, "OMP_NUM_THREADS": number, "OPENBLAS_NUM_THREADS": number}
    return {name: value for name, value in defaults.items() if name not in os.environ}


def exit_after(wait: Callable[[], object]) -> None:
    """Exit this process once a function returns: by SIGTERM, and by force if that takes too long.

    Args:
        wait: blocks until the process has to exit; called in a thread.
    """

    def watch() -> None:
        wait()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(SHUTDOWN_SECONDS)  # Python handles no signal during one long library call
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def describe_exit(code: int) -> str:
    """Error message for a process that ended without one; a negative exit code is a signal."""
    if code >= 0:
        return f"it ended without a result (exit code {code})"
    name = signal.Signals(-code).name
    reason = " (often a sign of too little memory)" if name == "SIGKILL" else ""
    return (
        f"it was killed by {name}{reason}; "
        "run the same command again to resume from the last checkpoint"
    )
