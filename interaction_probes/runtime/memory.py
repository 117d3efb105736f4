"""Peak memory of this process."""

import sys
from pathlib import Path


def peak_memory() -> int:
    """Peak resident memory of this process so far, in bytes; 0 if the system does not report it."""
    try:
        # Not getrusage: on Linux a process inherits its parent's peak there.
        status = Path("/proc/self/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration, ValueError):
        if sys.platform != "darwin":
            return 0
    import resource  # missing on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
