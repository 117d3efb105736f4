from pathlib import Path

import pytest
import torch
from torch import nn

from interaction_probes.contrast.encoders.images import compact

_CPU = Path("/proc/cpuinfo")
_TILES = _CPU.exists() and "amx_bf16" in _CPU.read_text()


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def threads_of_gradients(tower: nn.Sequential, dtype: torch.dtype) -> list[int]:
    """The threads with which the gradient of each convolution is computed, last layer first."""
    seen = []

    def watch(_: nn.Module, __: object, output: torch.Tensor) -> None:
        output.grad_fn.register_prehook(lambda _: seen.append(torch.get_num_threads()))

    for layer in tower:
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(watch)
    with torch.autocast("cpu", dtype, enabled=dtype == torch.bfloat16):
        first, second = tower(torch.rand(8, 3, 16, 16)), tower(torch.rand(8, 3, 16, 16))
    (first.float().square().mean() + second.float().square().mean()).backward()
    return seen


@pytest.mark.usefixtures("two_threads")
def test_threads_do_not_wait_for_one_another_at_every_image_of_a_stem():
    tower = compact(4, (32, 32), (2,))
    assert threads_of_gradients(tower, torch.bfloat16) == [2, 1, 2, 1]
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize(
    ("filters", "dtype"), [(32, torch.float32), (16, torch.bfloat16), (24, torch.bfloat16)]
)
def test_other_gradients_of_a_stem_keep_their_threads(filters, dtype):
    assert threads_of_gradients(compact(4, (filters,), ()), dtype) == [2, 2]


@pytest.mark.skipif(_TILES, reason="with AMX, oneDNN divides the sum in another way")
@pytest.mark.usefixtures("two_threads")
def test_the_gradient_is_that_of_two_threads_to_the_bit():
    torch.manual_seed(0)
    images = torch.rand(32, 3, 48, 48).to(memory_format=torch.channels_last)
    tower = compact(4, (32, 32), (2,)).to(memory_format=torch.channels_last)
    plain = nn.Sequential(nn.Conv2d(3, 32, 4, stride=4, bias=False), *tower[1:])
    plain.to(memory_format=torch.channels_last).load_state_dict(tower.state_dict())
    gradients = []
    for each in (tower, plain):
        with torch.autocast("cpu", torch.bfloat16):
            loss = each(images).float().square().mean()
        gradients.append(torch.autograd.grad(loss, each[0].weight)[0])
    assert torch.equal(*gradients)


@pytest.mark.usefixtures("two_threads")
def test_a_frozen_stem_is_left_alone():
    tower = compact(4, (32,), ())
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        tower(torch.rand(2, 3, 16, 16))
    assert torch.get_num_threads() == 2
