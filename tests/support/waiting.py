"""For tests of processes: wait until something is true, and see whether a process lives."""

import time


def until(true, seconds=300):
    """Wait for a condition, which fails the test if it does not come about, however slowly."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def alive(pid):
    """Whether a process is there and not a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
