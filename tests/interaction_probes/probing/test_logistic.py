import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F

from interaction_probes.probing import logistic
from interaction_probes.probing.lbfgs import TOLERANCE
from interaction_probes.probing.logistic import (
    Logistic,
    LogisticColumns,
    extrapolate,
    fit_logistic,
    solve_path,
)
from interaction_probes.probing.pca_basis import PCABasis


def labels_of(logits, rng):
    """Labels drawn from the softmax of logits."""
    return (logits + rng.gumbel(size=logits.shape)).argmax(1)


def easy(rng, classes):
    x = rng.normal(size=(600, 8))
    return x, labels_of(x @ rng.normal(size=(8, classes)), rng)


def ill_conditioned(rng, classes):
    basis = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    x = rng.normal(size=(700, 12)) * np.logspace(0, -6, 12) @ basis
    y = labels_of(1.5 * rng.normal(size=(700, classes)) + x @ rng.normal(size=(12, classes)), rng)
    return x, y


def separable(rng, classes):
    y = rng.integers(classes, size=500)
    return 8 * np.eye(classes)[y] + 0.3 * rng.normal(size=(500, classes)), y


def constant_columns(rng, classes):
    x, y = easy(rng, classes)
    return np.concatenate([x, np.full((len(x), 1), 3.7), np.zeros((len(x), 1))], axis=1), y


def standardise(x):
    deviation = x.std(0)
    return (x - x.mean(0)) / np.where(deviation > 1e-12, deviation, 1)


def loss_of(weight, bias, x, y, penalty):
    """The objective from its definition, in float64, with one row of logits per class."""
    logits = x @ weight.T + bias
    if len(weight) == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
    return F.cross_entropy(logits, y) + penalty / 2 * weight.square().sum()


def fitted(x, y, classes, penalties, dtype=torch.float32):
    features = torch.from_numpy(x).to(dtype)
    spectrum = PCABasis.of(features)
    rotated = spectrum.rotate(features)
    solution = fit_logistic(rotated, spectrum.variance, torch.from_numpy(y), classes, penalties)
    return rotated, solution


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("problem", [easy, ill_conditioned, separable, constant_columns])
def test_agrees_with_scikit_learn_at_the_same_objective(problem, classes):
    x, y = problem(np.random.default_rng(classes), classes)
    penalties = (1e-1, 1e-4)
    rotated, solution = fitted(x, y, classes, penalties)
    probabilities = solution.log_probabilities(rotated)
    z = standardise(x)
    for k, penalty in enumerate(penalties):
        oracle = LogisticRegression(C=1 / (penalty * len(y)), tol=1e-10, max_iter=20_000)
        oracle.fit(z, y)
        best = float(
            loss_of(
                *(torch.from_numpy(part) for part in (oracle.coef_, oracle.intercept_, z, y)),
                penalty,
            )
        )
        assert float(solution.objective[k]) == pytest.approx(best, rel=1e-4, abs=1e-7)
        accuracy = (probabilities[k].argmax(1).numpy() == y).mean()
        # One sample of 500 on the boundary may fall to either side.
        assert abs(accuracy - oracle.score(z, y)) <= max(1e-3, 1.01 / len(y))


@pytest.mark.parametrize("classes", [2, 7])
def test_reported_objective_is_that_of_the_solution(classes):
    x, y = easy(np.random.default_rng(5), classes)
    rotated, solution = fitted(x, y, classes, [1e-2], torch.float64)
    objective = loss_of(solution.weight[0], solution.bias[0], rotated, torch.from_numpy(y), 1e-2)
    assert float(solution.objective[0]) == pytest.approx(float(objective), rel=1e-12)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("penalty", [1.0, 1e-2, 1e-4])
