import math
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trifeature.images.factors import RGB
from trifeature.images.render import PAPER, QUICK, Geometry, _rotated_source, render
from trifeature.images.textures import DETERMINISTIC, texture_mask

SMALL = Geometry(image=30, shape=20, period=6)
#: One image, pixel by pixel, from the same draws in the same order.
REFERENCE = Path(__file__).parents[3] / "benchmarks" / "reference"
reference_render = runpy.run_path(str(REFERENCE / "render.py"))["reference_render"]


def test_slow_twin():
    table = np.array([(k, (3 * k + 1) % 10, (7 * k + 2) % 10) for k in range(10)])
    images = render(table, SMALL, np.random.default_rng(3))
    children = np.random.default_rng(3).spawn(10)
    for image, values, child in zip(images, table.tolist(), children, strict=True):
        np.testing.assert_array_equal(image, reference_render(values, SMALL, child))


@pytest.mark.parametrize("texture", DETERMINISTIC)
@pytest.mark.parametrize("angle", [-45, -17, 0, 30])
def test_texture_rotation_is_pillows_nearest(texture, angle):
    canvas = texture_mask(texture, 10, 448, (3, 7))
    turned = np.asarray(Image.fromarray(canvas.astype(np.uint8) * 255).rotate(angle)) > 0
    rows, columns = _rotated_source(angle, 448, 112, 112, 224, 224)
    assert np.mean(canvas[rows, columns] != turned[112:336, 112:336]) <= 0.005


def test_an_image_does_not_depend_on_the_others():
    table = np.array([(0, 5, 1), (3, 8, 2), (7, 2, 9), (9, 5, 4)])
    images = render(table, QUICK, np.random.default_rng(0))
    other = table.copy()
    other[0], other[2] = (4, 8, 8), (1, 1, 1)
    again = render(other, QUICK, np.random.default_rng(0))
    np.testing.assert_array_equal(images[[1, 3]], again[[1, 3]])
    assert (images[[0, 2]] != again[[0, 2]]).any((1, 2, 3)).all()
    np.testing.assert_array_equal(images[:2], render(table[:2], QUICK, np.random.default_rng(0)))


@pytest.mark.parametrize("geometry", [QUICK, PAPER])
def test_pixels_are_the_colour_the_background_or_between(geometry):
    table = np.array([(s, 0, s) for s in range(10)])
    images = render(table, geometry, np.random.default_rng(1))
    for image, (_, _, colour) in zip(images, table, strict=True):
        full = np.trunc(RGB[colour] * 255)
        low, high = np.minimum(full, 127), np.maximum(full, 127)
        assert ((image >= low) & (image <= high)).all()
        assert (image == full).all(2).any()
        assert (image == 127).all(2).any()


def test_a_solid_shape_is_wholly_inside():
    """Every solid square has the area of its box, wherever it landed."""
    table = np.tile([1, 0, 9], (60, 1))
    images = render(table, QUICK, np.random.default_rng(2)).astype(float)
    area = ((images[..., 0] - 127) / 128).sum((1, 2))
    # Bilinear rotation by a few degrees can add up to a row; a cut would lose one.
    assert area.min() > 0.99 * 37 * 37
    assert area.max() < 1.03 * 37 * 37
    assert len(np.unique(images.argmax(2)[:, :, 0], axis=0)) > 50  # at many angles and places


@pytest.mark.parametrize("shape", range(8, 160, 7))
def test_the_least_image_holds_every_rotation(shape):
    least = math.ceil(shape * math.sqrt(2)) + 1
    box = Image.new("L", (shape, shape), 255)
    sides = [max(box.rotate(angle, expand=True).size) for angle in range(-45, 45)]
    assert max(sides) <= least
    with pytest.raises(ValueError, match=f"cannot hold a rotated shape of {shape}; it needs"):
        Geometry(image=least - 1, shape=shape, period=10)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ((64, 7, 8), "at least 8 pixels, not 7"),
        ((64, 37, 4), "at least 5 pixels, not 4"),
        ((1025, 37, 8), "at most 1024 pixels a side, not 1025"),
        ((64, 37, 25), "at most two thirds of the shape's box of 37 pixels, 24, not 25"),
        ((224, 128, 500), "at most two thirds of the shape's box of 128 pixels, 85, not 500"),
    ],
)
def test_bad_geometries(lengths, message):
    with pytest.raises(ValueError, match=message):
        Geometry(*lengths)


@pytest.mark.parametrize("geometry", [Geometry(54, 37, 24), Geometry(92, 64, 42)])
def test_every_shape_shows_every_texture_of_the_longest_period(geometry):
    """None is wholly grey, and none but solid is as full as solid."""
    each = 20
    table = np.array([(s, t, 0) for s in range(10) for t in range(10) for _ in range(each)])
    images = render(table, geometry, np.random.default_rng(0))
    covered = (images != 127).any(3).sum((1, 2)).reshape(10, 10, each)
    assert covered.min() > 0
    assert (covered[:, 1:].max((1, 2)) < covered[:, 0].min(1)).all()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros((3, 2), int), r"is \[n, 3\], not \[3, 2\]"),
        (np.array([[0, 0, 10]]), "lie in 0..9"),
        (np.array([[0, -1, 0]]), "lie in 0..9"),
        (np.zeros((2, 3)), "holds integers, not float64"),
    ],
)
def test_bad_factor_tables(table, message):
    with pytest.raises(ValueError, match=message):
        render(table, QUICK, np.random.default_rng(0))


def test_no_rows_give_no_images():
    assert render(np.zeros((0, 3), int), SMALL, np.random.default_rng(0)).shape == (0, 30, 30, 3)
