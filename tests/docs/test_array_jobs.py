"""Array jobs as the pages show them: their commands print runs, and a task does its own lines."""

import os
import re
import shlex
import subprocess

import pytest
from project_files import ROOT

from interaction_probes.sweep import main

BLOCKS = [
    (page.name, block)
    for page in sorted((ROOT / "docs").glob("*.md"))
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), flags=re.DOTALL)
]
PRINTING = [
    (name, line.partition(" > ")[0].replace("$(seq 0 2499)", "0 1"))
    for name, block in BLOCKS
    for line in block.splitlines()
    if "--print-commands" in line
]
ARRAYS = [(name, block) for name, block in BLOCKS if "#SBATCH --array" in block]


def test_there_are_array_jobs_to_try():
    assert [name for name, _ in ARRAYS].count("scaling.md") == 2
    assert any("--gpus-per-task=1" in block for _, block in ARRAYS)
    assert any("--device cuda" in line for _, line in PRINTING)


@pytest.mark.parametrize(("name", "line"), PRINTING)
def test_each_line_is_a_run_into_one_folder(name, line, capsys):
    words = shlex.split(line)
    main(words[3:])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(set(lines)) > 1
    assert all(line.startswith("python -m interaction_probes.run ") for line in lines)
    for option in {"--out", "--device", "--threads"} & set(words):
        value = words[words.index(option) + 1]
        assert all(f"{option} {value}" in line for line in lines)
    gpus = [block for _, block in ARRAYS if "--gpus-per-task" in block]
    if "cuda" in words:
        assert f"--array=1-{len(lines)}%" in gpus[0]


@pytest.mark.parametrize(("name", "block"), ARRAYS)
def test_a_task_does_its_own_lines(name, block, tmp_path):
    """A stand-in for ``python`` notes what it is given; nothing else of a task is replaced."""
    note = tmp_path / "noted"
    bin_folder = tmp_path / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "activate").write_text(f'PATH="{bin_folder}:$PATH"\n')
    python = bin_folder / "python"
    python.write_text(f'#!/bin/sh\necho "$*" >> {shlex.quote(str(note))}\n')
    python.chmod(0o755)
    per_task = int((re.findall(r"^lines=(\d+)", block, flags=re.MULTILINE) or [1])[0])
    begins = int(re.findall(r"--array=(\d+)-", block)[0])
    runs = [f"-m interaction_probes.run --weights 'a=1, b={k}'" for k in range(3 * per_task)]
    (tmp_path / "runs.txt").write_text("".join(f"python {run}\n" for run in runs))
    task = {"SLURM_ARRAY_TASK_ID": str(begins + 1), "SLURM_CPUS_PER_TASK": "2"}
    subprocess.run(["bash", "-c", block], cwd=tmp_path, env=os.environ | task, check=True)
    expected = [run.replace("'", "") for run in runs[per_task : 2 * per_task]]
    assert sorted(note.read_text().splitlines()) == sorted(expected)
