import subprocess
import sys

from interaction_probes.runtime import memory
from interaction_probes.runtime.memory import peak_memory

SMALL = "from interaction_probes.runtime.memory import peak_memory; print(peak_memory())"


def test_the_peak_stays_when_memory_is_given_back():
    block = bytearray(b"1") * 300_000_000
    peak = peak_memory()
    assert peak > len(block)
    del block
    assert peak_memory() > 0.99 * peak  # the kernel's counters lag by some pages


def test_the_peak_is_of_the_process_alone():
    """A large process starts a small one, which does not inherit its peak."""
    block = bytearray(b"1") * 600_000_000
    found = subprocess.run([sys.executable, "-c", SMALL], check=True, capture_output=True)
    assert int(found.stdout) < len(block)


def test_systems_that_do_not_report_it(monkeypatch):
    class Nowhere:
        def __init__(self, *_):
            pass

        def read_text(self):
            raise FileNotFoundError

    monkeypatch.setattr(memory, "Path", Nowhere)
    monkeypatch.setattr(memory.sys, "platform", "win32")
    assert peak_memory() == 0
