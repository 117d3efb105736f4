import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from trifeature.images.factors import SHAPES
from trifeature.images.shapes import shape_mask

REFERENCE = json.loads((Path(__file__).parent / "reference_masks.json").read_text())


@pytest.mark.parametrize("shape", SHAPES)
def test_equals_the_published_generator_at_128(shape):
    digest = hashlib.sha256(np.packbits(shape_mask(shape, 128)).tobytes()).hexdigest()
    assert digest == REFERENCE["shapes"][shape]


@pytest.mark.parametrize("size", [8, 9, 16, 37, 128, 131])
def test_shapes_differ_at_every_size(size):
    masks = {shape: shape_mask(shape, size) for shape in SHAPES}
    assert all(mask.shape == (size, size) and mask.dtype == bool for mask in masks.values())
    assert len({mask.tobytes() for mask in masks.values()}) == 10
    assert all(mask.any() for mask in masks.values())


def test_slow_twin_of_the_pentagon():
    n = 37
    m = int(0.4 * n)
    expected = np.zeros((n, n), dtype=bool)
    for i in range(n):
        for j in range(n):
            if i < m:
                expected[i, j] = abs(j - n // 2) - 1.25 * i < 1
            else:
                inset = (i - m) // 3.1
                expected[i, j] = inset < j < n - inset
    np.testing.assert_array_equal(shape_mask("pentagon", n), expected)


def test_unknown_shape_is_named_with_the_valid_ones():
    with pytest.raises(ValueError, match="no shape 'blob'; the shapes are triangle, square"):
        shape_mask("blob", 16)


def test_a_box_too_small_is_refused():
    with pytest.raises(ValueError, match="at least 8 pixels, not 7"):
        shape_mask("star", 7)
