"""The benchmark of modalities compares like with like."""

import numpy as np
import pytest
import torch

from benchmarks.reference.comm import ReferenceCoMM
from benchmarks.speed import modalities
from benchmarks.speed.modalities import PlainData, Vectors, measure, model_config
from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.views.noise import NoiseConfig


def test_both_models_have_the_same_parameters():
    config = model_config(30)
    plain, ours = (
        sum(p.numel() for p in kind(config).parameters()) for kind in (ReferenceCoMM, CoMM)
    )
    assert plain == ours + config.dim  # torch's layer has a bias of the keys, which cancels


def test_plain_views_have_noise_and_dropped_values():
    data = PlainData([Vectors("0", np.ones((400, 50), np.float32))], NoiseConfig())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        views = torch.stack([data[k][0] for k in range(400)])
    assert views.shape == (400, 2, 50)
    assert 0.4 < (views == 0).any(2).float().mean() < 0.6
    assert 0.4 < ((views != 1) & (views != 0)).any(2).float().mean() < 0.6


def test_a_peak_that_is_counted_late_is_no_growth_below_zero(tmp_path, monkeypatch):
    for m in range(2):
        np.save(tmp_path / f"{m}.npy", np.zeros((320, 5), np.float32))
    monkeypatch.setattr(modalities, "peak_memory", lambda: 1)
    threads = torch.get_num_threads()
    try:
        assert modalities.measure("plain", tmp_path, 5)["bytes"] == 0
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("case", ["memory maps, from the disk", "plain"])
def test_a_case_is_measured(case, tmp_path):
    for m in range(2):
        np.save(tmp_path / f"{m}.npy", np.random.default_rng(m).normal(size=(320, 5)).astype("f4"))
    threads = torch.get_num_threads()
    try:
        found = measure(case, tmp_path, 5)
    finally:
        torch.set_num_threads(threads)
    assert found["seconds"] > 0
    assert found["wall"] > 0
    assert found["bytes"] >= 0 or case != "plain"


@pytest.mark.parametrize("case", ["memory maps", "memory maps, from the disk"])
def test_pages_are_dropped_only_where_the_disk_is_measured(case, tmp_path, monkeypatch):
    dropped = []
    monkeypatch.setattr(modalities, "drop_pages", lambda path: dropped.append(path.name))
    for m in range(2):
        np.save(tmp_path / f"{m}.npy", np.zeros((320, 5), np.float32))
    threads = torch.get_num_threads()
    try:
        measure(case, tmp_path, 5)
    finally:
        torch.set_num_threads(threads)
    assert dropped == (["0.npy", "1.npy"] if "disk" in case else [])
