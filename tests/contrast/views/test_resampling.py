import kornia
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.nn import functional as F

from interaction_probes.contrast.views import resampling
from interaction_probes.contrast.views.resampling import blur, crop, resize


def pictures(n, height, width):
    return torch.rand(n, 3, height, width, generator=torch.Generator().manual_seed(0))


def window(top, left, height, width, flip=False, n=1):
    """One crop, for each of n images."""
    numbers = {"top": top, "left": left, "height": height, "width": width}
    drawn = {name: torch.full((n,), float(value)) for name, value in numbers.items()}
    return {**drawn, "flip": torch.full((n,), flip)}


def pillows(image, side):
    """Pillow's antialiased bilinear resize of [3, h, w] bytes: [side, side, 3] in 0..255."""
    picture = Image.fromarray(image.permute(1, 2, 0).numpy())
    resized = picture.resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(resized).astype(float)


@pytest.mark.parametrize("part", [(0, 0, 20, 20), (3, 5, 7, 9), (19, 0, 1, 20), (2, 11, 18, 4)])
@pytest.mark.parametrize("size", [20, 33])
def test_enlarged_crops_are_bilinear(part, size):
    top, left, height, width = part
    images = pictures(2, 20, 20)
    inside = images[:, :, top : top + height, left : left + width]
    expected = F.interpolate(inside, (size, size), mode="bilinear", align_corners=False)
    got = crop(images, window(*part, n=2), size)
    torch.testing.assert_close(got, expected, atol=3e-6, rtol=0)
    kornias = kornia.geometry.resize(inside, (size, size), align_corners=False)
    torch.testing.assert_close(got, kornias, atol=3e-6, rtol=0)


@pytest.mark.parametrize("part", [(0, 0, 97, 64), (10, 7, 41, 50), (50, 2, 8, 60), (3, 3, 30, 5)])
@pytest.mark.parametrize("flip", [False, True])
def test_shrunk_crops_are_pillows_antialiased_bilinear(part, flip):
    top, left, height, width = part
    images = (pictures(1, 97, 64) * 255).to(torch.uint8)
    inside = images[0, :, top : top + height, left : left + width]
    expected = pillows(inside, 24)[:, :: -1 if flip else 1]
    got = crop(images.float(), window(*part, flip), 24)[0].permute(1, 2, 0).numpy()
    difference = np.abs(got - expected)
    assert difference.max() <= 1.01  # Pillow rounds twice, after each axis
    assert difference.mean() < 0.4


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("side", "size"), [(20, 12), (20, 20), (9, 14)])
def test_the_kept_matrices_of_all_crops_are_the_computed_ones(monkeypatch, side, size, dtype):
    images = pictures(1, side, side)
    whole = [(start, length) for length in range(1, side + 1) for start in range(side - length + 1)]
    for flip in (False, True):
        for (top, height), (left, width) in zip(whole, reversed(whole), strict=True):
            drawn = window(top, left, height, width, flip)
            kept = crop(images, drawn, size, dtype)
            with monkeypatch.context() as patched:
                patched.setattr(resampling, "_TABLE", 0)
                assert torch.equal(crop(images, drawn, size, dtype), kept)


@pytest.mark.parametrize("part", [(1.5, 0, 10, 10), (0, 2, 9.25, 9), (0, 0, 12, 19.5)])
def test_other_crops_than_of_whole_pixels_are_computed(monkeypatch, part):
    images, drawn = pictures(2, 20, 20), window(*part, n=2)
    found = crop(images, drawn, 12)
    monkeypatch.setattr(resampling, "_TABLE", 0)
    assert torch.equal(crop(images, drawn, 12), found)


SIDE = st.integers(1, 24)
SHARE = st.floats(0, 1)


@settings(max_examples=100, deadline=None)
@given(SIDE, SIDE, st.integers(0, 8), SHARE, SHARE, SHARE, SHARE, st.booleans())
def test_sampled_crops_are_the_matrix_products(height, width, more, a, b, c, d, flip):
    """In float32 a crop that does not shrink is sampled, in float64 multiplied out."""
    size = max(height, width) + more
    extent = 1 + int(a * (height - 1)), 1 + int(b * (width - 1))
    corner = int(c * (height - extent[0])), int(d * (width - extent[1]))
    drawn = window(*corner, *extent, flip, n=2)
    images = pictures(2, height, width)
    exact = crop(images.double(), drawn, size, torch.float64)
    assert exact.dtype == torch.float64
    torch.testing.assert_close(crop(images, drawn, size), exact.float(), atol=3e-6, rtol=0)


def test_only_what_is_flipped_is_mirrored():
    images = pictures(2, 8, 8)
    drawn = window(0, 0, 8, 8, n=2) | {"flip": torch.tensor([True, False])}
    got = crop(images, drawn, 8)
    torch.testing.assert_close(got[:1], kornia.geometry.hflip(images[:1]), atol=1e-6, rtol=0)
    torch.testing.assert_close(got[1:], images[1:], atol=1e-6, rtol=0)


@pytest.mark.parametrize(("height", "width", "size"), [(50, 70, 20), (97, 64, 24), (9, 30, 16)])
def test_resize_is_pillows(height, width, size):
    images = (pictures(1, height, width) * 255).to(torch.uint8)
    got = resize(images.float(), size)[0].permute(1, 2, 0).numpy()
    assert np.abs(got - pillows(images[0], size)).max() <= 1.01


@pytest.mark.parametrize("sigma", [0.1, 0.7, 2.0, 4.0])
@pytest.mark.parametrize("size", [32, 150])  # in one product, and block by block
def test_blur_is_kornias_with_a_wide_kernel_and_reflected_border(sigma, size):
    images = pictures(2, size, size)
    widths = torch.tensor([[sigma, sigma], [1.0, 1.0]])
    expected = kornia.filters.gaussian_blur2d(images, (63, 63), widths, "reflect")
    torch.testing.assert_close(blur(images, widths[:, 0]), expected, atol=3e-5, rtol=0)
