import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from interaction_probes.contrast.encoders import (
    EncoderConfig,
    alexnet,
    build_encoder,
    compact,
    encode_blank,
    feature_shape,
)


def parameters(module):
    return sum(p.numel() for p in module.parameters())


def test_alexnet_is_the_papers():
    tower = build_encoder(EncoderConfig("alexnet"))
    assert parameters(tower) == 2_469_696
    assert feature_shape(tower, 224) == (256, 6, 6)
    kinds = [type(layer).__name__ for layer in tower]
    assert kinds.count("Conv2d") == 5
    assert kinds.count("MaxPool2d") == 3
    assert tower(torch.zeros(2, 3, 224, 224)).shape == (2, 256, 6, 6)


def test_alexnets_pools_give_what_they_give_behind_the_relus():
    ours = alexnet()
    layers = list(ours)
    for k in (1, 4, 11):
        assert [type(layer) for layer in layers[k : k + 2]] == [nn.MaxPool2d, nn.ReLU]
        layers[k], layers[k + 1] = nn.ReLU(), layers[k]
    published = nn.Sequential(*layers)  # the same parameters
    images = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    found = []
    for tower in (ours, published):
        tower.zero_grad()
        features = tower(images)
        features.square().sum().backward()
        found.append([features.detach(), *(p.grad.clone() for p in tower.parameters())])
    assert found[0][0].count_nonzero() > 0
    for first, second in zip(*found, strict=True):
        assert torch.equal(first, second)


@pytest.mark.parametrize(
    ("patch", "widths", "pools", "size", "shape"),
    [
        (4, (64, 128, 128), (2, 1), 64, (128, 8, 8)),
        (4, (16, 32), (2,), 32, (32, 4, 4)),
        (2, (5,), (), 10, (5, 5, 5)),
        (3, (4, 6), (3,), 31, (6, 3, 3)),  # a pixel of 31 and a patch of 10 are left over
    ],
)
def test_shapes_of_compact_towers(patch, widths, pools, size, shape):
    tower = build_encoder(EncoderConfig("compact", patch, widths, pools))
    assert feature_shape(tower, size) == shape
    assert tower(torch.randn(3, 3, size, size)).shape == (3, *shape)
    inputs, expected = 3, 0
    for k, outputs in enumerate(widths):
        side = patch if k == 0 else 3
        expected += inputs * outputs * side**2 + 2 * outputs  # no bias; BatchNorm has two
        inputs = outputs
    assert parameters(tower) == expected


@pytest.mark.parametrize(
    ("kernels", "size", "shape"),
    [
        ((2, 3), 44, (6, 5, 5)),
        ((5, 1), 48, (6, 6, 6)),
        ((4, 2), 48, (6, 3, 3)),
        ((3, 3), 48, (6, 6, 6)),
    ],
)
def test_kernels_of_compact_towers(kernels, size, shape):
    config = EncoderConfig("compact", 4, (4, 5, 6), (2, 1), kernels=kernels)
    tower = build_encoder(config)
    sides = [layer.kernel_size for layer in tower if isinstance(layer, nn.Conv2d)]
    assert sides == [(4, 4), *((side, side) for side in kernels)]
    assert feature_shape(tower, size) == shape
    # one tower has one config, which names its runs
    assert (config == replace(config, kernels=())) == (kernels == (3, 3))


def test_compact_blocks_are_convolution_norm_relu():
    kinds = [type(layer) for layer in compact(4, (8, 8, 8), (1, 1))]
    assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU] * 3


def test_compact_blocks_without_norms_have_biases():
    tower = compact(4, (8, 16), (2,), "none")
    assert [type(layer) for layer in tower] == [
        nn.Conv2d, nn.ReLU, nn.Conv2d, nn.MaxPool2d, nn.ReLU,
    ]  # fmt: skip
    assert all(layer.bias is not None for layer in tower if isinstance(layer, nn.Conv2d))


def test_compact_blocks_pool_before_they_normalise():
    kinds = [type(layer) for layer in compact(4, (8, 8, 8), (2, 1))]
    plain = [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    assert kinds == [*plain, nn.Conv2d, nn.MaxPool2d, nn.BatchNorm2d, nn.ReLU, *plain]


def test_a_compact_stem_reads_patches_apart():
    tower = compact(4, (6,), ()).eval()
    images = torch.randn(1, 3, 8, 8)
    before = tower(images)
    images[:, :, 4:, :4] += 1
    changed = (tower(images) - before).abs().sum((0, 1)) > 0
    assert changed.tolist() == [[False, False], [True, False]]


def test_asking_for_the_shape_leaves_the_tower_as_it_is():
    tower = compact(4, (6, 6), (1,))
    state = {name: value.clone() for name, value in tower.state_dict().items()}
    for training in (True, False):
        tower.train(training)
        feature_shape(tower, 16)
        assert tower.training is training
        assert all(layer.training is training for layer in tower)
    assert all(torch.equal(value, state[name]) for name, value in tower.state_dict().items())


@pytest.mark.parametrize("shape", [(1, 7), (1, 4, 7), (1, 7, 2, 2)])
def test_an_encoder_may_return_vectors_and_tokens(shape):
    """A run asks every encoder for a blank image first, also those that are no towers."""
    encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, math.prod(shape[1:])))
    encoder.append(torch.nn.Unflatten(1, shape[1:]))
    assert encode_blank(encoder.train(), 4).shape == shape
    assert encoder.training
    with pytest.raises(ValueError, match="images of 3 pixels are too small"):
        encode_blank(encoder, 3)


@pytest.mark.parametrize(("tower", "size"), [(alexnet(), 62), (compact(4, (4,), ()), 3)])
def test_images_too_small_for_the_tower_are_refused(tower, size):
    tower.train()
    with pytest.raises(ValueError, match=f"images of {size} pixels are too small for this tower"):
        feature_shape(tower, size)
    assert tower.training
    assert feature_shape(tower, size + 1)[1:] == (1, 1)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"widths": (4, 8), "pools": (2, 1)}, "2 pools need 3 widths, not 2"),
        ({"widths": (), "pools": ()}, "0 pools need 1 widths, not 0"),
        ({"name": "resnet"}, "no tower 'resnet'; there are alexnet, compact"),
        ({"norm": "layer"}, "no norm 'layer'; there are batch, none"),
        ({"stem": "dct"}, "no stem 'dct'; there are random, cosine"),
        ({"patch": 0}, "the patch, widths, pools and kernels of a tower are 1 or more"),
        ({"widths": (4, 0, 4)}, "the patch, widths, pools and kernels of a tower are 1 or more"),
        ({"kernels": (3, 0)}, "the patch, widths, pools and kernels of a tower are 1 or more"),
        ({"kernels": (2,)}, "2 pools take 2 kernels, or none for sides of 3, not 1"),
        ({"pools": (2, -1)}, "the patch, widths, pools and kernels of a tower are 1 or more"),
    ],
)
def test_bad_configs_are_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        EncoderConfig(**bad)
