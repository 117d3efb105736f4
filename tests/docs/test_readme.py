"""The commands that the README and the pages next to it show are commands that work."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from launched_here import launch_here
from quick_figures import without_rendering

from interaction_probes.run import main
from trifeature.__main__ import main as trifeature

ROOT = Path(__file__).parents[2]
PLAIN = "python -m interaction_probes.run --method comm"
README = (ROOT / "README.md").read_text()
#: What README shows, and the pages on its subjects that have no test of their own.
PAGES = [README, *((ROOT / "docs" / f"{name}.md").read_text() for name in ("data", "methods"))]
COMMANDS = [
    line.split("  #")[0].strip()
    for page in PAGES
    for block in re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL)
    for line in block.splitlines()
    if line.strip() and not line.startswith("#")
]
# The set-up and the suite itself are what runs this test.
PYTHON_COMMANDS = sorted(
    {
        command
        for command in COMMANDS
        if re.match(r"python -m (interaction_probes|trifeature)", command)
    }
)


def test_there_are_commands_to_try() -> None:
    assert len(PYTHON_COMMANDS) >= 8


def test_the_two_commands_are_make_targets() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    shown = [command.split()[1] for command in COMMANDS if command.startswith("make ")]
    assert {"run", "test"} <= set(shown)
    assert set(shown) <= set(targets)


def test_make_run_is_the_plain_command() -> None:
    assert PLAIN in COMMANDS
    assert PLAIN.removeprefix("python ") + "\n" in (ROOT / "Makefile").read_text()


def smallest(command: str) -> list[str]:
    """A command's words after ``python``, with its runs at the smallest size."""
    words = shlex.split(command)[1:]
    runs = "interaction_probes.run" in words and not {"--help", "--preset"} & {*words}
    return [*words, "--preset", "smoke"] if runs else words


LEAST = ["--n-pairs", "60", "--images.renders", "1", "--probe.strengths", "0.1"]
#: Commands that do runs.
RUNS = [
    command
    for command in PYTHON_COMMANDS
    if "interaction_probes.run " in command and "--help" not in command
]


#: A command in a process of its own; that of a run is in test_your_own_method.py.
ALONE = [next(each for each in PYTHON_COMMANDS if "trifeature generate" in each)]


@pytest.mark.slow
@pytest.mark.parametrize("command", ALONE)
def test_command(command: str, tmp_path: Path) -> None:
    words = [sys.executable, *shlex.split(command)[1:]]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=300
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", [each for each in PYTHON_COMMANDS if each not in RUNS + ALONE])
def test_command_in_this_process(command: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    package, *words = shlex.split(command)[2:]
    code = None
    try:
        {"interaction_probes.run": main, "trifeature": trifeature}[package](words)
    except SystemExit as stop:  # after a help text
        code = stop.code
    shown = capsys.readouterr()
    assert not code, shown.err
    assert shown.out


@pytest.mark.slow
@pytest.mark.parametrize("command", RUNS)
def test_command_of_runs(command: str, tmp_path: Path, monkeypatch, capsys) -> None:
    """The same in this process, which need not import everything thrice, on the least data.

    Their curves are made, but only the plain command renders them.
    """
    launch_here(monkeypatch)
    if command != PLAIN:
        without_rendering(monkeypatch)
    monkeypatch.chdir(tmp_path)
    main([*smallest(command)[2:], *LEAST])
    assert "done in" in capsys.readouterr().out
    assert list(tmp_path.rglob("metrics.csv"))
    pictures = [*tmp_path.rglob("curves.png")]
    assert pictures
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_links_and_pictures_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_the_first_screen_has_the_picture_and_two_commands() -> None:
    screen = "\n".join(README.splitlines()[:20])
    assert "redundancy, uniqueness and synergy" in screen
    assert "make run" in screen
    assert "docs/images/pairs.png" in screen


def test_the_data_of_the_page_are_as_it_says() -> None:
    page = (ROOT / "docs" / "data.md").read_text()
    [block] = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    assert names["data"].train.images.shape == (2400, 64, 64, 3)
    assert names["data"].pretrain.index.shape == (10000, 2)
    assert round(names["data"].truth["S"].synergy, 3) == 0.469
