"""Brightness, contrast, saturation and hue: against kornia, and as one composed matrix."""

import itertools
import math

import kornia
import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from small_views import (
    LUMA,
    MEAN,
    STD,
    pictures,
    turned,
    viewed,
)
from torch.nn import functional as F

from interaction_probes.contrast.views.augment import apply
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.contrast.views.draws import Draws, draw
from interaction_probes.contrast.views.jitter import OPERATIONS, jitter_in_order
from trifeature import PAPER, ImageDesign, generate_images


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


def in_order(images, order, **strengths):
    """Views of images that are jittered one operation after another."""
    neutral = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}
    n = len(images)
    given = {
        name: torch.as_tensor(value).expand(n) for name, value in (neutral | strengths).items()
    }
    return jitter_in_order(images.flatten(2).clone(), given, order).view_as(images)


ALONE = {
    "brightness": (kornia.enhance.adjust_brightness_accumulative, 1.7),
    "contrast": (kornia.enhance.adjust_contrast_with_mean_subtraction, 1.7),
    "saturation": (kornia.enhance.adjust_saturation_with_gray_subtraction, 1.7),
    "hue": (kornia.enhance.adjust_hue, 0.6),
}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_jitter_in_order_is_one_operation_of_kornia_after_another(order):
    """Strengths at which every operation leaves [0, 1]: the order and each clamp are compared."""
    images = pictures(3, 9, 7)
    expected = images
    for number in order:
        function, strength = ALONE[list(OPERATIONS)[number]]
        expected = function(expected, torch.full((3,), strength)).clamp(0, 1)
    strengths = {name: strength for name, (_, strength) in ALONE.items()}
    found = in_order(images, torch.tensor([order] * 3), **strengths)
    torch.testing.assert_close(found, expected, atol=3e-5, rtol=0)


def test_every_image_has_an_order_of_its_own_and_none_is_no_jitter():
    images = pictures(25, 6, 6)
    orders = torch.tensor([*itertools.permutations(range(4)), (-1, -1, -1, -1)])
    strengths = {name: strength for name, (_, strength) in ALONE.items()}
    together = in_order(images, orders, **strengths)
    for k in range(25):
        alone = in_order(images[k : k + 1], orders[k : k + 1], **strengths)
        torch.testing.assert_close(together[k : k + 1], alone, atol=1e-6, rtol=0)
    assert torch.equal(together[24], images[24])
    assert len({tuple(view.flatten().tolist()) for view in together}) == 25


def test_hue_in_hsv_leaves_greys_value_and_chroma():
    grey = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0)).expand(-1, 3, -1, -1)
    first = torch.tensor([[3, -1, -1, -1]] * 2)
    assert torch.equal(in_order(grey, first, hue=1.3), grey)
    images = pictures(2, 6, 6)
    turned_by = in_order(images, first, hue=-2.1)
    for extreme in (torch.amax, torch.amin):
        torch.testing.assert_close(extreme(turned_by, 1), extreme(images, 1), atol=1e-6, rtol=0)
    red = torch.tensor([1.0, 0, 0])[None, :, None, None]
    third = in_order(red, first[:1], hue=2 * math.pi / 3)
    torch.testing.assert_close(third, red.roll(1, 1), atol=1e-6, rtol=0)


def test_views_of_the_released_jitter_are_its_steps_one_by_one():
    """Crop, resize, jitter in each image's order, grey, normalised: against Pillow's operations."""
    config = ViewConfig(jitter="torchvision", blur_probability=0.0, flip_probability=0.0)
    images = (pictures(12, 20, 20) * 255).to(torch.uint8)
    draws = draw(config, 12, 20, 20, torch.Generator().manual_seed(5))
    assert draws.order is not None
    assert draws.grey.any()
    assert (draws.order[:, 0] == -1).any()
    found = apply(images, draws, 16) * STD + MEAN
    plain = {"order": torch.full((12, 4), -1), "grey": torch.zeros(12, dtype=torch.bool)}
    cropped = apply(images, Draws(**{**vars(draws), **plain}), 16) * STD + MEAN
    for k in range(12):
        view = Image.fromarray((cropped[k] * 255).round().byte().permute(1, 2, 0).numpy())
        for number in draws.order[k].tolist():
            view = by_pillow(view, number, draws, k)
        if draws.grey[k]:
            view = view.convert("L").convert("RGB")
        expected = torch.from_numpy(np.array(view)).permute(2, 0, 1) / 255
        # Pillow rounds to bytes after each of up to five operations, and hues to 1 of 256.
        assert (found[k] - expected).abs().max() < 0.09
        assert (found[k] - expected).abs().mean() < 0.01


def test_both_kinds_of_jitter_differ_much_on_saturated_colours():
    """docs/unimodal-synergy.md says by how much, on Trifeature's own images."""
    images = generate_images(ImageDesign(geometry=PAPER, renders=1), 0)[0].images
    rows = np.random.default_rng(0).permutation(len(images))[:200]
    pixels = torch.from_numpy(images[rows]).permute(0, 3, 1, 2).contiguous()
    whole = {"crop_scale": (1.0, 1.0), "crop_ratio": (1.0, 1.0), "jitter_probability": 1.0}
    none = {f"{name}_probability": 0.0 for name in ("grayscale", "blur", "flip")}
    config = ViewConfig(**whole, **none, jitter="torchvision")
    one_by_one = draw(config, 200, 224, 224, torch.Generator().manual_seed(0))
    composed = Draws(**{**vars(one_by_one), "order": None, "grey": None})
    views = [apply(pixels, draws, 224) * STD + MEAN for draws in (one_by_one, composed)]
    coloured = pixels.amax(1).int() - pixels.amin(1).int() > 25
    apart = (views[0] - views[1]).abs().mean(1)
    assert float(apart[coloured].mean()) == pytest.approx(0.126, abs=0.002)
    assert float(apart[~coloured].mean()) < 0.002
    at_an_end = ((pixels == 0) | (pixels == 255)).any(1)
    assert float(at_an_end[coloured].float().mean()) == pytest.approx(0.87, abs=0.01)


def by_pillow(view, number, draws, k):
    """One of torchvision's operations on a picture, as it applies them to Pillow's pictures."""
    if number == -1:
        return view
    if number == 3:
        hue, saturation, value = view.convert("HSV").split()
        turn = round(float(draws.hue[k]) / (2 * math.pi) * 255)
        hue = Image.fromarray((np.array(hue).astype(int) + turn).astype(np.uint8))
        return Image.merge("HSV", (hue, saturation, value)).convert("RGB")
    enhancer = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)[number]
    factor = (draws.brightness, draws.contrast, draws.saturation)[number][k]
    return enhancer(view).enhance(float(factor))
