"""The page on a user's dataset: its blocks and its command run, and its table of keys is right."""

import re
import shlex
from pathlib import Path

import pytest
from fork_server import launch_by_fork

from interaction_probes.check_data import main
from interaction_probes.collect import main as collect
from interaction_probes.datasets.assembly import PLAIN, PREFIXES
from interaction_probes.datasets.readers.formats import FORMATS
from interaction_probes.datasets.splits import SYNONYMS
from interaction_probes.figures.__main__ import main as figures
from interaction_probes.report import main as report
from interaction_probes.run import main as run
from interaction_probes.sweep import main as sweep
from interaction_probes.tables import main as tables
from trifeature.__main__ import main as trifeature

PAGE = (Path(__file__).parents[2] / "docs" / "own-data.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
COMMANDS = [
    shlex.split(line)
    for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture
def names(tmp_path, monkeypatch, capsys):
    """What the blocks leave behind, run one after the other in an empty folder."""
    monkeypatch.chdir(tmp_path)
    left_behind: dict = {}
    for block in BLOCKS:
        exec(block, left_behind)
    return left_behind


def test_the_blocks_run(names):
    data = names["data"]
    assert len(data) == 1797
    assert [one.name for one in data.modalities] == ["left", "right"]
    [note] = data.notes
    assert note.startswith("no validation rows were given")


def test_the_command_runs(names, capsys):
    words = COMMANDS[0]
    assert words[:3] == ["python", "-m", "interaction_probes.check-data"]
    capsys.readouterr()
    main(words[3:])
    shown = capsys.readouterr().out
    assert "constant features" in shown.partition("\nwarnings\n")[0]
    assert shown.splitlines()[-1].startswith("usable: no errors")


def test_the_run_the_sweep_and_its_table(names, capsys, monkeypatch):
    launch_by_fork(monkeypatch)
    commands = {words[2].rpartition(".")[2]: words[3:] for words in COMMANDS[1:5]}
    few = ["--preset", "smoke", "--threads", "1", "--device", "cpu"]
    run([*commands["run"], *few, "--out", "runs", "--probe.strengths", "1e-3"])
    assert "What each subset of the modalities has" in capsys.readouterr().out
    words = commands["sweep"]
    words[words.index("comm") : words.index("--out")] = ["comm", "pixels"]
    sweep([*words, *few, "--grid", "probe.strengths", "1e-3"])
    collect(commands["collect"])
    capsys.readouterr()
    tables(commands["tables"])
    assert "| CoMM | 1 |" in capsys.readouterr().out
    *drawn, page = COMMANDS[5:8]
    for words in drawn:
        figures(words[3:])
        assert Path(words[-1]).read_bytes().startswith(b"%PDF")
    report(page[3:])
    assert "Test scores at the chosen epochs" in Path(page[-1]).read_text()


def test_the_table_has_every_key():
    table = PAGE.partition("## The keys")[2].partition("\n## ")[0]
    listed = re.findall(r"`([\w.]+)`", " ".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE)))
    assert {key.partition(".")[0] for key in listed} == {*PLAIN, *PREFIXES, "pretrain"}
    assert all(f"`{name}`" in table for name in SYNONYMS)


def test_the_table_has_every_format():
    table = PAGE.partition("| format | file | split |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", table, flags=re.MULTILINE) == [*FORMATS]


def test_vectors_of_trifeature(tmp_path, monkeypatch, capsys):
    launch_by_fork(monkeypatch)
    monkeypatch.chdir(tmp_path)
    generate, check, learn = COMMANDS[8:]
    trifeature([*generate[3:], "--pairs", "300"])
    main(check[3:])
    shown = capsys.readouterr().out
    assert "  image1: vectors of 32 features" in shown
    assert "usable: no errors" in shown
    words = ["--preset", "smoke", "--threads", "1", "--device", "cpu", "--probe.strengths", "1e-3"]
    run([*learn[3:], *words])
    assert "image1 + image2" in capsys.readouterr().out
