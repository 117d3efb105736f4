import math

import numpy as np
import pytest
import torch

from interaction_probes.probing.representation.effective_rank import effective_rank


def of_rank(k, n=500, d=64, dtype=np.float64):
    rng = np.random.default_rng(0)
    return (rng.normal(size=(n, k)) @ rng.normal(size=(k, d))).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("d", [8, 2048])
def test_it_is_never_above_the_rank(dtype, d):
    """RankMe's constant makes 3.02 of rank 3 in 2,048 dimensions."""
    assert 2.5 < effective_rank(of_rank(3, d=d, dtype=dtype)) <= 3


def test_an_orthonormal_code_has_its_number_of_directions():
    assert effective_rank(np.eye(16)) == pytest.approx(16, abs=1e-12)
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(200, 12)))[0]
    assert effective_rank(rotation) == pytest.approx(12, abs=1e-9)


def test_it_is_the_entropy_of_the_singular_values():
    shares = np.array([0.7, 0.2, 0.1])
    expected = math.exp(-float((shares * np.log(shares)).sum()))
    assert effective_rank(np.diag(shares)) == pytest.approx(expected, abs=1e-12)
    assert effective_rank(np.diag(shares)[:, :2]) == pytest.approx(
        math.exp(-sum(p * math.log(p) for p in (7 / 9, 2 / 9)))
    )


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e-20, 1e20, 1e300])
def test_it_does_not_depend_on_the_scale(scale):
    code = np.random.default_rng(1).normal(size=(50, 8))
    tolerance = 1e-6 if scale > 1e-300 else 1e-4  # a subnormal number has few digits
    assert effective_rank(scale * code) == pytest.approx(effective_rank(code), rel=tolerance)


@pytest.mark.parametrize("scale", [1e-37, 1e37])
def test_float32_may_be_huge_or_tiny(scale):
    code = torch.randn(50, 8, generator=torch.Generator().manual_seed(0))
    assert effective_rank(scale * code) == pytest.approx(effective_rank(code), rel=1e-5)


@pytest.mark.parametrize(
    "code",
    [
        np.zeros((20, 4)),
        np.full((20, 4), 0.1, np.float32),
        np.tile(np.random.default_rng(0).normal(size=8), (300, 1)),
        torch.full((20, 300), 0.3).bfloat16(),
        [[3, 3]],
        np.ones((5, 1), bool),
    ],
)
def test_a_collapsed_code_has_one_direction(code):
    assert effective_rank(code) == pytest.approx(1, abs=1e-12)


def test_a_constant_up_to_rounding_has_one_direction():
    jitter = np.random.default_rng(0).integers(-1, 2, size=(300, 64)) * 2.0**-25
    assert effective_rank((0.7 + jitter).astype(np.float32)) == 1


def test_it_is_bounded_by_both_sides():
    code = np.random.default_rng(0).normal(size=(5, 100))
    assert 1 <= effective_rank(code) <= 5
    assert effective_rank(code) == pytest.approx(effective_rank(code.T))


def test_tensors_with_a_gradient_and_whole_numbers_are_read():
    eye = torch.eye(4, requires_grad=True)
    assert effective_rank(eye) == pytest.approx(4)
    assert effective_rank(np.eye(4, dtype=np.uint8)) == pytest.approx(4)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (np.ones(3), r"a matrix \[n, d\], not of shape \[3\]"),
        (np.ones((0, 3)), "not of shape"),
        (np.array([[1.0, np.nan], [1, 2], [np.inf, 0]]), "2 of 3 rows of features are not finite"),
        (np.array([["a"]]), "features are numbers"),
        (torch.ones(2, 2, dtype=torch.complex64), "not complex ones"),
    ],
)
def test_what_has_no_effective_rank_is_refused(code, words):
    with pytest.raises(ValueError, match=words):
        effective_rank(code)
