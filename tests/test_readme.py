"""The commands that the README shows are commands that work."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.split("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
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
    assert "python -m interaction_probes.run --method comm" in COMMANDS
    assert "-m interaction_probes.run --method comm\n" in (ROOT / "Makefile").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("command", PYTHON_COMMANDS)
def test_command(command: str, tmp_path: Path) -> None:
    words = [sys.executable, *shlex.split(command)[1:]]
    if "interaction_probes.run" in command and not {"--help", "--preset"} & {*words}:
        words += ["--preset", "smoke"]  # the same line at the smallest size
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=300
    )
    assert done.returncode == 0, done.stderr


def test_links_and_pictures_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
