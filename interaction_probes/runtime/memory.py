"""How much memory this process has needed at most."""

import sys
from pathlib import Path


def peak_memory() -> int:
    """Peak resident size of this process so far, in bytes; 0 where the system does not tell."""
    try:
        # Not getrusage: there a process inherits the peak of the one that started it.
        status = Path("/proc/self/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration, ValueError):
        if sys.platform != "darwin":
            return 0
    import resource  # there is none on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
