"""Bounds and critics: the plain concatenation, and Gaussians whose information is known."""

import math

import pytest
import torch
from torch import nn

from interaction_probes.baselines.critics import Critic
from interaction_probes.contrast.losses import club_upper_bound, infonce_lower_bound


def rows(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize("n", [2, 3, 7])
def test_bounds_slow_twin(n):
    scores = rows(n, n)
    f = scores.tolist()
    matched = sum(f[i][i] for i in range(n)) / n
    noise = sum(math.log(sum(math.exp(f[i][j]) for j in range(n))) - math.log(n) for i in range(n))
    assert float(infonce_lower_bound(scores)) == pytest.approx(matched - noise / n, rel=1e-12)
    every = sum(f[i][j] for i in range(n) for j in range(n)) / n**2
    assert float(club_upper_bound(scores)) == pytest.approx(matched - every, rel=1e-12)


def test_bounds_closed_forms():
    constant = torch.full((5, 5), 3.0, dtype=torch.float64)
    assert float(infonce_lower_bound(constant)) == pytest.approx(0, abs=1e-12)
    assert float(club_upper_bound(constant)) == pytest.approx(0, abs=1e-12)
    certain = 50 * torch.eye(5, dtype=torch.float64)
    assert float(infonce_lower_bound(certain)) == pytest.approx(math.log(5), rel=1e-12)
    assert float(club_upper_bound(certain)) == pytest.approx(40, rel=1e-12)


@pytest.mark.parametrize("bound", [infonce_lower_bound, club_upper_bound])
def test_bounds_symmetries_and_gradients(bound):
    scores = rows(5, 5)
    order = torch.tensor([3, 0, 4, 1, 2])
    torch.testing.assert_close(bound(scores[order][:, order]), bound(scores))
    assert abs(bound(scores[order]) - bound(scores)) > 1e-3
    # What depends on x alone says nothing about the pair.
    torch.testing.assert_close(bound(scores + rows(5, 1, seed=2)), bound(scores))
    assert torch.autograd.gradcheck(bound, [scores.requires_grad_()])
    assert bound(scores.detach().bfloat16()).dtype == torch.float32
    for shape in ((3, 4), (1, 1), (3,)):
        with pytest.raises(ValueError, match=r"\[N, N\] scores"):
            bound(rows(*shape))


@pytest.mark.parametrize(("n", "width", "hidden"), [(2, 1, 3), (5, 4, 8), (7, 3, 1)])
def test_a_critic_is_a_perceptron_on_concatenated_pairs(n, width, hidden):
    torch.manual_seed(0)
    critic = Critic(width, hidden).double()
    plain = nn.Sequential(critic.pair, nn.ReLU(), critic.score)
    x, y = (rows(n, width, seed=seed).requires_grad_() for seed in (1, 2))

    def normal(z):
        return (z - z.mean(0)) / (z.square().mean(0) - z.mean(0) ** 2 + 1e-5).sqrt()

    expected = torch.stack(
        [torch.cat([plain(torch.cat([a, b])) for b in normal(y)]) for a in normal(x)]
    )
    found = critic(x, y)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)
    inputs = [x, y, *critic.parameters()]
    upstream = rows(n, n, seed=3)
    for got, wanted in zip(
        torch.autograd.grad(found, inputs, upstream),
        torch.autograd.grad(expected, inputs, upstream),
        strict=True,
    ):
        torch.testing.assert_close(got, wanted, rtol=1e-11, atol=1e-12)


def test_what_all_samples_share_does_not_silence_a_critic():
    """Heads whose outputs differ little: a critic that reads them raw scores all pairs alike."""
    torch.manual_seed(0)
    critic = Critic(3, 8).double()
    x, y = rows(6, 3, seed=1), rows(6, 3, seed=2)
    expected = critic(x, y)
    interaction = expected - expected.mean(0) - expected.mean(1, keepdim=True) + expected.mean()
    assert interaction.abs().max() > 1e-2
    torch.testing.assert_close(critic(5 + 0.1 * x, 0.1 * y - 7), expected, rtol=0, atol=5e-3)
    assert critic(torch.full_like(x, 5.0), y).std(0).max() == 0


def test_a_frozen_critic_passes_gradients_on_but_takes_none():
    torch.manual_seed(0)
    critic = Critic(3, 8).double()
    x, y = (rows(4, 3, seed=seed).requires_grad_() for seed in (1, 2))
    torch.testing.assert_close(critic.frozen(x, y), critic(x, y))
    club_upper_bound(critic.frozen(x, y)).backward()
    assert x.grad.abs().sum() > 0
    assert y.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in critic.parameters())


def gaussians(n, rho, generator, dim=2):
    x = torch.randn(n, dim, generator=generator)
    return x, rho * x + math.sqrt(1 - rho**2) * torch.randn(n, dim, generator=generator)


def truth(rho, dim=2):
    return -0.5 * dim * math.log(1 - rho**2)


def averaged(critic, rho, repeats):
    """The lower and the upper bound, means over batches."""
    generator = torch.Generator().manual_seed(7)
    bounds = torch.zeros(2)
    for _ in range(repeats):
        scores = critic(*gaussians(512, rho, generator))
        bounds += torch.stack([infonce_lower_bound(scores), club_upper_bound(scores)])
    return (bounds / repeats).tolist()


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.7])
def test_bounds_of_the_true_density(rho):
    """Even then CLUB stays above: it is I + KL(p(x) p(y) ‖ p(x, y)) = d ρ² / (1 − ρ²)."""

    def density(x, y):
        squares = x.square().sum(1)[:, None] + y.square().sum(1)
        return (2 * rho * x @ y.T - rho**2 * squares) / (2 * (1 - rho**2))

    lower, upper = averaged(density, rho, 40)
    assert lower == pytest.approx(truth(rho), rel=0.1)
    assert upper == pytest.approx(2 * rho**2 / (1 - rho**2), rel=0.1)
    assert lower < upper


@torch.no_grad()
def fitted(critic, rho, repeats=20):
    return averaged(critic, rho, repeats)


def test_bounds_of_a_fitted_critic():
    """Fitted by I_NCE: the lower bound comes within 10 % of the truth, the upper stays above it."""
    rho, generator = 0.6, torch.Generator().manual_seed(3)
    torch.manual_seed(0)
    critic = Critic(2, 32)
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-2)
    before = fitted(critic, rho, repeats=2)
    assert max(before) < 0.5 * truth(rho)  # so that what follows is learnt
    for step in range(200):
        optimizer.param_groups[0]["lr"] = 1e-2 * (1 - step / 200)
        loss = -infonce_lower_bound(critic(*gaussians(128, rho, generator)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    lower, upper = fitted(critic, rho)
    assert 0.9 * truth(rho) < lower < truth(rho)
    assert truth(rho) < upper < 1.1 * 2 * rho**2 / (1 - rho**2)
