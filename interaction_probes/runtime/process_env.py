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
#: By default libgomp's threads spin while they wait for one another. Beside another busy process, a
#: spinning thread uses up the core that the awaited one needs, and a run of two threads is up to
#: hundreds of times slower (``benchmarks/speed/busy_core.py``). Passive threads sleep.
_WAITING = {"OMP_WAIT_POLICY": "passive"}
#: Variables by which a user chooses how threads wait; where one is set, nothing is added.
_WAITING_CHOICES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
SHUTDOWN_SECONDS = 10.0  # time for a stopped process to delete its temporary files


def run_environment(threads: int) -> Mapping[str, str]:
    """Environment variables to add for a run's process; those already set are not overridden."""
    number = str(threads)
    defaults = {**_ALLOCATOR, "OMP_NUM_THREADS": number, "OPENBLAS_NUM_THREADS": number}
    defaults |= {} if _chooses_waiting() else _WAITING
    return {name: value for name, value in defaults.items() if name not in os.environ}


def _chooses_waiting() -> bool:
    return any(name in os.environ for name in _WAITING_CHOICES)


def spinning_note(threads: int) -> str:
    """A line for a process whose threads spin, since torch was imported before that was set.

    Empty for one thread, and where the environment says how threads wait.

    Args:
        threads: the threads that the process computes with.
    """
    if threads < 2 or _chooses_waiting():
        return ""
    return (
        f"the {threads} threads of this process spin while they wait, which is slow beside other "
        "busy processes: set OMP_WAIT_POLICY=passive before torch is imported"
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
