"""How many of this process's cores others keep busy. Workers import it: keep it light."""

import os
import time
from pathlib import Path

_STAT = Path("/proc/stat")
#: Long enough for ten of the kernel's ticks, which count busy time.
_SECONDS = 0.1


def busy_cores(seconds: float = _SECONDS) -> tuple[float, int] | None:
    """The number of busy cores over a moment, and of all cores that this process may use.

    None where the system does not tell (it is no Linux).

    Args:
        seconds: how long it looks.
    """
    before = _idle_and_all_ticks()
    if before is None:
        return None
    time.sleep(seconds)
    after = _idle_and_all_ticks()
    if after is None or after[1] <= before[1]:
        return None
    cores = len(os.sched_getaffinity(0))
    idle = (after[0] - before[0]) / (after[1] - before[1])
    return cores * (1 - idle), cores


def _idle_and_all_ticks() -> tuple[int, int] | None:
    """Ticks in which the allowed cores were idle, and all of their ticks."""
    try:
        lines = _STAT.read_text().splitlines()
        allowed = {f"cpu{core}" for core in os.sched_getaffinity(0)}
    except (OSError, AttributeError):
        return None
    idle = total = 0
    for line in lines:
        name, *ticks = line.split()
        if name in allowed:
            # user, nice, system, idle, iowait, …; guests are counted in user already
            values = [int(each) for each in ticks[:8]]
            idle += sum(values[3:5])
            total += sum(values)
    return idle, total
