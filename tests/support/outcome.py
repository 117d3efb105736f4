"""What a command may do: work, or say one line and leave nothing half-written."""

import contextlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest


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


def error_line(
    main: Callable[[Sequence[str]], object], words: Sequence[object], capsys: Any
) -> str:
    """What a refused command prints on stderr: one line, with exit code 2."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    shown = capsys.readouterr()
    assert stop.value.code == 2
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err
    return str(shown.err)
