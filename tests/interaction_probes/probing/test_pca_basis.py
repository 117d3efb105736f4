import numpy as np
import pytest
import torch

from interaction_probes.probing.pca_basis import PCABasis


def test_spectrum_whitens_nothing_but_scales_and_rotates():
    x = torch.from_numpy(np.random.default_rng(0).normal(3, 5, (300, 6)))
    x[:, 2] = 4 * x[:, 1] - 1
    spectrum = PCABasis.of(x)
    rotated = spectrum.rotate(x)
    covariance = rotated.T @ rotated / len(x)
    torch.testing.assert_close(covariance, torch.diag(spectrum.variance), atol=1e-9, rtol=0)
    assert float(spectrum.variance.sum()) == pytest.approx(6)
    assert float(spectrum.variance.min()) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_spectrum_refuses_features_that_are_not_finite(value):
    x = torch.ones(5, 2)
    x[3, 1] = value
    with pytest.raises(ValueError, match="not finite"):
        PCABasis.of(x)


def test_features_may_keep_their_scale():
    x = torch.from_numpy(np.random.default_rng(0).normal(3, [1, 5, 0.1], (300, 3)))
    spectrum = PCABasis.of(x, standardise=False)
    rotated = spectrum.rotate(x)
    torch.testing.assert_close(
        (rotated.T @ rotated / len(x)).diagonal(), spectrum.variance, atol=1e-9, rtol=0
    )
    assert float(spectrum.variance.sum()) == pytest.approx(float(x.var(0, correction=0).sum()))


def test_constant_features_are_a_collapse():
    with pytest.raises(ValueError, match="every feature is constant"):
        PCABasis.of(torch.full((9, 3), 1.7))
