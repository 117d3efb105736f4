"""A run that takes over a finished one's training, byte for byte as one that was made alone."""

import itertools
import shutil
from dataclasses import replace

import pytest
import torch
from dataset_runs import dataset_config, digits_file
from stopping import content

from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.experiment.runner import run
from interaction_probes.settings.presets import PRESETS
from interaction_probes.storage.reuse import find_reusable, to_do
from interaction_probes.storage.run_folder import State
from trifeature import FactorCounts, PairDesign

CPU = torch.device("cpu")
#: Kind of the samples → subsets of the controls that they have.
CONTROLS = {
    "images": [(), ("masks", "mlp"), ("shuffled", "public")],
    "vectors": [(), ("masks", "shuffled"), ("factors", "bilinear", "pid")],
    "samples": [(), ("masks", "shuffled")],
    "data": [(), ("masks",), ("shuffled",), ("masks", "shuffled")],
}


def config_of(kind, folder):
    smoke, vectors = PRESETS["smoke"], PRESETS["vectors"]
    if kind == "data":
        return with_dataset(dataset_config(digits_file(folder), method="clip"))
    preset = vectors if kind == "vectors" else smoke
    config = replace(
        preset,
        method="clip",
        n_pairs=100,
        images=replace(preset.images, counts=FactorCounts(4, 4, 4), renders=1),
        optim=replace(preset.optim, epochs=2, batch=50, precision="fp32"),
        probe=replace(smoke.probe, strengths=(1e-1, 1e-3)),
    )
    if kind == "samples":
        return replace(config, modalities=3, pair_rule_strength=1.0, design=PairDesign())
    return with_dataset(config)


@pytest.fixture(scope="module", params=CONTROLS)
def alone(request, tmp_path_factory):
    """Controls → (config, its run, made where no other run lies)."""
    config = config_of(request.param, tmp_path_factory.mktemp("data"))
    found = {}
    for controls in CONTROLS[request.param]:
        named = replace(config, probe=replace(config.probe, controls=controls))
        found[controls] = named, run(named, tmp_path_factory.mktemp("alone"), CPU)
    return found


def parts_of(folder):
    """What a checkpoint holds that no later epoch changes."""
    saved = folder.load_checkpoint()
    return {name: saved[name] for name in ("rows", "losses", "confusion", "representations")}


def test_what_ran_before_changes_no_byte(alone, tmp_path):
    subsets = [*alone]
    pairs = zip(subsets, [*subsets[1:], subsets[0]], strict=True)  # around, which is enough where
    if "data" in alone[()][0].pairs:  # only the last epoch has controls
        pairs = itertools.permutations(subsets, 2)
    for number, (first, then) in enumerate(pairs):
        out = tmp_path / str(number)
        shutil.copytree(alone[first][1].path, out / alone[first][1].path.name)
        lines = []
        config, expected = alone[then]
        found = run(config, out, CPU, lambda progress: lines.append(progress.line))  # noqa: B023
        assert found.path.name == expected.path.name
        assert content(found) == content(expected), (first, then)
        assert parts_of(found) == parts_of(expected), (first, then)
        added = "masks" in then and "masks" not in first and bool(config.data.path)
        reprobed = any(line and "reprobed" in line for line in lines)
        assert reprobed is not added, (first, then)


def test_masks_of_a_dataset_are_reused_from_a_run_that_has_them(tmp_path):
    base = config_of("data", tmp_path)
    with_controls = {
        controls: replace(base, probe=replace(base.probe, controls=controls))
        for controls in ((), ("masks",), ("all",))
    }
    out = tmp_path / "runs"
    run(with_controls[()], out, CPU)
    wanted = with_controls["masks",]
    assert find_reusable(wanted, out) is None
    assert to_do([wanted], [State("new")], out) == [(wanted, None)]
    other = run(with_controls["all",], out, CPU)
    assert find_reusable(wanted, out).path == other.path
    assert find_reusable(with_controls["all",], out) is not None
