"""Whole runs on a GPU: they repeat, go on where they stopped, and are read on a CPU."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from stopping import Interrupted, content, stop_after
from three_images import as_many_as_needed

from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.loading import load_model
from interaction_probes.experiment.runner import run
from interaction_probes.features import probed_features
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import METHODS
from interaction_probes.storage.run_folder import RunFolder
from interaction_probes.training import loop

SMOKE = replace(
    PRESETS["smoke"],
    n_pairs=100,
    images=replace(PRESETS["smoke"].images, renders=1),
    probe=replace(PRESETS["smoke"].probe, strengths=(1e-1, 1e-3)),
)


ALEXNET = replace(
    SMOKE, preset="own", model=replace(SMOKE.model, encoder=EncoderConfig("alexnet"), size=80)
)


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("config", [SMOKE, ALEXNET], ids=["compact", "alexnet"])
def test_the_same_seed_gives_the_same_bytes(gpu, tmp_path, config, precision):
    config = replace(config, optim=replace(config.optim, precision=precision))
    folders = [run(config, tmp_path / str(k), gpu) for k in range(2)]
    assert content(folders[0]) == content(folders[1])
    told = folders[0].read_json("run.json")
    assert told["device"] == torch.cuda.get_device_name(gpu)
    assert told["precision"] == {"bf16": "bfloat16", "fp32": "float32"}[precision]


def test_a_stopped_run_goes_on_bit_for_bit(gpu, tmp_path):
    with pytest.raises(Interrupted):
        run(SMOKE, tmp_path / "parts", gpu, stop_after(1))
    parts, whole = (run(SMOKE, tmp_path / name, gpu) for name in ("parts", "whole"))
    assert content(parts) == content(whole)


def test_a_run_whose_steps_are_replayed_is_that_without(gpu, tmp_path, monkeypatch):
    """Also across the probings between its epochs."""
    replayed = run(SMOKE, tmp_path / "replayed", gpu)
    monkeypatch.setattr(loop, "can_capture", lambda *_: False)
    assert content(replayed) == content(run(SMOKE, tmp_path / "step by step", gpu))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_with_every_control(gpu, tmp_path, name):
    config = as_many_as_needed(preset_for_method(SMOKE, name))
    config = replace(config, probe=replace(config.probe, controls=("all",)))
    assert run(config, tmp_path, gpu).read_json("run.json")["status"] == "finished"


def test_losses_are_those_of_a_cpu(gpu, tmp_path):
    config = replace(SMOKE, optim=replace(SMOKE.optim, precision="fp32", epochs=1))
    on_gpu, on_cpu = (
        pd.read_csv(run(config, tmp_path / device.type, device).path / "losses.csv")
        for device in (gpu, torch.device("cpu"))
    )
    assert on_gpu["value"].to_numpy() == pytest.approx(on_cpu["value"].to_numpy(), rel=1e-3)


def test_what_a_gpu_learnt_is_read_on_a_cpu(gpu, tmp_path):
    folder = run(SMOKE, tmp_path, gpu)
    features = []
    for device in (gpu, torch.device("cpu")):
        config, method, _ = load_model(folder.path, device)
        fp32 = replace(config, optim=replace(config.optim, precision="fp32"))
        features.append(probed_features(fp32, method, dataset(config), device)["fit_features"])
    np.testing.assert_allclose(features[0], features[1], atol=1e-4)


def test_the_command_under_torchrun(gpu, tmp_path):
    """One process talks to itself through NCCL; what it computes is what it computes alone."""
    words = ["-m", "interaction_probes.run", "--preset", "smoke", "--pairs", "unbiased"]
    words += ["--n-pairs", "100", "--device", "cuda", "--threads", "1"]
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=1"]
    found = []
    for starter, name in ((start, "together"), ([sys.executable], "alone")):
        out = tmp_path / name
        done = subprocess.run(
            [*starter, *words, "--out", str(out)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        [folder] = (path for path in out.iterdir() if path.is_dir())
        found.append(content(RunFolder(folder)))
    assert found[0] == found[1]
