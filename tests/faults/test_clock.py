"""A clock that jumps changes nothing: durations come from a clock that does not."""

import ast

import pytest
from project_files import MODULES, name_of

#: Where the time of a file's last change is compared with itself, to see whether it has changed.
COMPARED = {"interaction_probes/datasets/file_states.py": ["one.st_mtime_ns"]}


def wall_clocks(source):
    """Names of the wall clock, and of what is stamped with it."""
    forbidden = {"time.time", "time.time_ns", "time.ctime", "time.localtime", "time.gmtime"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if name in forbidden or name.split(".")[0] == "datetime" or "mtime" in node.attr:
                yield name
        if isinstance(node, ast.ImportFrom) and node.module in ("time", "datetime"):
            # A timedelta is a duration, not a time of day.
            yield from (alias.name for alias in node.names if alias.name != "timedelta")


@pytest.mark.parametrize("path", MODULES.values(), ids=name_of)
def test_no_source_reads_the_wall_clock(path):
    assert list(wall_clocks(path.read_text())) == COMPARED.get(name_of(path), [])


@pytest.mark.parametrize("line", ["time.time()", "from time import time", "path.stat().st_mtime"])
def test_the_rule_can_fail(line):
    assert list(wall_clocks(line))
