import contextlib
import time
import warnings

from interaction_probes.execution.backends import unordered, workers


def slowly(seconds):
    time.sleep(seconds)
    return seconds


def test_giving_up_is_silent():
    with workers(2), warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.closing(unordered(slowly, [(0.0,), (0.5,), (0.5,), (0.5,)])) as found:
            assert next(found) == 0.0
