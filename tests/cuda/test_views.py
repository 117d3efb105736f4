"""Views on a GPU are those of a CPU, for the same draws."""

from typing import get_args

import pytest
import torch

from interaction_probes.contrast.views.augment import augment, eval_transform
from interaction_probes.contrast.views.config import JitterName, ViewConfig

CPU = torch.device("cpu")


def pictures(side, n=24):
    generator = torch.Generator().manual_seed(side)
    coarse = torch.randint(256, (n, 3, 6, 6), generator=generator).float()
    smooth = torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear")
    return smooth.to(torch.uint8)


def made(images, device, size, dtype, jitter="composed"):
    generator = torch.Generator().manual_seed(7)
    config = ViewConfig(jitter=jitter)
    return augment(images.to(device), config, generator, size, dtype).cpu()


@pytest.mark.parametrize("jitter", get_args(JitterName))
@pytest.mark.parametrize(("side", "size"), [(48, 48), (64, 40), (224, 224)])
def test_views_of_the_same_draws(gpu, side, size, jitter):
    images = pictures(side)
    torch.testing.assert_close(
        made(images, gpu, size, torch.float32, jitter),
        made(images, CPU, size, torch.float32, jitter),
        atol=1e-4,
        rtol=0,
    )


@pytest.mark.parametrize(("side", "size"), [(64, 40), (224, 224)])
def test_views_in_bfloat16_are_as_near_to_float32_as_on_a_cpu(gpu, side, size):
    images = pictures(side)
    fine = made(images, CPU, size, torch.float32)
    off = [
        float((made(images, device, size, torch.bfloat16).float() - fine).square().mean().sqrt())
        for device in (gpu, CPU)
    ]
    assert 0 < off[0] < 1.5 * off[1] < 0.1


def test_whole_images(gpu):
    images = pictures(64)
    torch.testing.assert_close(
        eval_transform(images.to(gpu), 106).cpu(), eval_transform(images, 106), atol=1e-4, rtol=0
    )
