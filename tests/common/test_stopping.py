"""How commands end: by a signal, by a disk or a reader that is gone, for want of memory."""

import os
import signal
import subprocess
import sys

import pytest

from interaction_probes.common.cli import Stopped, friendly_errors

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_unwinds_the_block_and_ends_it_in_a_line(capsys, number):
    unwound = []
    before = signal.getsignal(number)

    def work():
        try:
            os.kill(os.getpid(), number)
            pytest.fail("the signal came to nothing")
        finally:
            unwound.append(True)

    with pytest.raises(SystemExit) as stop, friendly_errors("stopped; go on"):
        work()
    assert stop.value.code == 128 + number
    assert unwound
    assert capsys.readouterr().err == "stopped; go on\n"
    assert signal.getsignal(number) is before


def test_a_signal_that_is_ignored_stays_so(monkeypatch):
    """As SIGHUP is under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with friendly_errors():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_handler_of_somebody_elses_stays(capsys):
    seen = []
    before = signal.signal(signal.SIGTERM, lambda *_: seen.append(True))
    try:
        with friendly_errors():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [True]


def test_a_stop_is_an_interrupt_to_everything_between():
    assert issubclass(Stopped, KeyboardInterrupt)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "error: not enough memory\n"),
        (OverflowError("int too large"), "error: a number is too large (int too large)\n"),
    ],
)
def test_numbers_too_large_are_one_line(capsys, error, line):
    with pytest.raises(SystemExit) as stop, friendly_errors():
        raise error
    assert stop.value.code == 2
    assert capsys.readouterr().err == line


PRINT = """
from interaction_probes.common.cli import friendly_errors
with friendly_errors():
    print("a line")
"""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_an_output_that_takes_nothing_is_told_once():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", PRINT], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.stderr == "error: no space left on device\n"
    assert done.returncode == 2


def test_a_reader_that_is_gone_is_told_once():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", PRINT], stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    assert done.stderr == "error: broken pipe\n"
    assert done.returncode == 2
