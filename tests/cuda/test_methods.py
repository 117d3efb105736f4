"""Losses, gradients and representations of every method on a GPU are those of a CPU."""

import pytest
import torch
from small_methods import CONFIG, batch, build

from interaction_probes.contrast import row_blocks
from interaction_probes.contrast.losses import nce
from interaction_probes.contrast.method import Batch
from interaction_probes.settings.registry import METHODS, find_method

LEARNING = [name for name in METHODS if find_method(name).terms]


def moved(given, device):
    views = [view.to(device) for view in given.views]
    labels = {task: values.to(device) for task, values in given.labels.items()}
    return Batch(views, labels, given.progress, given.generator)


def step(name, device):
    """Terms and gradients of one step, in float64."""
    method = build(name).to(device)
    given = moved(batch(method), device)
    terms = method.loss(given, list(method.terms))
    torch.stack(list(terms.values())).sum().backward()
    gradients = {n: p.grad.cpu() for n, p in method.named_parameters() if p.grad is not None}
    return {term: value.item() for term, value in terms.items()}, gradients


@pytest.mark.parametrize("name", LEARNING)
def test_a_step(gpu, name):
    (terms, gradients), (expected, slopes) = step(name, gpu), step(name, "cpu")
    assert terms == pytest.approx(expected, rel=1e-8)
    assert gradients.keys() == slopes.keys()
    for part, slope in slopes.items():
        torch.testing.assert_close(gradients[part], slope, rtol=1e-8, atol=1e-8, msg=part)


@pytest.mark.parametrize("name", METHODS)
@torch.no_grad()
def test_a_representation(gpu, name):
    images = torch.randn(5, 3, 24, 24, generator=torch.Generator().manual_seed(3)).double()

    def combined(device):
        method = build(name, config=CONFIG).to(device).eval()
        return method.combine(
            [method.encode(m, images.to(device)) for m in range(method.modalities)]
        ).cpu()

    torch.testing.assert_close(combined(gpu), combined("cpu"), rtol=1e-8, atol=1e-8)


def test_a_loss_in_blocks(gpu, monkeypatch):
    z = torch.randn(2, 40, 8, device=gpu, dtype=torch.float64, requires_grad=True)
    whole = nce(*z)
    [slope] = torch.autograd.grad(whole, z)
    monkeypatch.setattr(row_blocks, "ENTRIES", 7 * 80)
    parts = nce(*z)
    torch.testing.assert_close(parts, whole)
    torch.testing.assert_close(torch.autograd.grad(parts, z)[0], slope)
