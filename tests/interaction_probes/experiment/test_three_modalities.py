"""Samples of three images: data, masks, probes, training and checkpoints take n modalities."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from stopping import Interrupted, content, stop_after
from three_images import three, with_third
from tiny_method import Tiny

from interaction_probes.comm.method import CoMM
from interaction_probes.experiment import opened_data
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation.representations import (
    encode_images,
    image_only,
    masked_samples,
    pixels,
    represent,
)
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.experiment.loading import load_model
from interaction_probes.experiment.runner import run
from interaction_probes.experiment.sample_data import samples_of_folder
from interaction_probes.probing.intervals import draw_resample_counts
from interaction_probes.settings.registry import find_method, methods_for
from trifeature.pairs.draw import PairSet

CPU = torch.device("cpu")


class Triple(Tiny):
    """Each view of an image agrees with the other, and each image with the first."""

    def loss(self, batch, terms):
        codes = [
            torch.stack([self._embed(m, view) for view in views])
            for m, views in enumerate(batch.views)
        ]
        values = {
            "views": sum((code[0] - code[1]).square().mean() for code in codes),
            "pairs": sum((code - codes[0]).square().mean() for code in codes[1:]),
        }
        return {term: values[term] for term in terms}


@pytest.fixture
def triples(monkeypatch):
    monkeypatch.setattr(opened_data, "dataset", three)
    monkeypatch.setattr("tiny_method.Triple", Triple, raising=False)


def test_a_run_of_three_modalities_resumes_bit_for_bit(smoke, triples, tmp_path):
    probe = replace(smoke.probe, controls=("masks", "shuffled", "bilinear", "mlp", "public"))
    config = replace(smoke, method="tiny_method:Triple", n_pairs=200, probe=probe)
    lines = []
    whole = run(config, tmp_path / "whole", CPU, lambda p: lines.append(p.line) if p.line else 0)
    assert lines[0] == (
        "no bilinear probe: it is stated for 2 modalities, and these samples have 3"
    )
    last = whole.read_metrics().query("epoch == 2")
    masks = {"mask1", "mask2", "mask3"}
    assert set(last["probe"]) == {"linear", *masks, "shuffled", "mlp", "public"}
    assert set(last[last["probe"].isin(masks)]["task"]) == {"S"}
    with pytest.raises(Interrupted):
        run(config, tmp_path / "parts", CPU, stop_after(1))
    parts = run(config, tmp_path / "parts", CPU)
    assert content(parts) == content(whole)
    _, method, epoch = load_model(parts.path, CPU)
    assert (method.modalities, epoch) == (3, 2)


@torch.no_grad()
def test_comm_fuses_three_modalities_under_every_mask(smoke):
    config = replace(smoke, method="comm")
    data = three(config)
    method = initialise(CoMM, config, data.modalities).eval()
    images, index = pixels(data.test.images), data.probe_test.index[:5]
    encoded = encode_images(method, images, config)
    assert len(encoded) == 3
    found = {}
    for mask in ({0}, {1}, {2}, {0, 1, 2}, None):
        fused = represent(method, images, index, config, mask)
        assert fused.shape == (5, config.model.dim)
        given = [encoded[m][torch.from_numpy(index[:, m])] for m in sorted(mask or range(3))]
        hidden = [None] * (3 - len(given))
        if mask in (None, {0, 1, 2}):
            np.testing.assert_array_equal(fused, method.combine(given + hidden).numpy())
        found[str(mask)] = fused
    np.testing.assert_array_equal(found["None"], found["{0, 1, 2}"])
    # A mask of one image does not see the others.
    moved = index.copy()
    moved[:, 1:] = 0
    alone = represent(method, images, moved, config, image_only(0))
    np.testing.assert_array_equal(alone, found["{0}"])
    together = represent(method, images, moved, config)
    assert not np.allclose(together, found["None"])


@pytest.mark.parametrize("name", methods_for(3))
def test_every_method_of_three_images_runs_and_has_a_control_per_image(brief, tmp_path, name):
    folder = run(replace(brief, method=name, modalities=3), tmp_path, CPU)
    metrics = folder.read_metrics()
    masks = {"mask1", "mask2", "mask3", "mask12", "mask13", "mask23"}
    assert masks < set(metrics["probe"])
    tasks = {"R123", "R12", "U1", "U2", "U3", "S13", "S13-4", "S123", "S123-4", "S12to3"}
    assert tasks == set(metrics[metrics["probe"] == "mask12"]["task"])
    exact = metrics[metrics["probe"] == "exact"].set_index(["task", "metric"])["value"]
    assert exact["S12to3", "bits_mask12"] == exact["S12to3", "bits"] == 2
    assert exact["S123", "bits_mask23"] == 0
    terms = set(find_method(name).terms)
    learnt = set(pd.read_csv(folder.path / "losses.csv")["term"])
    assert learnt == (tasks if name == "supervised" else terms)


def test_samples_of_a_folders_images_are_those_of_the_same_images_generated(smoke):
    config = replace(smoke, modalities=3, seed=5, triple_rule_strength=1.0)
    data = dataset(config)
    content = SimpleNamespace(train=data.train, test=data.test, counts=config.images.counts)
    found = samples_of_folder(config, content, None)
    for name in ("pretrain", "probe_train", "probe_test"):
        np.testing.assert_array_equal(getattr(found, name).index, getattr(data, name).index)


def test_a_method_of_two_images_is_refused_before_anything_is_trained(brief, tmp_path):
    message = "FactorCL is stated for 2 modalities, not for 3$"
    with pytest.raises(ValueError, match=message):
        run(
            replace(brief, method="factorcl", modalities=3),
            tmp_path,
            CPU,
            lambda p: pytest.fail(p.line),
        )


@pytest.mark.parametrize("name", ["symile", "gram", "triangle", "confu"])
def test_a_method_of_three_images_is_refused_before_anything_is_trained(brief, tmp_path, name):
    message = "is stated for 3 .*modalities, not for 2; with 2"
    with pytest.raises(ValueError, match=message):
        run(replace(brief, method=name), tmp_path, CPU, lambda p: pytest.fail(p.line))


def test_masks_between_can_be_trained_on(brief, tmp_path):
    rates = {"joint": 0.0, "unimodal": 0.0, "partial": 1.0}
    config = replace(brief, method="comm", weights=rates, modalities=3)
    losses = pd.read_csv(run(config, tmp_path, CPU).path / "losses.csv")
    assert set(losses["term"]) == set(rates)
    assert losses["value"].gt(0).all()


@pytest.mark.parametrize("mask", [set(), {3}, {-1}, (True, False), (True, True, True)])
def test_what_is_no_set_of_modalities_is_no_mask(mask):
    encoded = [torch.zeros(4, 2)] * 3
    with pytest.raises(ValueError, match=r"a mask is the set of modalities .*\{0, …, 2\}"):
        masked_samples(encoded, np.zeros((2, 3), dtype=np.int64), mask)


def test_samples_of_another_number_of_images_are_refused():
    with pytest.raises(ValueError, match="samples of 2 images for 3 modalities"):
        masked_samples([torch.zeros(4, 2)] * 3, np.zeros((2, 2), dtype=np.int64))


class OwnBuild(Tiny):
    """Its build is of the form before there was a number of modalities."""

    @classmethod
    def build(cls, config, classes):
        return cls(config)


class OwnInit(Tiny):
    """It is built from the config alone."""

    def __init__(self, config):
        super().__init__(config)


@pytest.mark.parametrize("kind", [OwnBuild, OwnInit])
def test_a_method_that_takes_no_number_of_modalities_is_of_two(smoke, kind):
    assert initialise(kind, smoke).modalities == 2
    with pytest.raises(ValueError, match=f"{kind.__name__} is built for 2 modalities only"):
        initialise(kind, smoke, 3)


@pytest.mark.parametrize("modalities", [2, 3])
def test_a_ceiling_is_built_for_the_number_of_modalities(smoke, modalities):
    method = initialise(find_method("supervised"), smoke, modalities)
    assert (method.modalities, len(method.encoders)) == (modalities, modalities)


def test_a_sample_weighs_the_product_of_its_images_each_counted_once():
    index = np.array([[0, 1, 2], [0, 0, 1], [3, 3, 3], [1, 2, 1], [0, 1, 1]])
    found = draw_resample_counts(index, 4, np.random.default_rng(1), replicates=20)
    times = np.random.default_rng(1).multinomial(4, np.full(4, 1 / 4), size=30)
    expected = [[np.prod([m[i] for i in {*sample}]) for sample in index] for m in times]
    # A resampling without a sample is drawn again.
    assert found.tolist() == [row for row in expected if any(row)][:20]


def test_data_of_mixed_numbers_of_modalities_are_refused(smoke):
    data = dataset(smoke)
    with pytest.raises(ValueError, match="same number of modalities, not 3, 2, 2"):
        replace(data, pretrain=with_third(data.pretrain, len(data.train)))
    with pytest.raises(ValueError, match=r"an index is \[n_samples, n_modalities\], not \[4\]"):
        PairSet(np.arange(4), {})


def test_two_modalities_have_no_further_row(smoke, whole):
    probes = set(pd.read_csv(whole.path / "metrics.csv")["probe"])
    assert not {"mask0", "mask3"} & probes
