"""Every script starts from the root, by the path that the pages name."""

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Path from the root → text, of every file that runs as a command.
SCRIPTS = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in sorted((ROOT / "benchmarks").rglob("*.py"))
    if '__name__ == "__main__"' in path.read_text()
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_prints_its_help(script, monkeypatch, capsys):
    """In this process, which has imported what they need: as the path's own `__main__`."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", [script, "--help"])
    monkeypatch.setattr(sys, "path", [str(ROOT / script.rpartition("/")[0]), *sys.path])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(script, run_name="__main__")
    assert not ended.value.code
    assert "usage:" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("script", ["benchmarks/speed/generator.py", "benchmarks/redraw.py"])
def test_a_script_runs_by_its_path(script):
    result = subprocess.run(
        [sys.executable, script, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "usage:" in result.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_states_its_own_path(script):
    assert f"python {script}" in (ast.get_docstring(ast.parse(SCRIPTS[script])) or "")


def test_the_page_lists_every_script():
    page = (ROOT / "benchmarks" / "README.md").read_text()
    assert len(SCRIPTS) == 31
    assert [script for script in SCRIPTS if f"python {script}" not in page] == []
