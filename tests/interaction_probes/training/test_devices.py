"""Methods work where their images are: a device that holds no numbers tells a mixture at once."""

import contextlib

import pytest
import torch
from shared_training import CLASSES, LEARNING, MODEL, PAIRS, fresh

from interaction_probes.contrast.method import Batch
from interaction_probes.settings.registry import METHODS

NOWHERE = torch.device("meta")
SIZE = (3, MODEL.size, MODEL.size)


@pytest.fixture(autouse=True)
def _no_autocast(monkeypatch):
    """It knows no types of this device."""
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())


def moved(name):
    return fresh(name).to(NOWHERE)


@pytest.mark.parametrize("name", LEARNING)
def test_a_loss_and_its_gradients_are_where_the_views_are(name):
    method = moved(name)
    shape = (method.n_views, PAIRS, *SIZE)
    views = [torch.empty(shape, device=NOWHERE) for _ in range(method.modalities)]
    labels = {task: torch.empty(PAIRS, dtype=torch.int64, device=NOWHERE) for task in CLASSES}
    values = method.loss(Batch(views, labels, 0.5, torch.Generator()), list(method.terms))
    assert {value.device for value in values.values()} == {NOWHERE}
    torch.stack(list(values.values())).sum().backward()
    gradients = [p.grad for p in method.parameters() if p.grad is not None]
    assert gradients
    assert {gradient.device for gradient in gradients} == {NOWHERE}


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("present", [(True, True), (True, False), (False, True)])
@torch.no_grad()
def test_a_representation_is_where_the_images_are(name, present):
    method = moved(name).eval()
    images = torch.empty(PAIRS, *SIZE, device=NOWHERE)
    there = [*present, *[True] * (method.modalities - 2)]
    encoded = [method.encode(m, images) if here else None for m, here in enumerate(there)]
    assert method.combine(encoded).device == NOWHERE


def test_what_mixes_devices_is_seen():
    with pytest.raises(RuntimeError, match="device"):
        torch.empty(3, device=NOWHERE) @ torch.ones(3)
