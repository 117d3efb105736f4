"""One process at a time: a lock file that the kernel sets free when its holder dies."""

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

#: The lock file of a folder: removed when a run ends, left behind, unlocked, by a killed process.
LOCK = ".lock"
#: Seconds to wait for a process that is about to end, as one whose parent was killed is.
PATIENCE = 10.0


class Busy(ValueError):
    """Another process holds the lock."""


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """Hold a folder's lock for the block, as :func:`locked` does a file."""
    path = folder / LOCK
    try:
        with locked(path) as is_locked:
            try:
                yield is_locked
            finally:
                if not is_locked:
                    path.unlink(missing_ok=True)
    except Busy as busy:
        raise Busy(f"{busy} works in {folder}; wait for it to end, or stop it") from busy


@contextlib.contextmanager
def locked(path: Path, patience: float | None = None) -> Iterator[bool]:
    """Hold a lock file for the block; afterwards it is gone. Its folder is made where needed.

    Gives whether it is locked: False where the system or the file system has no locks, and the file
    then is the caller's to make and to take away.

    Args:
        path: the file.
        patience: seconds to wait for another holder; `PATIENCE` where none are given.

    Raises:
        Busy: another process holds it.
        OSError: the file cannot be written.
    """
    if fcntl is None:
        yield False
        return
    until = time.monotonic() + (PATIENCE if patience is None else patience)
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            taken = _take(handle, path)
            if taken is False:
                yield False
                return
            if taken:
                try:
                    os.ftruncate(handle, 0)
                    os.write(handle, f"{os.getpid()} on {platform.node()}".encode())
                    yield True
                    return
                finally:  # while it is held: afterwards it may be another's
                    path.unlink(missing_ok=True)
            if time.monotonic() >= until:
                holder = os.pread(handle, 200, 0).decode(errors="replace").strip()
                raise Busy(f"another process{f' ({holder})' if holder else ''}")
        finally:
            os.close(handle)
        time.sleep(0.05)


def _take(handle: int, path: Path) -> bool | None:
    """Lock an open file: True if it is locked, False if nothing can be, None if another has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except OSError:  # some network file systems
        return False
    try:  # a holder may have taken the file away between its opening and its locking here
        return True if os.path.samestat(os.fstat(handle), os.stat(path)) else None
    except FileNotFoundError:
        return None
