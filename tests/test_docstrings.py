"""What docstrings name exists."""

import ast
import builtins
import importlib
import re

import pytest
from project_files import SOURCES, name_of

TREES = {path: ast.parse(path.read_text()) for path in SOURCES}
DEFINED = {
    node.name
    for tree in TREES.values()
    for node in ast.walk(tree)
    if isinstance(node, ast.ClassDef)
}
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def named_errors(tree):
    """The exceptions that stand under ``Raises:`` in the docstrings of a file."""
    for node in ast.walk(tree):
        text = ast.get_docstring(node) if isinstance(node, DOCUMENTED) else None
        section = re.search(r"^Raises:\n((?:[ ]{4}.*\n?|\n)+)", text or "", flags=re.MULTILINE)
        if section:
            yield from re.findall(r"^    (\S.*?): ", section[1], flags=re.MULTILINE)


def is_an_error(name):
    """Of Python, of the project, or of another package by its whole name."""
    module, _, last = name.rpartition(".")
    found = getattr(importlib.import_module(module) if module else builtins, last, None)
    return name in DEFINED or (isinstance(found, type) and issubclass(found, BaseException))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_error_that_a_docstring_names_exists(path):
    unknown = {name for name in named_errors(TREES[path]) if not is_an_error(name)}
    assert not unknown


def test_the_rule_can_fail():
    [found] = named_errors(
        ast.parse('def f():\n    """It.\n\n    Raises:\n        Lost: it.\n    """')
    )
    assert found == "Lost"
    assert not is_an_error(found)
    assert not is_an_error("print")
    assert is_an_error("ValueError")
    assert is_an_error("PeerLostError")
    assert sum(len([*named_errors(tree)]) for tree in TREES.values()) > 400
