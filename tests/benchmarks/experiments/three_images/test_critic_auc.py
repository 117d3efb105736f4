"""The critics of losses: their equations sample by sample, and codes that hold a rule."""

import itertools
import math
import sys
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from written_factors import read_off, written_in_pixels

from benchmarks.experiments.three_images import critic_auc as module
from benchmarks.experiments.three_images.critic_auc import CRITICS, critic_auc
from interaction_probes.execution.grid import grid
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.experiment.runner import run
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method
from trifeature import FactorCounts, ImageDesign, SampleDesign
from trifeature.dataset.image_samples import sample_images

COUNTS = FactorCounts(3, 5, 5)
PAIR_MASKS = {"joint": 0.0, "unimodal": 0.0, "partial": 1.0}


@pytest.fixture(scope="module")
def data():
    split = written_in_pixels(2, COUNTS)
    return sample_images(split, split, COUNTS, SampleDesign.standard(3, 0.0, 1.0), seed=0, size=900)


def config_of(method, weights=None):
    return RunConfig(
        method=method, modalities=3, images=ImageDesign(counts=COUNTS), weights=weights or {}
    )


class Textures(nn.Module):
    """What a method makes of the textures alone: `codes(mask, textures)` of the samples."""

    modalities = 3
    terms: ClassVar = {"joint": 0.25, "unimodal": 0.25, "partial": 0.0, "pair": 0.25, "fused": 0.25}
    place = "default"

    def __init__(self, codes):
        super().__init__()
        self.codes = codes

    @classmethod
    def build(cls, config, classes, modalities):
        """Before training: all samples alike."""
        return cls(lambda shown, textures: torch.ones(len(textures[0]), 30))

    def find_place(self, name):
        return name

    def all_encoders(self):
        return []

    def encode(self, modality, images):
        return read_off(images)[:, 1:2].float()

    def combine(self, encoded):
        shown = [m for m, rows in enumerate(encoded) if rows is not None]
        return self.codes(shown, [rows[:, 0].long() for rows in encoded if rows is not None])


def cosine(a, b):
    return a @ b / math.sqrt((a @ a) * (b @ b))


def plainly(method, codes, weights):
    """The critic of one sample by its equation, from its codes in float64."""
    if method in ("clip", "confu"):
        x, y, z, *fused = codes
        pairs = sum(cosine(a, b) for a, b in itertools.combinations((x, y, z), 2))
        if method == "clip":
            return pairs
        third = sum(cosine(f, other) for f, other in zip(fused, (z, y, x), strict=True))
        return weights["pair"] * pairs + weights["fused"] * third
    x, y, z = (code / np.linalg.norm(code) for code in codes)
    if method == "symile":
        return sum(x * y * z)
    if method == "gram":
        spanned = np.stack([x, y, z])
        return -math.sqrt(np.linalg.det(spanned @ spanned.T))
    sides = [np.linalg.norm(a - b) for a, b in itertools.combinations((x, y, z), 2)]
    half = sum(sides) / 2
    return -math.sqrt(half * math.prod(half - side for side in sides))


@pytest.mark.parametrize("method", ["clip", "symile", "gram", "triangle", "confu"])
def test_a_critic_of_codes_side_by_side_is_that_of_its_equation(method):
    parts = 6 if method == "confu" else 3
    codes = torch.randn(300, parts * 4, generator=torch.Generator().manual_seed(0))
    weights = {"pair": 0.3, "fused": 0.7}
    _, critic = CRITICS[method]
    found = critic(lambda mask: codes, weights)
    expected = [plainly(method, np.split(row, parts), weights) for row in codes.double().numpy()]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", ["gram", "triangle"])
@pytest.mark.parametrize("n", [1, 255, 257, 513])
def test_volumes_and_areas_are_computed_of_any_number_of_samples(method, n):
    codes = torch.randn(n, 12, generator=torch.Generator().manual_seed(0))
    _, critic = CRITICS[method]
    if n == 1:
        with pytest.raises(ValueError, match="a batch of at least 2"):
            critic(lambda mask: codes, {})
    else:
        assert critic(lambda mask: codes, {}).shape == (n,)


