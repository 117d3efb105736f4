"""The one optimisation behind the decomposition: the most that Y can stay uncertain.

Over all Q(x1, x2, y) with given marginals (x1, y) and (x2, y), find the greatest H_Q(Y | X1, X2)
(Bertschinger, Rauh, Olbrich, Jost & Ay, Entropy 2014). In nats its Lagrange dual is

    maximise Σ p1·a + Σ p2·b  subject to  log Σ_y exp(a[x1, y] + b[x2, y]) ≤ 0 in each cell (x1, x2)

whose value is −H at the optimum: (n1 + n2)·m unknowns instead of n1·n2·m, one constraint per cell
with multiplier Q(x1, x2), and Q(y | x1, x2) = exp(a + b). Every point inside is a proven bound.
"""

import contextlib
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits  # comes with scikit-learn

from .newton import Newton, NewtonSystem, eliminations

#: The duality gap, in nats, at which the optimum is taken as found.
TOLERANCE = 1e-11
#: Cells (x1, x2) of the largest table: memory and time grow with their number.
MAX_CELLS = 4_000
_MAX_STEPS = 400
_HALVINGS = 60
#: How fast the barrier falls once its minimum is near.
_BARRIER_FACTOR = 0.15


@dataclass
class _Point:
    """A point inside the constraints, and the barrier function there.

    Attributes:
        potentials: (a, b) stacked: [n1·m + n2·m].
        slack: [n1, n2], −log Σ_y exp(a + b); 1 in cells that no value of y allows.
        conditional: Q(y | x1, x2) [n1, n2, m].
    """

    potentials: np.ndarray
    slack: np.ndarray
    conditional: np.ndarray


class _Problem:
    """The dual problem of two marginals."""

    def __init__(self, p1: np.ndarray, p2: np.ndarray) -> None:
        (self.n1, self.m), self.n2 = p1.shape, len(p2)
        self.allowed = (p1 > 0)[:, None, :] & (p2 > 0)[None, :, :]
        self.cells = self.allowed.any(2)
        self.target = np.concatenate([p1.ravel(), p2.ravel()])
        # Adding to a[:, y] what is taken from b[:, y] changes nothing: one b per y stays put.
        self.free = self.target > 0
        self.free[self.n1 * self.m + p2.argmax(0) * self.m + np.arange(self.m)] = False
        self.rows = np.concatenate([np.repeat(p1.sum(1), self.m), np.repeat(p2.sum(1), self.m)])

    def at(self, potentials: np.ndarray) -> _Point:
        """Slack and conditional of stacked (a, b)."""
        first = self.n1 * self.m
        a = potentials[:first].reshape(self.n1, 1, self.m)
        b = potentials[first:].reshape(1, self.n2, self.m)
        exponent = np.where(self.allowed, a + b, -np.inf)
        top = exponent.max(2, where=self.allowed, initial=-1e300)
        weight = np.exp(exponent - top[..., None])
        total = np.where(self.cells, weight.sum(2), 1)
        slack = np.where(self.cells, -(top + np.log(total)), 1)
        return _Point(potentials, slack, weight / total[..., None])

    def start(self) -> _Point:
        """√P(y | x1) √P(y | x2) sums to at most 1 in each cell (Cauchy and Schwarz): inside."""
        present = np.where(self.target > 0, self.target, 1)
        potentials = np.where(self.target > 0, 0.5 * np.log(present / self.rows), 0)
        potentials[self.n1 * self.m :] -= 0.5
        return self.at(potentials)

    def lack(self, q: np.ndarray) -> np.ndarray:
        """What the marginals of Q(x1, x2, y) lack, stacked."""
        return self.target - np.concatenate([q.sum(1).ravel(), q.sum(0).ravel()])

    def barrier_function(self, point: _Point, barrier: float) -> float:
        """The dual value plus barrier · Σ log slack; −∞ outside of the constraints."""
        slack = point.slack[self.cells]
        if slack.min() <= 0:
            return -np.inf
        return float(self.target @ point.potentials + barrier * np.log(slack).sum())


