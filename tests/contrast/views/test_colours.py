"""Brightness, contrast, saturation and hue: against kornia, and as one composed matrix."""

import itertools
import math

import kornia
import pytest
import torch
from small_views import (
    LUMA,
    pictures,
    turned,
    viewed,
)
from torch.nn import functional as F


def test_brightness_is_kornias():
    images, factor = pictures(4, 8, 8), torch.tensor([0.0, 0.6, 1.0, 1.7])
    expected = kornia.enhance.adjust_brightness_accumulative(images, factor)
    assert (expected == 1).any()  # clamping is part of what is compared
    torch.testing.assert_close(viewed(images, brightness=factor), expected, atol=2e-6, rtol=0)


def test_contrast_is_kornias_with_mean_luma():
    images, factor = pictures(4, 8, 8), torch.tensor([0.0, 0.6, 1.0, 1.7])
    expected = kornia.enhance.adjust_contrast_with_mean_subtraction(images, factor)
    torch.testing.assert_close(viewed(images, contrast=factor), expected, atol=2e-6, rtol=0)


def test_the_mean_of_contrast_is_that_of_the_crop():
    images = pictures(1, 12, 12)
    images[:, :, :6] *= 0.2
    grey = viewed(images, 6, top=6, height=6, left=3, width=6, contrast=0.0)
    inside = (images[0, :, 6:, 3:9] * LUMA).sum(0).mean()
    torch.testing.assert_close(grey, inside.expand(1, 3, 6, 6), atol=2e-6, rtol=0)


def test_saturation_is_kornias():
    images, factor = pictures(4, 8, 8), torch.tensor([0.0, 0.6, 1.0, 1.7])
    expected = kornia.enhance.adjust_saturation_with_gray_subtraction(images, factor)
    torch.testing.assert_close(viewed(images, saturation=factor), expected, atol=2e-6, rtol=0)


def test_no_saturation_is_kornias_grayscale_whatever_the_hue():
    images = pictures(2, 8, 8)
    expected = kornia.color.rgb_to_grayscale(images).expand(-1, 3, -1, -1)
    got = viewed(images, saturation=0.0, hue=torch.tensor([0.0, 1.2]))
    torch.testing.assert_close(got, expected, atol=2e-6, rtol=0)


@pytest.mark.parametrize("angle", [-math.pi / 5, -0.1, 0.3, math.pi / 2, math.pi])
def test_hue_turns_the_chroma_plane(angle):
    images = pictures(2, 6, 6, 0.4, 0.6)
    expected = turned(images, torch.tensor([angle, angle]))
    assert (expected - images).abs().max() > 0.005
    # NTSC's rounded constants leave 0.001 of chroma
    torch.testing.assert_close(viewed(images, hue=angle), expected, atol=5e-4, rtol=0)


def test_hue_keeps_luma():
    images = pictures(3, 6, 6, 0.4, 0.6)
    got = viewed(images, hue=torch.tensor([0.5, 2.0, -3.0]))
    assert (got - images).abs().max() > 0.02
    torch.testing.assert_close((got * LUMA).sum(1), (images * LUMA).sum(1), atol=2e-6, rtol=0)


def test_a_full_turn_of_hue_is_the_identity():
    images = pictures(1, 6, 6, 0.2, 0.8)
    torch.testing.assert_close(viewed(images, hue=2 * math.pi), images, atol=3e-6, rtol=0)


def test_two_turns_of_hue_add_up():
    images = pictures(1, 6, 6, 0.4, 0.6)
    twice = viewed(viewed(images, hue=0.7), hue=-0.3)
    torch.testing.assert_close(twice, viewed(images, hue=0.4), atol=3e-6, rtol=0)


COLOURS = {"brightness": 1.2, "contrast": 0.8, "saturation": 1.3, "hue": 0.4}


@pytest.mark.parametrize("order", list(itertools.permutations(COLOURS)))
def test_colour_operations_compose_in_any_order(order):
    images = pictures(2, 7, 7, 0.35, 0.65)
    one_by_one = images
    for name in order:
        one_by_one = viewed(one_by_one, **{name: COLOURS[name]})
    assert 0 < one_by_one.min() < one_by_one.max() < 1
    torch.testing.assert_close(viewed(images, **COLOURS), one_by_one, atol=3e-6, rtol=0)


def test_colours_are_clamped_once_and_after_resizing():
    images = torch.tensor([0.9, 0.2]).repeat(2)[None, None, None].expand(1, 3, 4, 4).contiguous()
    half = viewed(images, 2, brightness=1.4)  # 1.4 · .9 alone would be clamped
    expected = F.interpolate(images, (2, 2), mode="bilinear", antialias=True) * 1.4
    torch.testing.assert_close(half, expected, atol=1e-5, rtol=0)
    assert expected.max() < 1
    kept = viewed(images, brightness=2.0, contrast=0.5)  # ×2 alone would clamp .9
    mean = 2 * 0.55
    expected = (mean + (2 * images - mean) * 0.5).clamp(0, 1)
    torch.testing.assert_close(kept, expected, atol=2e-6, rtol=0)
    assert kept.max() == pytest.approx(1.0, abs=1e-6)
