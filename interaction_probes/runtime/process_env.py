"""Environment, shutdown and exit messages of a run's process. Workers import it: keep it light."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping

from .busy_cores import busy_cores

#: By default glibc returns large freed blocks to the system and gets them back page by page, which
#: takes a third of the time of a training step on a CPU. These settings keep the blocks, in huge
#: pages. Results do not change.
_ALLOCATOR = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 31),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
    "MALLOC_TOP_PAD_": str(1 << 28),
}
#: By default libgomp's threads spin while they wait for one another. Beside other busy processes, a
#: spinning thread uses up the core that the awaited one needs: a run of two threads is then up to
#: tens of times slower. Passive threads sleep, but wake up late: with cores of its own a run loses
#: a third of its speed (``benchmarks/speed/busy_core.py``). So threads sleep only where it pays.
_PASSIVE = {"OMP_WAIT_POLICY": "passive"}
#: Variables by which a user chooses how threads wait; where one is set, nothing is added.
_WAITING_CHOICES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
#: What the system itself may use beside a run.
_SHARE_OF_A_CORE = 0.5
SHUTDOWN_SECONDS = 10.0  # time for a stopped process to delete its temporary files


def run_environment(threads: int) -> Mapping[str, str]:
    """Environment variables to add for a run's process; those already set are not overridden.

    With two threads or more this looks for a tenth of a second whether other processes use cores.
    """
    number = str(threads)
    defaults = {**_ALLOCATOR, "OMP_NUM_THREADS": number, "OPENBLAS_NUM_THREADS": number}
    defaults |= _PASSIVE if _shares_cores(threads) else {}
    return {name: value for name, value in defaults.items() if name not in os.environ}


def _shares_cores(threads: int) -> bool:
    """Whether threads that spin would be slow: others keep cores busy that these threads need."""
    if threads < 2 or any(name in os.environ for name in _WAITING_CHOICES):
        return False
    seen = busy_cores()
    return seen is not None and seen[0] + threads > seen[1] + _SHARE_OF_A_CORE


def spinning_note(threads: int) -> str:
    """A line for a process whose threads spin beside busy ones, since torch was imported before.

    Empty for one thread, where there are cores for all, and where the environment says how threads
    wait.

    Args:
        threads: the threads that the process computes with.
    """
    if not _shares_cores(threads):
        return ""
    return (
        f"other processes use cores that the {threads} threads of this one need; threads that spin "
        "while they wait are slow then: set OMP_WAIT_POLICY=passive before torch is imported, or "
        "use fewer threads"
    )


def threads_of_environment() -> int:
    """The number of threads that ``OMP_NUM_THREADS`` asks for; 0 where it names none."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(asked) if asked.isdecimal() else 0


def ignored_threads_note(used: int) -> str:
    """A line where ``OMP_NUM_THREADS`` is another number than that of the threads in use; or "".

    Args:
        used: the threads of each run.
    """
    asked = threads_of_environment()
    if asked in (0, used):
        return ""
    return f"note: OMP_NUM_THREADS={asked} is not used: --threads gives each run {used}"


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
