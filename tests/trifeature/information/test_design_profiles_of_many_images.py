"""Profiles of nine images: no table grows with their number, and one that would is refused."""

from dataclasses import replace

import numpy as np
import pytest

from trifeature import (
    FactorCounts,
    LatinRule,
    SampleDesign,
    SharedFactor,
    draw_latin_arrays,
    exact_profile,
)

LOG10 = np.log2(10)


def test_memory_is_linear_in_the_number_of_images():
    """Nine images share the shape: one variable of ten values, not 10⁹ cells."""
    design, counts = SampleDesign.standard(9, 0.5, 0.5), FactorCounts()
    found = exact_profile(design, counts, draw_latin_arrays(design, counts, 0))
    assert len(found["S123"].bits) == 2**9 - 1
    assert found["R123456789"][7] == pytest.approx(LOG10)
    assert found["U9"][9] == pytest.approx(LOG10)
    assert found["U9"][1, 2, 3, 4, 5, 6, 7, 8] == 0


def test_nine_images_that_share_in_part_of_the_samples():
    """The standard rules at any strengths need no table that grows with the images."""
    base = SampleDesign.standard(9, 0.5, 0.25)
    shared = tuple(replace(rule, strength=0.5) for rule in base.shared)
    design, counts = replace(base, shared=shared), FactorCounts()
    found = exact_profile(design, counts, draw_latin_arrays(design, counts, 0))["R123456789"]
    assert found[1] == pytest.approx(LOG10)
    hit = 0.5 + 0.5 / 10
    miss = hit * np.log2(1 / hit) + (1 - hit) * np.log2(9 / (1 - hit))
    assert found[7] == pytest.approx(LOG10 - miss)
    assert LOG10 - miss < found[2, 7] < found[2, 3, 4, 5, 6, 7, 8, 9] < LOG10


def test_a_table_that_is_too_large_is_refused():
    tied = LatinRule((("shape", 1), ("texture", 2)), 0.5)
    shared = SharedFactor("shape", tuple(range(1, 10)), 0.5)
    design, counts = SampleDesign(9, (shared,), (), (tied,)), FactorCounts()
    with pytest.raises(ValueError, match="needs a table of 10,000,000,000 rows, and has 2,000,000"):
        exact_profile(design, counts, draw_latin_arrays(design, counts, 0))
