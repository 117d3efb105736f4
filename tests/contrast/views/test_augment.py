"""Views as a whole: against an image-by-image twin, over sizes, types and layouts."""

import itertools

import kornia
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_views import (
    MEAN,
    STD,
    drawn,
    pictures,
    pixels,
    seeded,
    slow_views,
    viewed,
)
from torch.nn import functional as F

from interaction_probes.contrast.views.augment import (
    Draws,
    ViewConfig,
    apply,
    augment,
    draw,
    eval_transform,
)


def test_neutral_draws_only_normalise():
    images = pictures(2, 9, 9)
    torch.testing.assert_close(
        apply(images, drawn(2, 9, 9), 9),
        kornia.enhance.normalize(images, MEAN[:, 0, 0], STD[:, 0, 0]),
    )


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
    views = eval_transform(images, size)
    torch.testing.assert_close(pixels(views), expected, atol=3e-6, rtol=0)
    torch.testing.assert_close(views, eval_transform(images.float() / 255, size), atol=1e-5, rtol=0)
    assert torch.equal(views, eval_transform(images, size))
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
    kept = {name: value.clone() for name, value in draws.tensors().items()}
    apply(images, draws, 12)
    eval_transform(images, 12)
    assert torch.equal(images, before)
    assert all(torch.equal(value, kept[name]) for name, value in draws.tensors().items())


def test_a_seed_is_its_bytes_and_samples_differ():
    images = pictures(1, 16, 16).repeat(6, 1, 1, 1)
    views = augment(images, ViewConfig(), seeded(1), 16)
    again = augment(images, ViewConfig(), seeded(1), 16)
    assert views.numpy().tobytes() == again.numpy().tobytes()
    assert not torch.equal(views, augment(images, ViewConfig(), seeded(2), 16))
    for a, b in itertools.combinations(views, 2):
        assert (a - b).abs().max() > 0.01


def test_bad_images_are_refused():
    for view in (eval_transform, lambda images, size: augment(images, STRONG, seeded(0), size)):
        with pytest.raises(ValueError, match=r"images are \[n, 3, h, w\], not \[2, 1, 8, 8\]"):
            view(torch.zeros(2, 1, 8, 8), 8)
        with pytest.raises(ValueError, match=r"images are \[n, 3, h, w\], not \[3, 8, 8\]"):
            view(torch.zeros(3, 8, 8), 8)
        with pytest.raises(ValueError, match=r"uint8 or floating point, not torch\.int64"):
            view(torch.zeros(2, 3, 8, 8, dtype=torch.int64), 8)
    with pytest.raises(ValueError, match="2 images need 2 draws, not 3"):
        apply(pictures(2, 8, 8), drawn(3, 8, 8), 8)
