import subprocess
import sys

import pytest
import torch
from torch import nn

from interaction_probes.settings.config import OptimConfig
from interaction_probes.training.muon import ITERATIONS, VECTOR_SHARE, MuonAdamW
from interaction_probes.training.optim import load_optimizer, optimizer_for, set_learning_rate

CONFIG = OptimConfig(optimizer="muon", lr=0.02, weight_decay=0.1)


def network(channels_last=False):
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(128, 4)
    )
    return layers.to(memory_format=torch.channels_last) if channels_last else layers


def batch(k):
    generator = torch.Generator().manual_seed(k)
    images = torch.randn(16, 3, 6, 6, generator=generator)
    return images, torch.randint(4, (16,), generator=generator)


def train(model, optimizer, steps, first=0):
    for k in range(first, first + steps):
        images, labels = batch(k)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()


def weights(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def test_matrices_and_vectors_are_updated_as_torch_does():
    """Against torch's own two optimisers, on a model whose kernel is already a matrix."""

    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            inner = network()
            self.kernel = nn.Parameter(inner[0].weight.detach().flatten(1).clone())
            self.norm, self.last = inner[1], inner[3]

        def forward(self, images):
            x = nn.functional.conv2d(images, self.kernel.view(8, 3, 3, 3))
            return self.last(self.norm(x).flatten(1))

    ours, plain = network(), Plain()
    optimizer = optimizer_for(ours, CONFIG)
    muon = torch.optim.Muon(
        [plain.kernel, plain.last.weight],
        lr=CONFIG.lr,
        weight_decay=CONFIG.weight_decay,
        ns_steps=ITERATIONS,
        adjust_lr_fn="match_rms_adamw",
    )
    adamw = torch.optim.AdamW(
        [plain.norm.weight, plain.norm.bias, plain.last.bias],
        lr=VECTOR_SHARE * CONFIG.lr,
        weight_decay=0.0,
    )
    for k in range(5):
        images, labels = batch(k)
        optimizer.zero_grad()
        nn.functional.cross_entropy(ours(images), labels).backward()
        optimizer.step()
        muon.zero_grad()
        adamw.zero_grad()
        nn.functional.cross_entropy(plain(images), labels).backward()
        muon.step()
        adamw.step()
    torch.testing.assert_close(ours[0].weight.flatten(1), plain.kernel, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours[3].weight, plain.last.weight, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours[1].bias, plain.norm.bias, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(8, 32), (32, 8), (8, 2, 4, 4)])
def test_a_first_update_is_the_orthogonal_factor_of_the_gradient(shape):
    """By a singular value decomposition: the same directions, singular values near 1 (equation of
    Muon), which torch's iteration leaves between .6 and 1.3."""
    torch.manual_seed(1)
    parameter = nn.Parameter(torch.zeros(shape))
    parameter.grad = torch.randn(shape)
    MuonAdamW([parameter], lr=1.0, weight_decay=0.0).step()
    update = -parameter.detach().flatten(1)
    scale = 0.2 * max(update.shape) ** 0.5
    left, _, right = torch.linalg.svd(parameter.grad.flatten(1), full_matrices=False)
    inside = left.T @ (update / scale) @ right.T
    values = inside.diagonal()
    assert 0.6 < values.min() <= values.max() < 1.3
    off = inside - torch.diag(values)
    assert off.abs().max() < 0.1


def test_the_layout_in_memory_changes_nothing():
    ends = []
    for channels_last in (False, True):
        model = network(channels_last)
        train(model, optimizer_for(model, CONFIG), 4)
        ends.append(weights(model))
    for name, end in ends[0].items():
        torch.testing.assert_close(end, ends[1][name].contiguous(), rtol=2e-2, atol=2e-3)


def test_resumed_training_is_the_same_bytes():
    whole = network()
    train(whole, optimizer_for(whole, CONFIG), 6)
    half = network()
    optimizer = optimizer_for(half, CONFIG)
    train(half, optimizer, 3)
    again = network()
    again.load_state_dict(half.state_dict())
    resumed = optimizer_for(again, CONFIG)
    load_optimizer(resumed, optimizer.state_dict())
    train(again, resumed, 3, first=3)
    for name, end in weights(whole).items():
        assert torch.equal(end, weights(again)[name]), name


def test_the_schedule_sets_both_rates():
    optimizer = optimizer_for(network(), CONFIG)
    set_learning_rate(optimizer, 0.008)
    assert [group["lr"] for group in optimizer.param_groups] == [0.008, VECTOR_SHARE * 0.008]


def test_a_parameter_without_a_gradient_stays():
    model = network()
    optimizer = optimizer_for(model, CONFIG)
    before = weights(model)
    model[3].bias.sum().backward()
    optimizer.step()
    after = weights(model)
    assert torch.equal(before["0.weight"], after["0.weight"])
    assert not torch.equal(before["3.bias"], after["3.bias"])


@pytest.mark.parametrize("parameters", [[torch.zeros(3)], [torch.zeros(3, 2)]])
def test_a_method_may_have_vectors_or_matrices_only(parameters):
    held = [nn.Parameter(p) for p in parameters]
    held[0].grad = torch.ones_like(held[0])
    optimizer = MuonAdamW(held, lr=0.1, weight_decay=0.0)
    optimizer.step()
    assert held[0].abs().min() > 0
    assert len(optimizer.param_groups) == 1


def test_the_state_of_another_optimiser_is_refused():
    model = network()
    muon, adamw = (optimizer_for(model, OptimConfig(optimizer=name)) for name in ("muon", "adamw"))
    with pytest.raises(ValueError, match="another optimiser"):
        load_optimizer(muon, adamw.state_dict())
    with pytest.raises((ValueError, KeyError)):
        load_optimizer(adamw, muon.state_dict())


def test_state_of_other_shapes_is_refused():
    model = network()
    optimizer = optimizer_for(model, CONFIG)
    train(model, optimizer, 1)
    state = optimizer.state_dict()
    state["parts"][0]["state"][0]["momentum_buffer"] = torch.zeros(2, 2)
    with pytest.raises(ValueError, match="other shapes"):
        load_optimizer(optimizer_for(model, CONFIG), state)


@pytest.mark.slow
def test_a_step_does_not_import_the_compiler():
    code = (
        "import sys, torch\n"
        "from interaction_probes.training.muon import MuonAdamW\n"
        "p = [torch.nn.Parameter(torch.ones(3, 2)), torch.nn.Parameter(torch.ones(2))]\n"
        "o = MuonAdamW(p, 0.1, 0.0)\n"
        "for each in p: each.grad = torch.ones_like(each)\n"
        "o.step(); o.load_state_dict(o.state_dict()); o.zero_grad()\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