# On systems this small threads only wait for one another: 70 times slower where cores are busy.
@threadpool_limits.wrap(limits=1)
def greatest_conditional_entropy(p1: np.ndarray, p2: np.ndarray) -> float:
    """max H_Q(Y | X1, X2) in bits over all Q with the marginals (x1, y) and (x2, y).

    A primal-dual interior-point method. A step for (a, b) climbs the barrier function, so halving
    it until that rises makes the method safe from any start; the multipliers are kept near what
    the barrier asks of them. Where rounding leaves no step that rises, the barrier falls: the
    point is as close to its minimum as floats can tell.

    Args:
        p1: P(x1, y) [n1, m], no row of zeros.
        p2: P(x2, y) [n2, m], no row of zeros, with the same P(y).

    Raises:
        ValueError: more than MAX_CELLS cells.
        ArithmeticError: no convergence (no table is known that causes it).
    """
    if len(p1) * len(p2) > MAX_CELLS:
        raise ValueError(
            f"a decomposition handles up to {MAX_CELLS} pairs of values (x1, x2), "
            f"not {len(p1) * len(p2)}"
        )
    if len(p1) < len(p2):  # the second source's potentials are eliminated last
        p1, p2 = p2, p1
    problem = _Problem(p1, p2)
    # Either elimination loses digits on some table with entries near 1e-13; none is known on which
    # both do.
    for elimination in eliminations(problem.n1, problem.n2, problem.m):
        with contextlib.suppress(ArithmeticError, np.linalg.LinAlgError):
            return _solved(problem, elimination)
    raise ArithmeticError("the decomposition did not converge")


def _solved(problem: _Problem, elimination: type[NewtonSystem]) -> float:
    """The optimum in bits, by one of the eliminations.

    Raises:
        ArithmeticError: no convergence.
        numpy.linalg.LinAlgError: a system that rounding has made singular.
    """
    point = problem.start()
    cells = int(problem.cells.sum())
    barrier = float(point.slack[problem.cells].mean()) / cells
    mass = np.where(problem.cells, barrier / point.slack, 0)

    for _ in range(_MAX_STEPS):
        lack = problem.lack(mass[..., None] * point.conditional)
        while True:
            apart = np.where(problem.cells, mass * point.slack - barrier, 0)
            error = max(np.abs(lack).sum(), np.abs(apart).sum())
            near = error <= 3 * barrier * cells
            if not near or barrier * cells < TOLERANCE:
                break
            barrier *= _BARRIER_FACTOR
        if near:
            # Adding the least slack to a keeps every constraint and raises the bound.
            least = float(point.slack[problem.cells].min())
            bound = float(problem.target @ point.potentials) + least
            return -bound / float(np.log(2))
        newton = Newton(mass, point.slack, point.conditional, problem.free, problem.target)
        move, mass_move = elimination(newton).solve(lack, apart)
        # Where no part of the step rises, potentials are as good as rounding allows: only the
        # multipliers move.
        point = _climb(problem, point, move, barrier) or point
        falling = mass_move < 0
        length = min(1.0, 0.99 * np.min(-mass[falling] / mass_move[falling], initial=2.0))
        ideal = np.where(problem.cells, barrier / point.slack, 0)
        mass = np.clip(mass + length * mass_move, ideal / 100, ideal * 100)
    raise ArithmeticError("the decomposition did not converge")


def _climb(problem: _Problem, point: _Point, move: np.ndarray, barrier: float) -> _Point | None:
    """The point that a Newton step, halved until the barrier function rises, leads to.

    None where no part of the step raises it.
    """
    ideal = np.where(problem.cells, barrier / point.slack, 0)
    slope = float(problem.lack(ideal[..., None] * point.conditional) @ move)
    height = problem.barrier_function(point, barrier)
    length = 1.0
    for _ in range(_HALVINGS):
        tried = problem.at(point.potentials + length * move)
        gain = problem.barrier_function(tried, barrier) - height
        if gain >= 1e-4 * length * slope - 1e-14 * (1 + abs(height)):
            return tried
        length /= 2
    return None
