"""What the API reference shows has a docstring: every public module, class, function and method."""

import ast
import importlib
import inspect

import pytest
from project_files import MODULES


def undocumented(module):
    """The public names of a module that have no docstring, nor one of what they override."""
    if not (module.__doc__ or "").strip():
        yield module.__name__
    # Python gives a dataclass without a docstring its signature as one.
    bare = {
        node.name
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ClassDef) and not ast.get_docstring(node)
    }
    for name, found in vars(module).items():
        defined = getattr(found, "__module__", None) == module.__name__
        if name.startswith("_") or not defined or not (inspect.isclass(found) or callable(found)):
            continue
        if name in bare or not (inspect.getdoc(found) or "").strip():
            yield f"{module.__name__}.{name}"
        for inner, member in vars(found).items() if inspect.isclass(found) else ():
            code = getattr(member, "__func__", getattr(member, "fget", member))
            if inner.startswith("_") or not inspect.isfunction(code):
                continue
            if not (inspect.getdoc(getattr(found, inner)) or "").strip():
                yield f"{module.__name__}.{name}.{inner}"


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_public_names_have_docstrings(name):
    assert list(undocumented(importlib.import_module(name))) == []


def test_a_missing_docstring_is_found(tmp_path, monkeypatch):
    (tmp_path / "bare_names.py").write_text(
        "from dataclasses import dataclass\n"
        "class Base:\n    '''B.'''\n    def run(self):\n        '''Runs.'''\n"
        "class Inner(Base):\n    '''I.'''\n    def run(self): ...\n    def stop(self): ...\n"
        "@dataclass\nclass Bare:\n    value: int\n"
        "def bare(): ...\ndef _private(): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = list(undocumented(importlib.import_module("bare_names")))
    assert found == ["bare_names", "bare_names.Inner.stop", "bare_names.Bare", "bare_names.bare"]
