import contextlib
import time
import warnings

from interaction_probes.execution.backends import imap_unordered, worker_pool


def slowly(seconds):
    time.sleep(seconds)
    return seconds


def test_giving_up_is_silent():
    with worker_pool(2), warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.closing(imap_unordered(slowly, [(0.0,), (0.5,), (0.5,), (0.5,)])) as found:
            assert next(found) == 0.0
