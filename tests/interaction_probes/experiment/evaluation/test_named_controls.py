"""Controls that a run names: each adds rows, or is refused before anything is written."""

from dataclasses import replace
from typing import get_args

import pytest
import torch
from dataset_runs import dataset_config
from small_datasets import arrays, write_npz

from interaction_probes.experiment.evaluation.named_controls import check_named_controls
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.experiment.runner import run
from interaction_probes.run import main
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.probe_config import Control
from trifeature import PairDesign

GENERATED = {"bilinear", "mlp", "public", "sklearn", "pid", "factors"}
SMOKE, VECTORS = PRESETS["smoke"], PRESETS["vectors"]
DATA = replace(SMOKE, data=replace(SMOKE.data, path="x.npz"))
PUBLIC = replace(SMOKE, probe=replace(SMOKE.probe, protocol="public"))
#: A config of each kind, and the controls that have no effect on it.
KINDS = {
    "images": (SMOKE, set()),
    "images by the public protocol": (PUBLIC, {"public"}),
    "three images": (replace(SMOKE, modalities=3, design=PairDesign()), {"pid", "factors"}),
    "vectors": (VECTORS, {"public"}),
    "three vectors": (replace(VECTORS, modalities=3), {"public", "pid", "factors"}),
    "data": (DATA, GENERATED),
    "data of three": (replace(DATA, modalities=3), GENERATED),
    "data of seven": (replace(DATA, modalities=7), {*GENERATED, "masks"}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("control", get_args(Control))
def test_a_control_without_effect_is_refused_where_it_is_named(kind, control):
    config, without = KINDS[kind]
    check_named_controls(config)  # the default ones
    for controls in ((control,), ("all", control)):
        named = replace(config, probe=replace(config.probe, controls=controls))
        if control in without:
            with pytest.raises(ValueError, match=f"--controls {control} .*: leave it out"):
                check_named_controls(named)
        else:
            check_named_controls(named)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--preset vectors --controls public", "crops images, and these samples are vectors"),
        ("--preset vectors --modalities 3 --controls pid", "is stated for 2 modalities, not for 3"),
        (
            "--preset smoke --data {data} --controls mlp",
            "has no effect on a dataset, which has masks",
        ),
        ("--preset smoke --data {data} --probe public", "--data ignores probe.protocol"),
        ("--preset smoke --probe public --controls public", "adds nothing to --probe public"),
    ],
)
def test_the_command_says_so_and_writes_nothing(words, message, tmp_path, capsys):
    data = write_npz(tmp_path / "data.npz", arrays(90))
    out = tmp_path / "runs"
    with pytest.raises(SystemExit) as stop:
        main([*words.format(data=data).split(), "--device", "cpu", "--out", str(out)])
    assert stop.value.code == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert message in line
    assert not out.exists()


def test_a_run_from_python_is_refused_as_well(tmp_path):
    config = with_dataset(dataset_config(write_npz(tmp_path / "data.npz", arrays(90))))
    named = replace(config, probe=replace(config.probe, controls=("sklearn",)))
    with pytest.raises(ValueError, match="has no effect on a dataset"):
        run(named, tmp_path / "runs", torch.device("cpu"))
    assert not (tmp_path / "runs").exists()
