import itertools
import math

import kornia
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from interaction_probes.contrast.views import Draws, ViewConfig, apply, augment, draw, plain

MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
STD = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
LUMA = torch.tensor([0.299, 0.587, 0.114])[:, None, None]


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def pictures(n, height, width, low=0.0, high=1.0, seed=0):
    return torch.rand(n, 3, height, width, generator=seeded(seed)) * (high - low) + low


def drawn(n, height, width, /, **changes):
    """Draws that change nothing but what is given: a number, or one per image."""
    neutral = {
        "top": 0.0,
        "left": 0.0,
        "height": height,
        "width": width,
        "brightness": 1.0,
        "contrast": 1.0,
        "saturation": 1.0,
        "hue": 0.0,
        "sigma": 0.0,
    }
    values = {
        name: torch.as_tensor(changes.get(name, value), dtype=torch.float32).expand(n)
        for name, value in neutral.items()
    }
    flip = torch.as_tensor(changes.get("flip", False)).expand(n)
    return Draws(flip=flip, **values)


def pixels(views):
    return views.float() * STD + MEAN


def viewed(images, size=None, /, **changes):
    n, _, height, width = images.shape
    return pixels(apply(images, drawn(n, height, width, **changes), size or height))


def turned(images, angle):
    """The hue turn by the definition of NTSC: I and Q are the axes of U and V, 33° on."""
    out = torch.empty_like(images)
    tilt = math.radians(33)
    for k, (red, green, blue) in enumerate(images.flatten(2)):
        luma = 0.299 * red + 0.587 * green + 0.114 * blue
        u, v = 0.492 * (blue - luma), 0.877 * (red - luma)
        i = math.cos(tilt) * v - math.sin(tilt) * u
        q = math.sin(tilt) * v + math.cos(tilt) * u
        theta = float(angle[k])
        i, q = i * math.cos(theta) - q * math.sin(theta), i * math.sin(theta) + q * math.cos(theta)
        u, v = math.cos(tilt) * q - math.sin(tilt) * i, math.sin(tilt) * q + math.cos(tilt) * i
        red, blue = luma + v / 0.877, luma + u / 0.492
        green = (luma - 0.299 * red - 0.114 * blue) / 0.587
        out[k] = torch.stack([red, green, blue]).unflatten(1, images.shape[2:])
    return out


def blurred(image, sigma):
    """Blur [3, s, s] line by line: the Gaussian over the line and its mirror image on each side."""
    size = image.shape[-1]
    places = np.arange(1 - size, 2 * size - 1)

    def line(values):
        mirrored = np.pad(values, size - 1, mode="reflect")
        weights = [np.exp(-((places - k) ** 2) / (2 * sigma**2)) for k in range(size)]
        return np.array([w @ mirrored / w.sum() for w in weights])

    array = image.double().numpy()
    array = np.apply_along_axis(line, 1, np.apply_along_axis(line, 2, array))
    return torch.from_numpy(array).float()


def slow_views(images, draws, size):
    """The pipeline image by image and step by step, from the definitions."""
    views = []
    for k, image in enumerate(images):
        image = image.float() / 255 if image.dtype == torch.uint8 else image
        top, left, height, width = (
            int(getattr(draws, name)[k]) for name in ("top", "left", "height", "width")
        )

        part = image[None, :, top : top + height, left : left + width]
        view = F.interpolate(
            part, (size, size), mode="bilinear", align_corners=False, antialias=True
        )[0]
        bright = view * draws.brightness[k]
        mean = (bright * LUMA).sum(0).mean()
        contrasted = mean + (bright - mean) * draws.contrast[k]
        grey = (contrasted * LUMA).sum(0)
        saturated = grey + (contrasted - grey) * draws.saturation[k]
        view = turned(saturated[None], draws.hue[k : k + 1])[0].clamp(0, 1)
        view = view.flip(-1) if draws.flip[k] else view
        view = blurred(view, float(draws.sigma[k])) if draws.sigma[k] else view
        views.append((view - MEAN) / STD)
    return torch.stack(views)


def test_neutral_draws_only_normalise():
    images = pictures(2, 9, 9)
    torch.testing.assert_close(
        apply(images, drawn(2, 9, 9), 9),
        kornia.enhance.normalize(images, MEAN[:, 0, 0], STD[:, 0, 0]),
    )


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


def test_blur_leaves_the_other_images_alone():
    images = pictures(3, 8, 8)
    got = viewed(images, sigma=torch.tensor([0.0, 1.5, 0.0]))
    torch.testing.assert_close(got[[0, 2]], images[[0, 2]], atol=1e-6, rtol=0)
    assert (got[1] - images[1]).abs().max() > 0.1


@pytest.mark.parametrize(("height", "width", "size"), [(97, 64, 24), (24, 24, 24), (9, 30, 16)])
def test_plain_is_the_whole_image_resized(height, width, size):
    images = (pictures(2, height, width) * 255).to(torch.uint8)
    expected = F.interpolate(
        images.float() / 255, (size, size), mode="bilinear", align_corners=False, antialias=True
    )
    views = plain(images, size)
    torch.testing.assert_close(pixels(views), expected, atol=3e-6, rtol=0)
    torch.testing.assert_close(views, plain(images.float() / 255, size), atol=1e-5, rtol=0)
    assert torch.equal(views, plain(images, size))
    assert views.dtype == torch.float32


STRONG = ViewConfig(brightness=0.8, contrast=0.8, saturation=0.8, hue=0.4)


