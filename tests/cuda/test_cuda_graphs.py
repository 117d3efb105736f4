"""Steps that a GPU replays are the steps that it does without a recording."""

from dataclasses import replace
from typing import ClassVar

import pytest
import torch
from small_methods import CLASSES, CONFIG, fewest

from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.settings.config import OptimConfig
from interaction_probes.settings.registry import METHODS, find_method
from interaction_probes.training import loop
from interaction_probes.training.optim import optimizer_for

CAPTURABLE = [name for name in METHODS if vars(find_method(name)).get("capturable")]
ALEXNET = replace(CONFIG, encoder=EncoderConfig("alexnet"), size=80)


class Dropping(Method):
    """Its loss draws from torch's global state, on the GPU."""

    terms: ClassVar = {"drop": 1.0}
    capturable = True

    def loss(self, batch, terms):
        features = self.encoders[0](batch.views[0].flatten(0, 1)).flatten(1)
        return {"drop": torch.nn.functional.dropout(features, 0.5).square().mean()}

    def encode(self, modality, images):
        return self.encoders[0](images).flatten(1)

    def combine(self, encoded):
        return encoded[0]


class Waiting(Dropping):
    """It looks at a value, so that the GPU is waited for."""

    capturable = True

    def loss(self, batch, terms):
        values = super().loss(batch, terms)
        return values if values["drop"].item() > 0 else {}


class Growing(Dropping):
    """Its loss follows the progress, which a recording would hold fast."""

    capturable = True

    def loss(self, batch, terms):
        return {"drop": super().loss(batch, terms)["drop"] * min(1, 2 * batch.progress)}


class Mixing(Dropping):
    """Its loss draws a number on the CPU, which every replay would have again."""

    capturable = True

    def loss(self, batch, terms):
        return {"drop": super().loss(batch, terms)["drop"] * torch.rand(()).item()}


class Broken(Dropping):
    """It fails, recorded or not."""

    capturable = True

    def loss(self, batch, terms):
        return {"drop": (batch.views[0] @ torch.ones(3, 3, device=batch.views[0].device)).sum()}


def trained(kind, device, config=CONFIG, precision="bf16", weights=None):
    """Losses, parameters and buffers after three epochs of two steps."""
    torch.manual_seed(0)
    method = kind.build(config, CLASSES, fewest(kind))
    method = method.to(device, memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(1)
    side = config.size + 4
    images = torch.randint(256, (9, 3, side, side), generator=generator, dtype=torch.uint8)
    labels = {task: torch.randint(k, (16,), generator=generator) for task, k in CLASSES.items()}
    pairs = torch.randint(9, (16, method.modalities), generator=generator)
    optim = OptimConfig(epochs=3, batch=8, lr=1e-3, precision=precision)
    epochs = loop.pretrain(
        method,
        optimizer_for(method, optim),
        images.to(device),
        pairs,
        ViewConfig(),
        optim,
        {**method.terms, **(weights or {})},
        seed=0,
        labels=labels,
    )
    return [epoch.terms for epoch in epochs], method.state_dict()


def alike(one, other):
    assert one[0] == other[0]
    assert one[1].keys() == other[1].keys()
    for name, value in one[1].items():
        assert torch.equal(value, other[1][name]), name


def without_recording(monkeypatch):
    monkeypatch.setattr(loop, "can_capture", lambda *_: False)


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("name", CAPTURABLE)
def test_a_replayed_training_is_the_same(gpu, monkeypatch, name, precision):
    kind = find_method(name)
    replayed = trained(kind, gpu, precision=precision)
    without_recording(monkeypatch)
    alike(replayed, trained(kind, gpu, precision=precision))


def test_with_large_towers_and_a_watched_term(gpu, monkeypatch):
    comm = find_method("comm")
    replayed = trained(comm, gpu, ALEXNET, weights={"joint": 0.0})
    without_recording(monkeypatch)
    alike(replayed, trained(comm, gpu, ALEXNET, weights={"joint": 0.0}))


def test_what_is_drawn_on_the_gpu_is_drawn_anew(gpu):
    losses, _ = trained(Dropping, gpu)
    assert len({epoch["drop"] for epoch in losses}) == 3
    assert losses == trained(Dropping, gpu)[0]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Waiting, "its loss probably synchronises with the GPU"),
        (Growing, "it reads the batch's progress"),
        (Mixing, "it draws from the random state of torch on the CPU"),
    ],
)
def test_a_loss_that_is_not_capturable_is_refused_in_a_line(gpu, kind, reason):
    with pytest.raises(ValueError, match=f"cannot be captured as a CUDA graph: {reason}"):
        trained(kind, gpu)


def test_a_failure_that_has_nothing_to_do_with_recording_is_told_as_it_is(gpu):
    with pytest.raises(RuntimeError, match=r"shape|size|dimension"):
        trained(Broken, gpu)


def test_a_subclass_is_not_capturable_by_its_parent(gpu):
    class Drawing(find_method("comm")):
        """As CoMM."""

    assert loop.can_capture(find_method("comm").build(CONFIG, CLASSES), gpu)
    assert not loop.can_capture(Drawing(CONFIG), gpu)
