"""The decomposition against scipy's general optimiser, which knows nothing of its structure."""

import numpy as np
import pytest
from scipy.linalg import null_space
from scipy.optimize import minimize

from trifeature import decompose, entropy, mutual_information

AND = np.zeros((2, 2, 2))
AND[[0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]] = 1 / 4
NOISY_AND = 0.9 * AND + 0.1 * AND[..., ::-1]
THREE_VALUED_AND = np.zeros((3, 3, 2))
for first, second in np.ndindex(3, 3):
    THREE_VALUED_AND[first, second, int(first > 0 and second > 0)] = 1 / 9
DENSE = [np.random.default_rng(k).dirichlet(np.ones(27)).reshape(3, 3, 3) for k in range(4)]


def marginal_directions(shape):
    """Orthonormal directions [n1·n2·m, k] that change neither P(x1, y) nor P(x2, y)."""
    cells = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    marginals = [cells.sum(axis).reshape(len(cells), -1) for axis in (2, 1)]
    return null_space(np.concatenate(marginals, axis=1).T)


def greatest_entropy(p):
    """max H_Q(Y | X1, X2) in bits by sequential quadratic programming, from four starts."""
    directions = marginal_directions(p.shape)

    def conditional(z):
        q = np.maximum(p.ravel() + directions @ z, 1e-15).reshape(p.shape)
        return q, np.log2(q / q.sum(2, keepdims=True))

    def objective(z):
        q, log_conditional = conditional(z)
        return float((q * log_conditional).sum())

    def gradient(z):
        return directions.T @ conditional(z)[1].ravel()

    py = p.sum((0, 1))
    independent = p.sum(1)[:, None] * p.sum(0)[None] / py
    found = []
    for share in (0.1, 0.4, 0.7, 1.0):
        start = directions.T @ (share * (independent - p)).ravel()
        result = minimize(
            objective,
            start,
            jac=gradient,
            method="SLSQP",
            constraints={
                "type": "ineq",
                "fun": lambda z: p.ravel() + directions @ z,
                "jac": lambda z: directions,
            },
            options={"maxiter": 1000, "ftol": 1e-14},
        )
        q = p.ravel() + directions @ result.x
        if q.min() > -1e-9:  # outside of the constraints the entropy could be too great
            found.append(-result.fun)
    assert found, "no start led to a feasible table"
    return max(found)


@pytest.mark.parametrize("joint", [AND, NOISY_AND, THREE_VALUED_AND, *DENSE])
def test_all_four_terms_against_sequential_quadratic_programming(joint):
    info_1, info_2 = mutual_information(joint.sum(1)), mutual_information(joint.sum(0))
    total = mutual_information(joint.reshape(-1, joint.shape[2]))
    p2 = joint.sum(0)
    unique_1 = entropy(p2) - entropy(p2.sum(1)) - greatest_entropy(joint)
    redundancy = info_1 - unique_1
    expected = (redundancy, unique_1, info_2 - redundancy, total - info_1 - info_2 + redundancy)
    found = decompose(joint)
    np.testing.assert_allclose(
        (found.redundancy, found.unique_1, found.unique_2, found.synergy), expected, atol=1e-5
    )