@pytest.mark.parametrize(("height", "width", "size"), [(24, 24, 24), (40, 31, 17), (12, 45, 20)])
def test_slow_twin(height, width, size):
    images = (pictures(24, height, width) * 255).to(torch.uint8)
    draws = draw(STRONG, 24, height, width, seeded(3))
    assert draws.flip.any()
    assert (draws.sigma > 0).any()
    assert (draws.saturation == 0).any()
    expected = slow_views(images, draws, size)
    # the hue twin differs by NTSC's rounded constants
    torch.testing.assert_close(apply(images, draws, size), expected, atol=5e-3, rtol=0)
    exact = Draws(**{**vars(draws), "hue": torch.zeros(24)})
    expected = slow_views(images, exact, size)
    torch.testing.assert_close(apply(images, exact, size), expected, atol=3e-5, rtol=0)


RANGE = st.floats(0.01, 1).flatmap(lambda low: st.tuples(st.just(low), st.floats(low, 1)))
PROBABILITY = st.floats(0, 1)
CONFIG = st.builds(
    ViewConfig,
    crop_scale=RANGE,
    crop_ratio=RANGE.map(lambda r: (2 * r[0], 2 * r[1])),
    brightness=PROBABILITY,
    contrast=PROBABILITY,
    saturation=PROBABILITY,
    hue=st.just(0.0),
    blur_sigma=RANGE.map(lambda r: (0.1 + r[0], 0.1 + 3 * r[1])),
    grayscale_probability=PROBABILITY,
    blur_probability=PROBABILITY,
    flip_probability=PROBABILITY,
)
SIDE = st.integers(1, 24)


@settings(max_examples=100, deadline=None)
@given(CONFIG, SIDE, SIDE, SIDE, st.integers(0, 99))
def test_slow_twin_over_sizes_and_ranges(config, height, width, size, seed):
    images = pictures(3, height, width, seed=seed)
    draws = draw(config, 3, height, width, seeded(seed))
    assert (draws.top >= 0).all()
    assert (draws.left >= 0).all()
    assert (draws.height >= 1).all()
    assert (draws.width >= 1).all()
    assert (draws.top + draws.height <= height).all()
    assert (draws.left + draws.width <= width).all()
    views = apply(images, draws, size)
    torch.testing.assert_close(views, slow_views(images, draws, size), atol=1e-4, rtol=0)
    assert -1e-5 <= pixels(views).min() <= pixels(views).max() <= 1 + 1e-5


def test_bytes_and_floats_agree():
    images = (pictures(8, 20, 20) * 255).to(torch.uint8)
    draws = draw(STRONG, 8, 20, 20, seeded(0))
    floats = apply(images.float() / 255, draws, 16)
    torch.testing.assert_close(apply(images, draws, 16), floats, atol=2e-5, rtol=0)


@pytest.mark.parametrize("size", [16, 32])
def test_bfloat16_is_close_to_float32(size):
    images = (pictures(16, 32, 32) * 255).to(torch.uint8)
    exact = augment(images, ViewConfig(), seeded(0), size)
    generator, other = seeded(0), seeded(0)
    rough = augment(images, ViewConfig(), generator, size, torch.bfloat16)
    augment(images, ViewConfig(), other, size)
    # the draws are those of float32, and so is what is drawn next
    assert torch.equal(generator.get_state(), other.get_state())
    assert rough.dtype == torch.bfloat16
    difference = (rough.float() - exact).abs()  # in standard deviations of ImageNet, ≈ 4.4 a unit
    assert difference.mean() < 0.01
    assert difference.max() < 0.08


def test_memory_layout_does_not_matter():
    images = pictures(4, 12, 12)
    draws = draw(STRONG, 4, 12, 12, seeded(0))
    views = apply(images, draws, 10)
    last = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(apply(last, draws, 10), views)
    assert torch.equal(apply(images.mT.contiguous().mT, draws, 10), views)


def test_augment_draws_and_applies():
    images = pictures(5, 18, 14)
    views = augment(images, STRONG, seeded(7), 12)
    expected = apply(images, draw(STRONG, 5, 18, 14, seeded(7)), 12)
    assert torch.equal(views, expected)
    assert views.shape == (5, 3, 12, 12)
    assert views.is_contiguous(memory_format=torch.channels_last)


def test_inputs_are_left_as_they_are():
    images = pictures(4, 12, 12)
    before, draws = images.clone(), draw(STRONG, 4, 12, 12, seeded(0))
    kept = {name: value.clone() for name, value in vars(draws).items()}
    apply(images, draws, 12)
    plain(images, 12)
    assert torch.equal(images, before)
    assert all(torch.equal(value, kept[name]) for name, value in vars(draws).items())


def test_a_seed_is_its_bytes_and_samples_differ():
    images = pictures(1, 16, 16).repeat(6, 1, 1, 1)
    views = augment(images, ViewConfig(), seeded(1), 16)
    again = augment(images, ViewConfig(), seeded(1), 16)
    assert views.numpy().tobytes() == again.numpy().tobytes()
    assert not torch.equal(views, augment(images, ViewConfig(), seeded(2), 16))
    for a, b in itertools.combinations(views, 2):
        assert (a - b).abs().max() > 0.01


def test_bad_images_are_refused():
    for view in (plain, lambda images, size: augment(images, STRONG, seeded(0), size)):
        with pytest.raises(ValueError, match=r"images are \[n, 3, h, w\], not \[2, 1, 8, 8\]"):
            view(torch.zeros(2, 1, 8, 8), 8)
        with pytest.raises(ValueError, match=r"images are \[n, 3, h, w\], not \[3, 8, 8\]"):
            view(torch.zeros(3, 8, 8), 8)
        with pytest.raises(ValueError, match=r"uint8 or floating point, not torch\.int64"):
            view(torch.zeros(2, 3, 8, 8, dtype=torch.int64), 8)
    with pytest.raises(ValueError, match="2 images need 2 draws, not 3"):
        apply(pictures(2, 8, 8), drawn(3, 8, 8), 8)