def test_gradient_vanishes_at_the_solution(classes, penalty):
    x, y = easy(np.random.default_rng(11), classes)
    rotated, solution = fitted(x, y, classes, [penalty], torch.float64)
    targets = torch.from_numpy(y)

    def gradient(weight, bias):
        weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
        loss_of(weight, bias, rotated, targets, penalty).backward()
        return torch.cat([weight.grad.flatten(), bias.grad.flatten()]).norm()

    weight, bias = solution.weight[0], solution.bias[0]
    # The solver stops where the quadratic model promises 1e-6 of the loss: a thousandth here.
    assert gradient(weight, bias) < 2e-3 * gradient(0 * weight, 0 * bias)


@pytest.mark.parametrize("problem", [easy, ill_conditioned])
@pytest.mark.parametrize("classes", [2, 5])
def test_several_penalties_equal_each_alone(problem, classes):
    x, y = problem(np.random.default_rng(2), classes)
    penalties = (1.0, 1e-2, 1e-5)
    rotated, together = fitted(x, y, classes, penalties, torch.float64)
    for k, penalty in enumerate(penalties):
        _, alone = fitted(x, y, classes, [penalty], torch.float64)
        assert float(together.objective[k]) == pytest.approx(float(alone.objective[0]), rel=1e-5)
        pair = (f.log_probabilities(rotated)[i].exp() for f, i in ((together, k), (alone, 0)))
        torch.testing.assert_close(*pair, rtol=0, atol=5e-3)


def test_order_of_penalties_is_kept():
    x, y = easy(np.random.default_rng(2), 3)
    _, solution = fitted(x, y, 3, [1e-4, 1.0, 1e-2])
    norms = solution.weight.flatten(1).norm(dim=1)
    assert norms[0] > norms[2] > norms[1]


def test_duplicated_column_acts_like_one_with_half_the_penalty():
    rng = np.random.default_rng(3)
    x, y = easy(rng, 3)
    once = np.concatenate([x, x], axis=1)
    rotated, doubled = fitted(once, y, 3, [2e-2], torch.float64)
    single_rotated, single = fitted(x, y, 3, [1e-2], torch.float64)
    assert float(doubled.objective[0]) == pytest.approx(float(single.objective[0]), rel=1e-5)
    torch.testing.assert_close(
        doubled.log_probabilities(rotated),
        single.log_probabilities(single_rotated),
        rtol=0,
        atol=5e-3,
    )


def test_strong_penalty_leaves_class_frequencies():
    x, y = easy(np.random.default_rng(9), 4)
    rotated, solution = fitted(x, y, 4, [1e6], torch.float64)
    frequencies = torch.from_numpy(np.bincount(y, minlength=4) / len(y))
    found = solution.log_probabilities(rotated)[0].exp()
    torch.testing.assert_close(found, frequencies.expand_as(found), rtol=0, atol=1e-3)


def test_log_probabilities_sum_to_one():
    for classes in (2, 6):
        x, y = easy(np.random.default_rng(1), classes)
        rotated, solution = fitted(x, y, classes, [1e-1, 1e-3])
        found = solution.log_probabilities(rotated)
        assert found.shape == (2, len(y), classes)
        torch.testing.assert_close(found.exp().sum(2), torch.ones(2, len(y)))


@pytest.mark.parametrize("classes", [2, 4])
def test_probabilities_are_never_denormal(classes):
    x = torch.linspace(-1, 1, 50)[:, None]
    labels = torch.arange(50) % classes
    problem = Logistic(x, torch.ones(1), labels, classes)
    parameters = problem.origin
    # Logits are up to 100 apart: in float32 their exponentials are denormal.
    parameters[0, 0] = 100.0
    _, probabilities = problem._predict(parameters)
    assert probabilities.min() < 1e-20
    assert probabilities[probabilities > 0].min() >= torch.finfo(torch.float32).tiny


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_extrapolation_is_exact_for_polynomials(degree):
    coefficients = torch.tensor([[1.0, -2.0], [0.5, 3.0], [-0.25, 1.0]], dtype=torch.float64)

    def curve(at):
        return sum(coefficients[k] * at**k for k in range(degree + 1))

    known = [(at, curve(at)) for at in (-1.0, -2.5, -3.0)[: degree + 1]]
    torch.testing.assert_close(extrapolate(known, -7.0), curve(-7.0))


