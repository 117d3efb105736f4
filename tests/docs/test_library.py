"""The packages as libraries: documented names, types, examples that hold, a fast import."""

import doctest
import importlib
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from project_files import MODULES, ROOT

import interaction_probes
import trifeature
from interaction_probes import Pixels
from interaction_probes.__main__ import COMMANDS, main, overview
from interaction_probes.features import probed_features
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import PRESETS

WITH_EXAMPLES = [name for name, path in MODULES.items() if ">>> " in path.read_text()]


def test_the_faces_have_examples():
    assert {"trifeature", "trifeature.information.estimate", "interaction_probes"} <= set(
        WITH_EXAMPLES
    )


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_hold(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("package", [interaction_probes, trifeature], ids=lambda p: p.__name__)
def test_every_public_name_is_there_and_documented(package):
    assert package.__all__ == sorted(package.__all__, key=lambda n: (not n.isupper(), n))
    for name in package.__all__:
        found = getattr(package, name)
        assert isinstance(found, int) or (found.__doc__ or "").strip(), name
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no_such_name"):
        package.no_such_name  # noqa: B018


@pytest.mark.parametrize("package", [interaction_probes, trifeature], ids=lambda p: p.__name__)
def test_the_page_lists_every_public_name(package):
    page = (ROOT / "docs" / "library.md").read_text()
    section = page.partition(f"## `{package.__name__}`")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| (`.*?`) \|", section, flags=re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(listed))) == sorted(package.__all__)


def test_type_checkers_see_what_python_sees():
    assert set(interaction_probes._HOMES) == set(interaction_probes.__all__)
    text = MODULES["interaction_probes"].read_text().partition("if TYPE_CHECKING:")[2]
    listed = text.partition("__all__")[0]
    for name, home in interaction_probes._HOMES.items():
        module, _, inner = home.partition(":")
        line = next(row for row in listed.splitlines() if f".{module} import" in row)
        assert name in line.replace(",", " ").split()
        assert not inner or f"{inner} as {name}" in line
    for package in ("trifeature", "interaction_probes"):
        assert (ROOT / package / "py.typed").exists()


def test_importing_is_light_and_names_come_when_used():
    code = (
        "import sys, interaction_probes as ip; "
        "heavy = {'torch', 'pandas', 'matplotlib', 'scipy', 'numpy', 'tyro'}; "
        "print(sorted(heavy & set(sys.modules))); "
        "from interaction_probes import over_seeds; print('numpy' in sys.modules); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "True", "False"]


def test_the_overview_names_every_command_and_no_other(capsys):
    main([])
    shown = capsys.readouterr().out
    assert shown == overview() + "\n"
    runnable = {
        name.removesuffix(".__main__")
        for name, path in MODULES.items()
        if '__name__ == "__main__"' in path.read_text()
    } - {
        "interaction_probes",
        "interaction_probes.execution.worker",
        "interaction_probes.check-data",
    }  # itself, what a pool's worker starts, and the other spelling of check_data
    assert set(COMMANDS) == runnable
    assert all(f"python -m {name} " in shown for name in runnable)
    assert "python -m interaction_probes.run --method comm --preset smoke" in shown


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("rnu", "takes no command 'rnu'; did you mean python -m interaction_probes.run?"),
        ("run", "did you mean python -m interaction_probes.run?"),
        ("generate-all", "without arguments it lists all commands"),
    ],
)
def test_a_command_in_the_wrong_place_is_told(word, expected, capsys):
    with pytest.raises(SystemExit) as stop:
        main([word])
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert expected in line


def test_the_overview_comes_fast_and_alone():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "interaction_probes"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("interaction-probes: how much redundancy")
    assert " torch\n" not in done.stderr


def test_an_overview_that_nobody_reads_ends_in_a_line():
    words = [sys.executable, "-m", "interaction_probes"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    assert process.wait() != 0
    assert len(said.splitlines()) == 1
    assert said.startswith("error: ")


def test_the_pages_name_every_preset():
    page = (ROOT / "docs" / "library.md").read_text()
    [row] = [line for line in page.splitlines() if line.startswith("| `find_preset` |")]
    assert re.findall(r"`([\w-]+)`", row)[1:] == list(PRESETS)
    table = (ROOT / "README.md").read_text().partition("## Presets and options")[2]
    named = re.findall(r"^\| `([\w-]+)`", table.partition("```")[0], flags=re.MULTILINE)
    assert named == list(PRESETS)
    assert ", ".join([*PRESETS][:-1]) in " ".join((RunConfig.__doc__ or "").split())


def test_a_run_from_python_and_new_images_through_its_model(tmp_path, monkeypatch):
    """With sizes and mirror images, where encoding images as they are gives other numbers."""
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "library.md").read_text()
    section = page.partition("## A run from Python")[2].partition("\n## ")[0]
    [block] = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    fast = '"probe.strengths": "0.1", "images.renders": "1", "probe.zoom": "1.5", '
    block = block.replace("fields = {", f'fields = {{{fast}"probe.mirrored": "true", ')
    names: dict = {}
    exec(compile(block, "library.md", "exec"), names)
    config, method, data = names["config"], names["method"], names["data"]
    assert (config.method, config.design.mapping_strength) == ("clip", 0)
    assert (config.probe.zoom, config.probe.mirrored) == (1.5, True)
    assert names["features"].shape[1] == 2 * names["first_alone"].shape[1]
    probed = probed_features(config, method, data, torch.device("cpu"))
    index = probed["score_index"]
    again = names["represent"](method, data.test.images, index, config)
    assert np.array_equal(again, probed["score_features"])
    assert (
        interaction_probes.represent(
            Pixels(config.model), data.test.images[:2], index[:1] * 0, config
        ).shape[0]
        == 1
    )
