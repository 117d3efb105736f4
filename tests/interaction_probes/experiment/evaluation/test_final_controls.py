"""The controls of a run's last epoch: which image each reads, and by which streams they draw."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny_method import Untrained
from torch.nn import functional as F
from written_factors import read_off, written_in_pixels

from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation import epoch_probes, held_out, released_scores
from interaction_probes.experiment.evaluation.controls import model_pid
from interaction_probes.experiment.evaluation.epoch import probe_epoch
from interaction_probes.experiment.evaluation.representations import pixels
from trifeature import FactorCounts, PairDesign
from trifeature.dataset.paired_images import pair_images


class Given(Untrained):
    """A code is what it is given."""

    def encode(self, modality, images):
        return images


class Reading(Untrained):
    """A code is the texture that stands in the pixels."""

    def encode(self, modality, images):
        return F.one_hot(read_off(images)[:, 1], 4).float()


def with_synergy(data, label):
    """The samples of a run with another task S, and each image's texture as its code."""
    sets, codes = {}, []
    for name, images in (("probe_train", data.train), ("probe_test", data.test)):
        samples = getattr(data, name)
        textures = images.factors[samples.index, 1].T
        sets[name] = replace(samples, labels={**samples.labels, "S": label(*textures)})
        codes.append(torch.from_numpy(np.eye(4, dtype=np.float32)[textures]))
    return replace(data, **sets), codes


def auc_of_synergy(smoke, control, label):
    """Probe → its AUC of S."""
    data, codes = with_synergy(dataset(smoke), label)
    config = replace(smoke, probe=replace(smoke.probe, controls=(control,)))
    rows = probe_epoch(Given(smoke.model), data, *codes, config, final=True)
    return {row.probe: row.value for row in rows if (row.task, row.metric) == ("S", "auc")}


def test_a_mask_is_named_by_the_image_that_it_shows(smoke):
    found = auc_of_synergy(smoke, "masks", lambda first, second: first % 2)
    assert found["mask1"] == 1
    assert abs(found["mask2"] - 0.5) < 0.2


def test_the_bilinear_probe_reads_both_images(smoke):
    found = auc_of_synergy(smoke, "bilinear", lambda first, second: (first + second) % 2)
    assert found["bilinear"] == 1
    assert found["linear"] < 0.8


def test_the_released_protocol_crops_the_own_image_of_each_modality(smoke):
    counts = FactorCounts(4, 4, 4)
    images = written_in_pixels(1, counts)
    data = pair_images(images, images, counts, PairDesign(), 0, 200)
    config = replace(smoke, probe=replace(smoke.probe, controls=("public",)))
    both = [pixels(images.images)] * 2
    rows = probe_epoch(Reading(smoke.model), data, *both, config, final=True)
    found = {row.task: row.value for row in rows if (row.probe, row.metric) == ("public", "bits")}
    assert min(found["U1"], found["U2"]) > 1
    assert found["R"] < 0.2


@pytest.mark.parametrize("validation", ["pairs", "combinations"])
def test_probes_draw_by_the_seed_of_the_run_and_names_of_their_own(smoke, monkeypatch, validation):
    drawn = set()
    for module, name in (
        (epoch_probes, "stream"),
        (epoch_probes, "torch_stream"),
        (held_out, "stream"),
        (released_scores, "torch_stream"),
        (model_pid, "stream"),
    ):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, real=real: drawn.add(a) or real(*a))
    nothing = SimpleNamespace(metrics=lambda: ())
    for module, name in (
        (epoch_probes, "mlp_probe"),
        (released_scores, "public_probe"),
        (model_pid, "model_pid"),
    ):
        monkeypatch.setattr(module, name, lambda *_: nothing)
    controls = ("shuffled", "mlp", "public", "pid")
    probe = replace(smoke.probe, controls=controls, validation=validation)
    config = replace(smoke, seed=7, probe=replace(probe, strengths=(0.1,)))
    data = dataset(config)
    images = [pixels(part.images) for part in (data.train, data.test)]
    probe_epoch(Untrained(smoke.model), data, *images, config, final=True)
    tasks = ("R", "U1", "U2", "S")
    held = [("probe", task) for task in tasks] if validation == "pairs" else []
    assert drawn == {
        (7, *names)
        for names in (
            ("bootstrap",),
            *(held or [("probe", "combinations")]),
            ("shuffle", "S"),
            ("mlp probe", "S"),
            *(("public probe", name) for name in ("fit", "score")),
            *(("model pid", task) for task in tasks),
        )
    }
