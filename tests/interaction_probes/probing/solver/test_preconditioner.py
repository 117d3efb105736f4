import numpy as np
import pytest
import torch
from logistic_problems import (
    easy,
    fitted,
    ill_conditioned,
)

from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.solver import objective, preconditioner
from interaction_probes.probing.solver.path import fit_logistic


@pytest.mark.parametrize("classes", [2, 5])
def test_directions_outside_the_dense_block_change_no_minimum(monkeypatch, classes):
    """With large penalties the dense block is small; the minimum is that of the full block."""
    rng = np.random.default_rng(0)
    x, y = ill_conditioned(rng, classes)
    penalties = (1.0, 1e-2, 1e-4, 1e-6)
    _, some = fitted(x, y, classes, penalties)
    monkeypatch.setattr(preconditioner, "MIN_CURVATURE_TO_PENALTY", 0.0)
    _, every = fitted(x, y, classes, penalties)
    torch.testing.assert_close(some.objective, every.objective, rtol=1e-4, atol=1e-7)


def test_a_large_penalty_has_a_small_dense_block(monkeypatch):
    factored = []

    def spy(blocks, rounding):
        factored.append(blocks.shape[-1])
        return cholesky(blocks, rounding)

    cholesky = preconditioner._cholesky
    monkeypatch.setattr(preconditioner, "_cholesky", spy)
    rng = np.random.default_rng(0)
    x, y = easy(rng, 4)
    for penalty in (100.0, 1e-6):
        fitted(x, y, 4, (penalty,))
    assert factored == [1, 9]  # the bias alone, and everything


@pytest.mark.parametrize("classes", [2, 3])
def test_repeated_samples_and_weak_penalties(classes):
    """Sums in float32 give directions without a sample a curvature below a weak penalty's."""
    generator = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(192, 192, generator=generator))[0]
    distinct = torch.randn(113, 192, generator=generator) * torch.logspace(1.5, -0.5, 192) @ basis
    x = distinct[torch.randint(113, (200,), generator=generator)]
    labels = torch.randint(classes, (120,), generator=generator)
    spectrum = PCABasis.of(x)
    kept = spectrum.rotate(x)[:120]
    penalties = [10.0**-k for k in range(1, 11)]
    found, exact = (
        fit_logistic(kept.to(dtype), spectrum.variance.to(dtype), labels, classes, penalties)
        for dtype in (torch.float32, torch.float64)
    )
    assert found.objective.tolist() == pytest.approx(exact.objective.tolist(), rel=1e-3)
    assert (found.objective > 0.01).all()  # samples that repeat contradict each other


def test_a_curvature_that_is_no_number_ends_the_search():
    assert not preconditioner._cholesky(torch.full((1, 2, 2), torch.nan), 1e-7).isfinite().all()


@pytest.mark.parametrize(
    "limits",
    [  # 600 = 85 · 7 + 5 = 5 · 110 + 50
        {"LOGITS_AT_A_TIME": 7},
        {"SAMPLES_AT_A_TIME": 1, "FEATURES_AT_A_TIME": 7 * 9},
        {"SAMPLES_AT_A_TIME": 110, "FEATURES_AT_A_TIME": 1},
    ],
)
@pytest.mark.parametrize("classes", [2, 5])
def test_samples_and_blocks_that_are_read_in_parts_change_no_minimum(monkeypatch, classes, limits):
    x, y = easy(np.random.default_rng(0), classes)
    basis = PCABasis.of(torch.from_numpy(x))
    problem = (basis.rotated, basis.variance, torch.from_numpy(y), classes, [1e-2, 1e-4])
    whole = fit_logistic(*problem, tolerance=1e-12)
    for name, value in limits.items():
        monkeypatch.setattr(objective, name, value)
    monkeypatch.setattr(preconditioner, "FACTORISED_AT_A_TIME", 2)
    parts = fit_logistic(*problem, tolerance=1e-12)
    torch.testing.assert_close(parts.objective, whole.objective, rtol=1e-12, atol=0)
    torch.testing.assert_close(parts.weight, whole.weight, rtol=0, atol=1e-5)
