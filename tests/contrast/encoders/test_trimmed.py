"""The unread rest of an image: left out without a difference, and no more than that."""

import pytest
import torch
from torch import nn

from interaction_probes.contrast.encoders import compact
from interaction_probes.contrast.encoders.trimmed import TrimmedSequential, read_side

#: patch, widths, pools, norm, kernels, side → what is read of it
TOWERS = [
    # the quick preset: stems of 12, 20 and 16, of which 11, 19 and 15 reach a pool
    ((4, (48, 64, 96, 96), (2, 1, 1), "none", "random", (2, 3, 3)), 48, 44),
    ((4, (48, 64, 96, 96), (2, 1, 1), "none", "random", (2, 3, 3)), 80, 76),
    ((4, (48, 64, 96, 96), (2, 1, 1), "none", "random", (2, 3, 3)), 64, 60),
    ((4, (48, 64, 96, 96), (2, 1, 1), "none", "random", (2, 3, 3)), 51, 44),
    # kernels with zeros around, or BatchNorm over the stem's map: all whole patches are read
    ((4, (8, 8), (2,), "none", "random", ()), 45, 44),
    ((4, (8, 8), (2,), "batch", "random", (2,)), 49, 48),
    ((2, (4, 5, 6), (2, 3), "none", "random", (2, 4)), 41, 38),
    ((1, (4, 5), (1,), "none", "random", (2,)), 9, 9),
]


def features_and_gradients(tower, images):
    tower.zero_grad()
    found = tower(images)
    found.square().sum().backward()
    return [found.detach(), *(p.grad.clone() for p in tower.parameters())]


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("sizes", "side", "read"), TOWERS)
def test_features_and_gradients_are_those_of_whole_images(sizes, side, read, precision):
    torch.manual_seed(1)
    tower = compact(*sizes).to(memory_format=torch.channels_last)
    plain = nn.Sequential(*tower)  # the same layers
    images = torch.randn(6, 3, side, side).to(precision, memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        ours, whole = features_and_gradients(tower, images), features_and_gradients(plain, images)
    for first, second in zip(ours, whole, strict=True):
        assert torch.equal(first, second)


@pytest.mark.parametrize(("sizes", "side", "read"), TOWERS)
def test_what_is_read_is_what_the_features_depend_on(sizes, side, read):
    torch.manual_seed(1)
    tower = compact(*sizes)
    assert read_side(tower, side) == read
    images = torch.randn(2, 3, side, side)
    seen = tower(images).detach()
    unread = images.clone()
    unread[:, :, read:], unread[:, :, :, read:] = torch.nan, torch.nan
    assert torch.equal(tower(unread), seen)
    for edge in ((slice(None), read - 1), (read - 1, slice(None))):
        changed = images.clone()
        changed[:, :, edge[0], edge[1]] += 10
        assert not torch.equal(tower(changed), seen)


def test_height_and_width_are_cut_each_by_itself():
    tower = compact(*TOWERS[0][0])
    images = torch.randn(1, 3, 48, 51)
    assert torch.equal(tower(images), tower(images[:, :, :44, :44]))
    assert tower(torch.randn(1, 3, 48, 80)).shape == (1, 96, 5, 9)


def test_images_that_are_too_small_are_refused_by_the_layers():
    tower = compact(*TOWERS[0][0])
    assert read_side(tower, 6) == 6
    with pytest.raises(RuntimeError):
        tower(torch.zeros(1, 3, 6, 6))


def test_the_layers_of_a_tower_keep_their_names():
    tower = compact(*TOWERS[0][0])
    assert isinstance(tower, TrimmedSequential)
    assert [*tower.state_dict()] == [*nn.Sequential(*tower).state_dict()]