def test_a_critic_of_masks_has_those_that_are_trained():
    generator = torch.Generator().manual_seed(0)
    masks = [(0, 1, 2), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    codes = {mask: torch.randn(50, 4, generator=generator) for mask in masks}
    _, critic = CRITICS["comm"]

    def found(weights):
        return critic(lambda mask: codes[tuple(mask or (0, 1, 2))], weights).numpy()

    def mean(*shown):
        whole = codes[0, 1, 2].numpy()
        return sum(
            np.array([cosine(a, b) for a, b in zip(codes[mask].numpy(), whole, strict=True)])
            for mask in shown
        )

    singles, pairs = mean((0,), (1,), (2,)), mean((0, 1), (0, 2), (1, 2))
    weights = {"joint": 1.0, "unimodal": 0.2, "partial": 0.5}
    np.testing.assert_allclose(found(weights), 0.2 * singles + 0.5 * pairs, rtol=1e-4, atol=1e-5)
    weights = {"joint": 0.0, "unimodal": 1.0, "partial": 0.0}
    np.testing.assert_allclose(found(weights), singles, rtol=1e-4, atol=1e-5)
    assert np.isnan(found({"joint": 1.0, "unimodal": 0.0, "partial": 0.0})).all()


def characters(array):
    """Codes of textures whose product over the images is Σ cos(2πk · sum of shifts / 5)."""

    def codes(shown, textures):
        angles = [
            2 * math.pi * torch.arange(1, 3) * torch.from_numpy(shift)[value][:, None] / 5
            for shift, value in zip(array.shifts, textures, strict=True)
        ]
        angles[2] = angles[2] - 2 * math.pi * torch.arange(1, 3) * array.imposed / 5
        (ca, sa), (cb, sb), (cc, sc) = ((a.cos(), a.sin()) for a in angles)
        parts = (ca, ca, sa, sa), (cb, sb, cb, sb), (cc, -sc, -sc, -cc)
        return torch.cat([torch.cat(each, dim=1) for each in parts], dim=1)

    return codes


def answers(array):
    """Masks of two images know the third texture; all images show it; one says nothing."""

    def codes(shown, textures):
        if len(shown) == 1:
            return torch.ones(len(textures[0]), 5)
        if shown == [0, 1]:
            return one_hot(torch.from_numpy(array.answer(*(t.numpy() for t in textures))))
        return one_hot(textures[2]) if len(shown) == 3 else torch.ones(len(textures[0]), 5)

    return codes


def fused_answers(array):
    """z of every image and f of every pair of images, as ConFu's."""

    def codes(shown, textures):
        asked = torch.from_numpy(array.answer(*(t.numpy() for t in textures[:2])))
        nothing = torch.ones(len(asked), 5)
        return torch.cat(
            [nothing, nothing, one_hot(textures[2]), one_hot(asked), nothing, nothing], 1
        )

    return codes


def one_hot(values):
    return nn.functional.one_hot(values, 5).float()


@pytest.mark.parametrize(
    ("method", "codes", "weights"),
    [
        ("symile", characters, {}),
        ("comm", answers, PAIR_MASKS),
        ("comm", answers, {"partial": 0.25}),
        ("confu", fused_answers, {}),
    ],
)
def test_a_critic_whose_codes_hold_the_rule_tells_the_samples_that_obey_it(
    method, codes, weights, data
):
    """So the losses of Symile, ConFu and CoMM can hold a rule of three images."""
    array = next(a for a in data.arrays if len(a.shifts) == 3)
    found = critic_auc(Textures(codes(array)), data, config_of(method, weights))
    assert found["S123"] == found["S123_seen"] == 1
    assert found["S123_low"] == found["S123_high"] == 1
    assert found["S123_untrained"] == 0.5
    assert found["S13"] == pytest.approx(0.5, abs=0.15)


def test_a_critic_of_single_images_tells_nothing(data):
    array = next(a for a in data.arrays if len(a.shifts) == 3)
    found = critic_auc(Textures(answers(array)), data, config_of("comm"))
    assert found["S123"] == found["S123_seen"] == 0.5


def test_a_joint_term_alone_has_no_critic(data):
    array = next(a for a in data.arrays if len(a.shifts) == 3)
    found = critic_auc(Textures(answers(array)), data, config_of("comm", {"unimodal": 0.0}))
    assert np.isnan([found[f"S123{end}"] for end in ("", "_low", "_high", "_seen")]).all()


def test_heads_are_normalised_by_the_samples_of_each_mask_and_keep_their_averages():
    few, weights = replace(PRESETS["vectors"], n_pairs=200), {"joint": 0.0, "unimodal": 1.0}
    (config,) = grid(few, ["comm"], [0], [weights], {"modalities": ["3"]}, pairs="unbiased")
    samples = dataset(config)
    method = initialise(find_method("comm"), config, 3)
    kept = {name: value.clone() for name, value in method.state_dict().items()}
    first = critic_auc(method, samples, config)
    for layer in method.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.running_mean.add_(1.0)  # would change what a head in its evaluation mode reads
    assert critic_auc(method, samples, config) == first
    for name, value in method.state_dict().items():
        if name.endswith("running_var"):
            assert torch.equal(value, kept[name])
    assert first["S123"] == first["S123_untrained"]


def test_a_method_without_a_critic_is_refused(data):
    with pytest.raises(ValueError, match=r"critics of 3 images .*, not of simclr of 3"):
        critic_auc(Textures(None), data, config_of("simclr"))


@pytest.mark.parametrize("kind", ["images", "vectors"])
def test_the_command_has_a_row_per_run(kind, tmp_path, monkeypatch, capsys):
    preset = PRESETS["smoke"] if kind == "images" else PRESETS["vectors"]
    short = replace(
        preset,
        n_pairs=200,
        modalities=3,
        triple_rule_strength=1.0,
        optim=replace(preset.optim, epochs=1, batch=50),
        probe=replace(preset.probe, controls=()),
    )
    names = ("symile", "simclr", "comm")
    folders = [run(replace(short, method=name), tmp_path, "cpu").path for name in names]
    out = tmp_path / "critics.csv"
    monkeypatch.setattr(sys, "argv", ["critic_auc.py", *map(str, folders), "--out", str(out)])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 1
    table = pd.read_csv(out)
    assert list(table["method"]) == ["symile", "comm"]
    assert table[list(module.COLUMNS)].map(lambda value: 0 <= value <= 1).all(axis=None)
    assert (table["S123_low"] <= table["S123"]).all()
    assert (table["S123"] <= table["S123_high"]).all()
    printed = capsys.readouterr()
    assert folders[0].name in printed.out
    assert f"error: {folders[1].name}: critics of 3 images are known of" in printed.err