def hard_path():
    """Near-separable classes in mixed directions of very different variance."""
    rng = np.random.default_rng(3)
    y = rng.integers(5, size=1500)
    basis = np.linalg.qr(rng.normal(size=(100, 100)))[0]
    x = 3 * np.eye(5, 100)[y] + rng.normal(size=(1500, 100))
    return x * np.logspace(0, -2, 100) @ basis, y, tuple(10.0**-k for k in range(1, 8))


@pytest.mark.parametrize(("known", "least", "most"), [(1, 150, 400), (3, 1, 149)])
def test_solutions_point_ahead(monkeypatch, known, least, most):
    x, y, penalties = hard_path()
    features = torch.from_numpy(x).float()
    spectrum = PCABasis.of(features)
    problem = spectrum.rotate(features), spectrum.variance, torch.from_numpy(y), 5
    passes = []
    evaluate = Logistic.evaluate
    monkeypatch.setattr(
        Logistic, "evaluate", lambda *arguments: passes.append(1) or evaluate(*arguments)
    )
    monkeypatch.setattr(logistic, "EXTRAPOLATION_POINTS", known)
    fit_logistic(*problem, penalties, tolerance=1e-4)
    assert least <= len(passes) <= most


def test_uneven_steps_point_nowhere_far():
    x, y, _ = hard_path()
    # From .9 and 1, a line to 1e-5 is a hundred times as long as it is known.
    _, uneven = fitted(x, y, 5, (1.0, 0.9, 1e-5))
    _, even = fitted(x, y, 5, (1e-3, 1e-4, 1e-5))
    assert float(uneven.objective[2]) == pytest.approx(float(even.objective[2]), rel=1e-4)


def test_each_penalty_may_have_its_own_tolerance():
    x, y, penalties = hard_path()
    path = penalties[2:5]
    _, close = fitted(x, y, 5, path)
    features = torch.from_numpy(x).float()
    spectrum = PCABasis.of(features)
    problem = spectrum.rotate(features), spectrum.variance, torch.from_numpy(y), 5
    mixed = fit_logistic(*problem, path, tolerance=[1e-1, 1e-1, TOLERANCE])
    gap = mixed.objective / close.objective - 1
    assert gap[0] > 1e-4
    assert abs(gap[2]) < 1e-4


@pytest.mark.parametrize("classes", [2, 5])
def test_directions_outside_the_dense_block_change_no_minimum(monkeypatch, classes):
    """With large penalties the dense block is small; the minimum is that of the full block."""
    rng = np.random.default_rng(0)
    x, y = ill_conditioned(rng, classes)
    penalties = (1.0, 1e-2, 1e-4, 1e-6)
    _, some = fitted(x, y, classes, penalties)
    monkeypatch.setattr(logistic, "MIN_CURVATURE_TO_PENALTY", 0.0)
    _, every = fitted(x, y, classes, penalties)
    torch.testing.assert_close(some.objective, every.objective, rtol=1e-4, atol=1e-7)


def test_a_large_penalty_has_a_small_dense_block(monkeypatch):
    factored = []

    def spy(blocks, rounding):
        factored.append(blocks.shape[-1])
        return cholesky(blocks, rounding)

    cholesky = logistic._cholesky
    monkeypatch.setattr(logistic, "_cholesky", spy)
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
    assert not logistic._cholesky(torch.full((1, 2, 2), torch.nan), 1e-7).isfinite().all()


@pytest.mark.parametrize("penalty", [1e-1, 1e-4])
def test_columns_are_solved_together_as_if_each_were_alone(penalty):
    x, y = easy(np.random.default_rng(0), 5)
    features = torch.from_numpy(standardise(x))
    basis = PCABasis.of(features)
    positive = torch.nn.functional.one_hot(torch.from_numpy(y), 5).T.double()
    problem = LogisticColumns(basis.rotated, basis.variance, positive)
    together = solve_path(problem, [1.0, penalty], tolerance=1e-12)
    assert together.weight.shape == (2, 5, 8)
    logits = together.logits(basis.rotated)
    assert logits.shape == (2, 5, 600)
    for k, column in enumerate(positive):
        oracle = LogisticRegression(C=1 / (penalty * 600), tol=1e-12, max_iter=10_000)
        expected = oracle.fit(features, column).decision_function(features)
        np.testing.assert_allclose(logits[1, k], expected, atol=1e-4)


