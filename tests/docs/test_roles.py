"""Roles in docstrings and comments, :func:`test_roles_name_what_exists` say, name what exists."""

import ast
import importlib
import re

import pytest
from project_files import MODULES

ROLE = re.compile(r":(?:py:)?(?:class|func|meth|mod|attr|data|exc|obj|const|term):`([^`]+)`")


def target_of(text):
    """The dotted name of a role: of ``~a.b`` and of ``title <a.b>`` it is a.b."""
    named = re.fullmatch(r".*<([^>]+)>", text, re.DOTALL)
    return (named.group(1) if named else text).strip().lstrip("~!").removesuffix("()")


def has(owner, path):
    """Whether an object has an attribute, its attribute and so on; fields of dataclasses too."""
    for name in path:
        if not hasattr(owner, name):
            return name in getattr(owner, "__annotations__", {})
        owner = getattr(owner, name)
    return True


def is_importable(path):
    """Whether a dotted name is a module of the project or something in one."""
    for k in range(len(path), 0, -1):
        module = ".".join(path[:k])
        if module in MODULES:
            return has(importlib.import_module(module), path[k:])
    return False


def dangling(module, source):
    """The roles of a module's source that name nothing in its classes, in it or in the project."""
    classes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    for found in ROLE.finditer(source):
        line = source.count("\n", 0, found.start()) + 1
        around = [c.name for c in classes if c.lineno <= line <= (c.end_lineno or line)]
        owners = [module, *(getattr(module, name) for name in around if hasattr(module, name))]
        target = target_of(found.group(1))
        # As in an import, a leading point is the module's own package.
        path = (module.__package__ + target if target[0] == "." else target).split(".")
        if not any(has(owner, path) for owner in owners) and not is_importable(path):
            yield target


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_roles_name_what_exists(name):
    module = importlib.import_module(name)
    assert list(dangling(module, MODULES[name].read_text(encoding="utf-8"))) == []


def test_roles_that_name_nothing_are_found(tmp_path, monkeypatch):
    source = (
        "'''See :func:`own`, :class:`Own`, :meth:`Own.run` and :mod:`trifeature.pairs.design`.\n"
        "Not :func:`other`, :meth:`Own.stop`, :meth:`run`, :func:`draw.own` or\n"
        ":func:`~trifeature.pairs.design.nothing` and :class:`the class <Missing>`.'''\n"
        "def own(): ...\n"
        "class Own:\n    '''It has :meth:`run` and :attr:`size`.'''\n    size: int\n"
        "    def run(self): ...\n"
    )
    (tmp_path / "some_roles.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    found = list(dangling(importlib.import_module("some_roles"), source))
    expected = ["other", "Own.stop", "run", "draw.own", "trifeature.pairs.design.nothing"]
    assert found == [*expected, "Missing"]
