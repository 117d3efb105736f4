"""The tutorial's file and commands do what it says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from interaction_probes import collect, sweep, tables
from interaction_probes.contrast.encoders import InputConfig, join_valid
from interaction_probes.contrast.method import Batch, Method, ModelConfig
from interaction_probes.run import main
from interaction_probes.settings.registry import find_method

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "your-own-method.md").read_text()
[MODULE] = re.findall(r"```python\n(.*?)```", TUTORIAL, flags=re.DOTALL)
[NAME] = re.findall(r"Save this as `(\w+\.py)`", TUTORIAL)
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", TUTORIAL, flags=re.DOTALL)
    for line in block.splitlines()
]
SHORT = ["--n-pairs", "60", "--images.renders", "1", "--probe.strengths", "0.1"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / NAME).write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, NAME.removesuffix(".py"), raising=False)
    return tmp_path


def words_of(command):
    python, option, module, *words = shlex.split(command)
    assert (python, option, module) == ("python", "-m", "interaction_probes.run")
    return [*words, *SHORT]


def check_runs(folder, out="runs"):
    runs = sorted(path for path in (folder / out).iterdir() if path.is_dir())
    assert [path.name.split("-")[2] for path in runs] == ["biased", "unbiased"]
    for path in runs:
        losses = pd.read_csv(path / "losses.csv")
        assert set(losses["term"]) == {"invariance", "redundancy"}
        assert (path / "curves.png").exists()


@pytest.mark.slow
def test_the_first_command_as_it_stands(folder):
    words = [sys.executable, "-m", "interaction_probes.run", *words_of(COMMANDS[0])]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=folder, timeout=300
    )
    assert done.returncode == 0, done.stderr
    check_runs(folder)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("command", [line for line in COMMANDS[1:] if ".run " in line])
def test_the_other_commands_in_this_process(folder, command):
    main([*words_of(command), "--device", "cpu"])
    check_runs(folder, "projection" if "--out projection" in command else "runs")


@pytest.mark.slow
@pytest.mark.usefixtures("here", "folder")
def test_its_runs_make_a_table(capsys):
    preset = ["--preset", "smoke", "--pairs", "unbiased", "--device", "cpu", *SHORT]
    main(["--method", "barlow_twins:BarlowTwins", *preset])
    commands = {line.split()[2].rpartition(".")[2]: shlex.split(line)[3:] for line in COMMANDS}
    collect.main(commands["collect"])
    tables.main(commands["tables"])
    assert "| BarlowTwins | 1 |" in capsys.readouterr().out


def test_three_images_are_refused_before_anything_is_drawn(folder, capsys):
    name = f"{NAME.removesuffix('.py')}:BarlowTwins"
    with pytest.raises(SystemExit) as stop:
        main(["--method", name, "--preset", "smoke", "--modalities", "3"])
    assert stop.value.code == 2
    error = "error: BarlowTwins is stated for 2 modalities, not for 3\n"
    assert capsys.readouterr().err == error
    assert not (folder / "runs").exists()


def test_it_is_tuned_on_a_seed_that_is_not_reported(folder):
    [words] = [shlex.split(line)[3:] for line in COMMANDS if ".sweep " in line]
    configs = sweep.read(words).configs
    assert {config.seed for config in configs} == {1000}
    assert {config.optim.lr for config in configs} == {1e-3, 3e-3}


@pytest.mark.parametrize("part", ["terms", "loss", "encode", "combine"])
def test_a_class_that_lacks_a_part_is_refused_in_a_line(folder, part, capsys):
    lacking = re.sub(rf"(    |def ){part}( =|\()", rf"\1other_{part}\2", MODULE)
    assert lacking != MODULE
    (folder / NAME).write_text(lacking)
    name = f"{NAME.removesuffix('.py')}:BarlowTwins"
    with pytest.raises(SystemExit) as stop:
        main(["--method", name, "--preset", "smoke"])
    assert stop.value.code == 2
    assert capsys.readouterr().err == f"error: method {name!r} lacks {part}\n"
    assert not (folder / "runs").exists()


def test_the_tutorial_names_every_part_of_a_method():
    public = {name for name in vars(Method) if not name.startswith("_")} - {"find_place"}
    public |= {"terms", *Batch.__dataclass_fields__}
    assert [part for part in public if f"`{part}" not in TUTORIAL] == []


@pytest.mark.usefixtures("folder")
def test_its_features_of_sequences_do_not_count_padding():
    """Vectors beside sequences of unequal length: other channels, and steps without a value."""
    inputs = (
        InputConfig("vectors", (5,)),
        InputConfig("sequences", (6, 3), padded=True),
    )
    torch.manual_seed(0)
    config = ModelConfig(dim=16, heads=4, projection=8, inputs=inputs)
    method = find_method("barlow_twins:BarlowTwins")(config).eval()
    values, steps = torch.randn(4, 6, 3), torch.tensor([6, 5, 2, 1])
    valid = torch.arange(6) < steps[:, None]
    with torch.no_grad():
        got = method.pooled(1, join_valid(values, valid))
        maps = method.encoders[1](join_valid(values, valid))
        for row, (features, count) in enumerate(zip(maps, steps, strict=True)):
            mean = sum(features[:-1, 0, step] for step in range(count)) / count
            torch.testing.assert_close(got[row], mean)
        pooled = [method.pooled(0, torch.randn(4, 5)), got]
        assert [head(rows).shape for head, rows in zip(method.heads, pooled, strict=True)] == [
            (4, 8),
            (4, 8),
        ]
