"""The page's method does what the page says, with lightly or with a stand-in of its interface."""

import importlib
import importlib.util
import inspect
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from interaction_probes.run import main
from interaction_probes.settings.fields import field_kinds

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "your-own-encoders.md").read_text()
[MODULE] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
[NAME] = re.findall(r"Save it as `(\w+\.py)`", PAGE)
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines()
]
SHORT = ["--n-pairs", "60", "--images.renders", "1", "--probe.strengths", "0.1"]
SUPPORT = ROOT / "tests" / "support"
STAND_IN = SUPPORT / "lightly_stand_in"
#: Trains the method, and one that does not gather, in float64 for an epoch.
SCRIPT = """
import sys
import torch
import own_encoders
from shared_training import PAIRS, trained
from interaction_probes.contrast.distributed import rank
from interaction_probes.runtime.distributed import process_group

def both():
    found = {"gathers": trained("own_encoders:OwnEncoders", PAIRS, 1)}
    own_encoders.gather = lambda rows: rows
    return {**found, "does not": trained("own_encoders:OwnEncoders", PAIRS, 1)}

if __name__ == "__main__":
    torch.set_num_threads(1)
    with process_group(torch.device("cpu")):
        torch.save(both(), f"{sys.argv[1]}/{rank()}.pt")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / NAME).write_text(MODULE)
    paths = [str(tmp_path), str(SUPPORT)]
    if importlib.util.find_spec("lightly") is None:
        paths.append(str(STAND_IN))
    monkeypatch.chdir(tmp_path)
    for path in paths:
        monkeypatch.syspath_prepend(path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")]))
    for name in (NAME.removesuffix(".py"), "lightly", "lightly.loss"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield tmp_path
    for name in (NAME.removesuffix(".py"), "lightly", "lightly.loss"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("folder")
def test_it_ignores_the_whole_tower_that_it_replaces():
    """Two runs that differ in a field of it would be one run under two names."""
    module = importlib.import_module(NAME.removesuffix(".py"))
    of_tower = {name for name in field_kinds() if name.startswith("model.encoder.")}
    assert {name for name in module.OwnEncoders.ignores if name in of_tower} == of_tower


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_the_first_command_trains_and_probes(folder):
    python, option, module, *words = shlex.split(COMMANDS[0])
    assert (python, option, module) == ("python", "-m", "interaction_probes.run")
    main([*words, *SHORT, "--device", "cpu"])
    paths = sorted(path for path in (folder / "runs").iterdir() if path.is_dir())
    assert [path.name.split("-")[2] for path in paths] == ["biased", "unbiased"]
    for path in paths:
        assert set(pd.read_csv(path / "losses.csv")["term"]) == {"vicreg"}
        metrics = pd.read_csv(path / "metrics.csv")
        assert metrics["epoch"].min() == 0
        assert metrics["value"].notna().any()


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_one_process_and_two_write_losses_that_agree(folder):
    few = [*SHORT, "--device", "cpu", "--threads", "1", "--pairs", "unbiased"]
    alone, together = map(shlex.split, COMMANDS[1:])
    assert alone[:3] == ["python", "-m", "interaction_probes.run"]
    main([*alone[3:], *few])
    assert together[0] == "torchrun"
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *together[1:], *few],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    [one], [two] = (
        [pd.read_csv(path) for path in (folder / out).glob("*/losses.csv")]
        for out in ("one", "two")
    )
    torch.testing.assert_close(
        torch.tensor(one["value"].to_numpy()),
        torch.tensor(two["value"].to_numpy()),
        rtol=1e-5,
        atol=0,
    )


def test_two_processes_have_the_gradients_of_one(folder, in_two_processes):
    script = folder / "two_processes.py"
    script.write_text(SCRIPT)
    in_two_processes(script, folder)
    names: dict = {"__name__": "script"}
    exec(compile(SCRIPT, "script", "exec"), names)
    alone = names["both"]()
    # The page turns projections into float32.
    near = {"rtol": 1e-4, "atol": 1e-4}
    for k in range(2):
        shared = torch.load(folder / f"{k}.pt", weights_only=False)
        for part, gradient in alone["gathers"]["gradients"].items():
            torch.testing.assert_close(
                shared["gathers"]["gradients"][part], gradient, **near, msg=part
            )
        [terms], [whole] = shared["gathers"]["losses"], alone["gathers"]["losses"]
        assert terms == pytest.approx(whole, rel=1e-5)
        # A method that forgot to gather is found out.
        [terms] = shared["does not"]["losses"]
        assert terms != pytest.approx(whole, rel=1e-3)


def test_encoders_take_the_sizes_of_views_and_of_probed_images(folder):
    names: dict = {"__name__": "page"}
    exec(compile(MODULE, "page", "exec"), names)
    for kind in ("ConvNet", "PatchNet"):
        encoder = names[kind]().eval()
        for side in (32, 53):
            assert encoder(torch.zeros(2, 3, side, side)).shape == (2, encoder.num_features)


def test_the_stand_in_is_called_like_the_class_of_lightly():
    given = importlib.util.spec_from_file_location("stand_in", STAND_IN / "lightly" / "loss.py")
    module = importlib.util.module_from_spec(given)
    given.loader.exec_module(module)
    arguments = inspect.signature(module.VICRegLoss).parameters
    assert {name: one.default for name, one in arguments.items()} == {
        "lambda_param": 25.0,
        "mu_param": 25.0,
        "nu_param": 1.0,
        "gather_distributed": False,
        "eps": 0.0001,
    }
    # Of orthogonal features of variance 1 on both sides nothing is left but the distance.
    z = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], dtype=torch.float64)
    z = z * 0.75**0.5
    loss = module.VICRegLoss(eps=0.0)
    assert float(loss(z, z)) == pytest.approx(0, abs=1e-12)
    assert float(loss(z, z + 0.2)) == pytest.approx(25 * 0.04)
    assert float(loss(z[:, :1].expand(4, 2), z[:, :1].expand(4, 2))) == pytest.approx(2.0)
