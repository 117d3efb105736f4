"""The commands and blocks of docs/formats.md work, one after the other."""

import json
import re
import shlex
from pathlib import Path

import pytest
import torch
from launched_here import launch_here

from interaction_probes import export, features
from interaction_probes.run import main as run
from trifeature.__main__ import main as trifeature
from trifeature.dataset.export import Format

pytestmark = pytest.mark.slow  # a smoke run and its curves

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
COMMANDS = [
    shlex.split(line)[2:]
    for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines()
]
FEATURES, WEIGHTS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
SMALL = "--image 32 --shape 20 --period 6 --shapes 4 --textures 4 --colours 4 --renders 1"
SHORT = (
    "--device cpu --n-pairs 100 --optim.epochs 1 --pairs biased --probe.strengths 0.1 --controls"
)


def words_after(module):
    """The first command of a module, without its name."""
    return next(words[1:] for words in COMMANDS if words[0] == module)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which the page's commands were given, in its order, at the smallest size."""
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        launch_here(patch)
        [words] = [words for words in COMMANDS if words[-1] == "folders"]
        trifeature([*words[1:], *SMALL.split()])
        run([*words_after("interaction_probes.run"), *SHORT.split()])
        [made] = (path for path in (folder / "runs").iterdir() if path.is_dir())
        for module, command in (("features", features), ("export", export)):
            words = words_after(f"interaction_probes.{module}")
            command.main([str(made) if word == "RUN_FOLDER" else word for word in words])
    return folder


def test_the_page_names_every_format():
    shown = [words[-1] for words in COMMANDS if words[0] == "trifeature"]
    assert tuple(shown) == Format.__args__
    assert all(f"| `{name}` |" in PAGE for name in shown)


def test_scikit_learn_reads_the_features(folder, monkeypatch):
    monkeypatch.chdir(folder)
    names: dict = {}
    exec(FEATURES, names)
    assert set(names["accuracy"]) == {"R", "U1", "U2", "S"}
    assert all(0 <= value <= 1 for value in names["accuracy"].values())
    assert names["accuracy"]["R"] > 0.25  # chance


def test_the_weights_make_the_model_again(folder, monkeypatch):
    monkeypatch.chdir(folder)
    pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
    names: dict = {}
    exec(WEIGHTS, names)
    assert names["features"].shape == (5, names["described"]["features"])


def test_the_weights_block_fits_the_description(folder, monkeypatch):
    """The same block where the reader is missing: the checkpoint stands in for the file."""
    monkeypatch.chdir(folder)
    [path] = folder.glob("runs/*/checkpoint.pt")
    weights = torch.load(path, weights_only=True)["method"]
    assert set(json.loads(Path("encoder.json").read_text())["tensors"]) == set(weights)
    block = WEIGHTS.replace("from safetensors.torch import load_file\n", "")
    names: dict = {"load_file": lambda name: weights}
    exec(block, names)
    assert names["features"].shape == (5, names["described"]["features"])