def test_a_single_column_is_the_problem_of_two_classes():
    x, y = easy(np.random.default_rng(0), 2)
    basis = PCABasis.of(torch.from_numpy(x).float())
    problem = LogisticColumns(basis.rotated, basis.variance, torch.from_numpy(y)[None].float())
    found = solve_path(problem, [1e-2, 1e-4])
    labels = torch.from_numpy(y)
    expected = fit_logistic(basis.rotated, basis.variance, labels, 2, [1e-2, 1e-4])
    assert torch.equal(found.weight, expected.weight)
    assert torch.equal(found.bias, expected.bias)


def test_derivatives_of_columns_are_those_of_their_sum():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(40, 3, generator=generator, dtype=torch.float64)
    positive = (torch.rand(4, 40, generator=generator) > 0.7).double()
    problem = LogisticColumns(features, torch.ones(3, dtype=torch.float64), positive)
    point = torch.randn(4, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    logits = features @ point[:, :3].T + point[:, 3]
    loss = F.binary_cross_entropy_with_logits(logits, positive.T, reduction="none").mean(0).sum()
    loss = loss + 0.05 * point[:, :3].square().sum()
    [gradient] = torch.autograd.grad(loss, point)
    found, derivative = problem.evaluate(point.detach(), 0.1)
    assert float(found) == pytest.approx(float(loss.detach()))
    torch.testing.assert_close(derivative, gradient)


def test_the_indicators_of_several_classes_are_not_kept():
    x, y = easy(np.random.default_rng(0), 5)
    problem = Logistic(torch.from_numpy(x), torch.ones(8).double(), torch.from_numpy(y), 5)
    assert problem.positive.untyped_storage().nbytes() == 0


@pytest.mark.parametrize("classes", [2, 5])
def test_samples_and_blocks_that_are_read_in_parts_change_no_minimum(monkeypatch, classes):
    x, y = easy(np.random.default_rng(0), classes)
    basis = PCABasis.of(torch.from_numpy(x))
    problem = (basis.rotated, basis.variance, torch.from_numpy(y), classes, [1e-2, 1e-4])
    whole = fit_logistic(*problem, tolerance=1e-12)
    monkeypatch.setattr(logistic, "LOGITS_AT_A_TIME", 7 * classes)  # 600 = 85 · 7 + 5
    monkeypatch.setattr(logistic, "FACTORISED_AT_A_TIME", 2)
    parts = fit_logistic(*problem, tolerance=1e-12)
    torch.testing.assert_close(parts.objective, whole.objective, rtol=1e-12, atol=0)
    torch.testing.assert_close(parts.weight, whole.weight, rtol=0, atol=1e-5)


@pytest.mark.parametrize("columns", [False, True])
def test_curvature_is_largest_where_a_sample_is_misclassified(columns):
    """p (1 − p), or ((p − y)/2)² where that is more: by its definition, for every sample."""
    x, y = easy(np.random.default_rng(1), 4)
    features, variance = torch.from_numpy(x), torch.ones(8).double()
    positive = F.one_hot(torch.from_numpy(y), 4).T.double()
    if columns:
        problem = LogisticColumns(features, variance, positive)
    else:
        problem = Logistic(features, variance, torch.from_numpy(y), 4)
    point = torch.randn(4, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    logits = point[:, :8] @ features.T + point[:, 8:]
    probability = logits.sigmoid() if columns else logits.softmax(0)
    expected = torch.maximum(
        probability * (1 - probability), ((probability - positive) / 2).square()
    )
    torch.testing.assert_close(problem._hessian_weights(point), expected)
