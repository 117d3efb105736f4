"""The processor of this machine."""

import contextlib
import functools
import platform
from pathlib import Path


@functools.cache
def processor_name() -> str:
    """What the processor calls itself: "AMD EPYC", say."""
    with contextlib.suppress(OSError):  # only Linux has the file
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        if names:
            return names[0]
    return platform.processor() or platform.machine()
