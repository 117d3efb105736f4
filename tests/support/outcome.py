"""What a fuzzed command may do: work, or say one line and leave nothing half-written."""

import contextlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path


@contextlib.contextmanager
def somewhere() -> Iterator[Path]:
    """A new folder as the current one, so that relative names can do no harm."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


def outcome(main: Callable[[Sequence[str]], object], words: Sequence[str]) -> int:
    """Call a command in process and check how it ends; gives its exit code.

    Raises:
        AssertionError: its end is not clean.
        Exception: whatever else escaped from it.
    """
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(list(words))
        except SystemExit as stop:
            code = stop.code or 0
    said = err.getvalue()
    assert "Traceback" not in said
    if code != 0:
        assert code in (1, 2), (code, said)
        last = said.splitlines()[-1:]
        assert last, "it failed without a word"
        assert last[0].startswith("error: "), said
        assert len(last[0]) > len("error: ")
        assert sum(line.startswith("error: ") for line in said.splitlines()) == 1, said
    left = [path for path in Path().rglob(".*-????????")]
    assert left == [], f"left over: {left}"
    return int(str(code))


def one_line(error: Exception) -> None:
    """Assert that an error is told in a line, though its text may be wrapped."""
    assert " ".join(str(error).split())
