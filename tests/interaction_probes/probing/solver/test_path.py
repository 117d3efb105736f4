import numpy as np
import pytest
import torch
from logistic_problems import (
    constant_columns,
    easy,
    fitted,
    ill_conditioned,
    loss_of,
    separable,
    standardise,
)
from sklearn.linear_model import LogisticRegression

from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.solver import path
from interaction_probes.probing.solver.lbfgs import TOLERANCE
from interaction_probes.probing.solver.objective import Logistic, LogisticColumns
from interaction_probes.probing.solver.path import extrapolate, fit_logistic, solve_path


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
    monkeypatch.setattr(path, "EXTRAPOLATION_POINTS", known)
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
    some = penalties[2:5]
    _, close = fitted(x, y, 5, some)
    features = torch.from_numpy(x).float()
    spectrum = PCABasis.of(features)
    problem = spectrum.rotate(features), spectrum.variance, torch.from_numpy(y), 5
    mixed = fit_logistic(*problem, some, tolerance=[1e-1, 1e-1, TOLERANCE])
    gap = mixed.objective / close.objective - 1
    assert gap[0] > 1e-4
    assert abs(gap[2]) < 1e-4


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
