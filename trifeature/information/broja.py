"""The one optimisation behind the decomposition: the most that Y can stay uncertain.

Over all Q(x1, x2, y) with given marginals (x1, y) and (x2, y), find the greatest H_Q(Y | X1, X2)
(Bertschinger, Rauh, Olbrich, Jost & Ay, Entropy 2014). In nats its Lagrange dual is

    maximise Σ p1·a + Σ p2·b  subject to  log Σ_y exp(a[x1, y] + b[x2, y]) ≤ 0 in each cell (x1, x2)

whose value is −H at the optimum: (n1 + n2)·m unknowns instead of n1·n2·m, one constraint per cell
with multiplier Q(x1, x2), and Q(y | x1, x2) = exp(a + b). Every point inside is a proven bound.
"""

import numpy as np
from threadpoolctl import threadpool_limits  # comes with scikit-learn

#: The duality gap, in nats, at which the optimum is taken as found.
TOLERANCE = 1e-11
#: Newton's system is dense in the cells: 2,000 cells take seconds, 10,000 would take a gigabyte.
MAX_CELLS = 4_000
_MAX_STEPS = 300


# On systems this small threads only wait for one another: 70 times slower where cores are busy.
@threadpool_limits.wrap(limits=1)
def greatest_conditional_entropy(p1: np.ndarray, p2: np.ndarray) -> float:
    """max H_Q(Y | X1, X2) in bits over all Q with the marginals (x1, y) and (x2, y).

    A primal-dual interior-point method. Newton's system keeps the cells' multipliers as unknowns:
    eliminating them would divide by slacks that vanish at the optimum. A step for (a, b) always
    climbs the barrier function, so halving it until that rises makes the method safe from any
    start; the multipliers are kept near what the barrier asks of them.

    Args:
        p1: P(x1, y) [n1, m], no row of zeros.
        p2: P(x2, y) [n2, m], no row of zeros, with the same P(y).

    Raises:
        ValueError: more than MAX_CELLS cells.
        ArithmeticError: no convergence (no table is known that causes it).
    """
    # Not on top: what only knows closed forms, as most runs do, starts a third of a second sooner.
    from scipy.linalg import lu_factor, lu_solve

    (n1, m), n2 = p1.shape, len(p2)
    if n1 * n2 > MAX_CELLS:
        raise ValueError(
            f"a decomposition handles up to {MAX_CELLS} pairs of values (x1, x2), not {n1 * n2}"
        )
    allowed = (p1 > 0)[:, None, :] & (p2 > 0)[None, :, :]
    cells = np.flatnonzero(allowed.any(2))
    target = np.concatenate([p1.ravel(), p2.ravel()])
    # Adding to a[:, y] what is taken from b[:, y] changes nothing: one b per y stays put.
    movable = target > 0
    movable[n1 * m + p2.argmax(0) * m + np.arange(m)] = False
    free = np.flatnonzero(movable)

    def bounds(potentials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Slack [cell] and Q(y | x1, x2) [n1, n2, m] of stacked (a, b)."""
        a, b = potentials[: n1 * m].reshape(n1, 1, m), potentials[n1 * m :].reshape(1, n2, m)
        exponent = np.where(allowed, a + b, -np.inf)
        top = exponent.max(2, where=allowed, initial=-1e300)
        weight = np.exp(exponent - top[..., None])
        total = np.where(weight.sum(2) > 0, weight.sum(2), 1)
        slack = -(top + np.log(total)).ravel()[cells]
        return slack, weight / total[..., None]

    def joint(mass: np.ndarray, conditional: np.ndarray) -> np.ndarray:
        """Q(x1, x2, y) of masses by cell."""
        full = np.zeros(n1 * n2)
        full[cells] = mass
        return full.reshape(n1, n2, 1) * conditional

    def missing(q: np.ndarray) -> np.ndarray:
        """What the marginals of Q lack, stacked."""
        return target - np.concatenate([q.sum(1).ravel(), q.sum(0).ravel()])

    # √P(y | x1) √P(y | x2) sums to at most 1 in each cell (Cauchy and Schwarz): a start inside.
    present = np.where(target > 0, target, 1)
    rows = np.concatenate([np.repeat(p1.sum(1), m), np.repeat(p2.sum(1), m)])
    potentials = np.where(target > 0, 0.5 * np.log(present / rows), 0)
    potentials[n1 * m :] -= 0.5
    slack, conditional = bounds(potentials)
    barrier = float(np.mean(slack)) / len(cells)
    mass = barrier / slack

    for _ in range(_MAX_STEPS):
        q = joint(mass, conditional)
        lack = missing(q)
        while True:
            error = max(np.abs(lack).sum(), np.abs(mass * slack - barrier).sum())
            near = error <= 3 * barrier * len(cells)
            if not near or barrier * len(cells) < TOLERANCE:
                break
            barrier *= 0.15
        if near:
            # Adding the least slack to a keeps every constraint and raises the bound.
            bound = float(target @ potentials + slack.min())
            return -bound / float(np.log(2))

        curvature, gradients = _derivatives(q, conditional)
        scale, root = 1 / np.sqrt(target[free]), np.sqrt(mass)
        size = len(free)
        system = np.zeros((size + len(cells),) * 2)
        system[:size, :size] = curvature[np.ix_(free, free)] * scale[:, None] * scale
        system[size:, :size] = gradients[np.ix_(cells, free)] * root[:, None] * scale
        system[:size, size:] = system[size:, :size].T
        diagonal = np.einsum("ii->i", system)
        diagonal[:size] += 1e-13  # where only a vanishing cell holds an unknown
        diagonal[size:] = -slack
        right = np.concatenate([lack[free] * scale, (mass * slack - barrier) / root])
        factors = lu_factor(system, check_finite=False)
        solved = lu_solve(factors, right, check_finite=False)
        solved += lu_solve(factors, right - system @ solved, check_finite=False)
        move = np.zeros(len(target))
        move[free] = solved[:size] * scale
        mass_move = solved[size:] * root

        slope = float(missing(joint(barrier / slack, conditional)) @ move)
        height = float(target @ potentials + barrier * np.log(slack).sum())
        length = 1.0
        for _ in range(60):
            tried = potentials + length * move
            slack, conditional = bounds(tried)
            if slack.min() > 0:
                gain = float(target @ tried + barrier * np.log(slack).sum()) - height
                if gain >= 1e-4 * length * slope - 1e-14 * (1 + abs(height)):
                    break
            length /= 2
        potentials = tried
        falling = mass_move < 0
        length = min(1.0, 0.99 * np.min(-mass[falling] / mass_move[falling], initial=2.0))
        ideal = barrier / slack
        mass = np.clip(mass + length * mass_move, ideal / 100, ideal * 100)
    raise ArithmeticError("the decomposition did not converge")


def _derivatives(q: np.ndarray, conditional: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The Lagrangian's curvature [v, v] and the constraints' gradients [n1·n2, v]; v stacks (a, b).

    A cell of mass s and conditional r adds s·(diag r − r rᵀ) to the curvature of the a and b it
    meets, and its gradient is r in both.
    """
    n1, n2, m = q.shape
    v1, v2 = n1 * m, n2 * m
    i, j, y = np.arange(n1), np.arange(n2), np.arange(m)
    curvature = np.zeros((v1 + v2, v1 + v2))
    block_1 = curvature[:v1, :v1].reshape(n1, m, n1, m)
    block_1[i, :, i] = -np.matmul(q.transpose(0, 2, 1), conditional)
    block_2 = curvature[v1:, v1:].reshape(n2, m, n2, m)
    block_2[j, :, j] = -np.matmul(q.transpose(1, 2, 0), conditional.transpose(1, 0, 2))
    cross = -q[:, :, :, None] * conditional[:, :, None, :]
    cross[:, :, y, y] += q
    curvature[:v1, v1:] = cross.transpose(0, 2, 1, 3).reshape(v1, v2)
    curvature[v1:, :v1] = curvature[:v1, v1:].T
    np.einsum("ii->i", curvature)[:] += np.concatenate([q.sum(1).ravel(), q.sum(0).ravel()])
    gradients = np.zeros((n1 * n2, v1 + v2))
    gradients[:, :v1].reshape(n1, n2, n1, m)[i, :, i] = conditional
    gradients[:, v1:].reshape(n1, n2, n2, m)[:, j, j] = conditional
    return curvature, gradients
