"""The packages of methods and losses: their names, lazily imported, as type checkers see them."""

import ast
import importlib
import subprocess
import sys

import pytest
from project_files import MODULES

FACES = [f"interaction_probes.{name}" for name in ("comm", "contrast", "baselines")]


@pytest.mark.parametrize("name", FACES)
def test_every_name_is_there_documented_and_typed(name):
    package = importlib.import_module(name)
    tree = ast.parse(MODULES[name].read_text())
    typed = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert typed == set(package.__all__) <= set(dir(package))
    for public in package.__all__:
        found = getattr(package, public)
        assert found.__name__ == public
        assert (found.__doc__ or "").strip()
    with pytest.raises(AttributeError, match="no_such_name"):
        package.no_such_name  # noqa: B018


def test_importing_them_does_not_import_torch():
    code = f"import sys, {', '.join(FACES)}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
