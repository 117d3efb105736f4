"""Newton's system of the decomposition's optimisation, solved by its structure.

The unknowns are moves of the potentials, δ = (δa, δb), and of the cells' multipliers, δs:

    H δ + Gᵀ δs = lack,     s·(G δ) − c·δs = s·c − μ

with c the slacks, s the multipliers, r = Q(y | x1, x2), H = Σ s (diag r − r rᵀ) over cells, each on
the potentials that it meets, and G the rows r. Two eliminations are exact; the cheaper is taken:

* of δs and δa: H + Gᵀ(s/c)G is block-diagonal in a, one [m, m] block per value of x1, so that a
  system of the n2·m potentials b remains;
* of δ: H + Gᵀ s G is block-diagonal in y, one [n1 + n2, n1 + n2] block per value of y, so that a
  system of the n1·n2 cells remains: the way where y has many values.

Both divide by what vanishes at the optimum; residuals of the whole system, which costs no more
than a look at every Q(x1, x2, y), bring back the digits that this loses.
"""

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np

_REFINEMENTS = 4
_ENOUGH = 1e-10  # relative residual
#: Added to diagonals of 1: where only a vanishing cell holds an unknown.
_RIDGE = 1e-13


@dataclass
class Newton:
    """Where Newton's system is set up.

    Attributes:
        mass: s, [n1, n2], 0 where a cell is not allowed.
        slack: c, [n1, n2].
        conditional: r, [n1, n2, m].
        free: bool [n1·m + n2·m], which potentials move.
        target: the marginals, stacked; the scale of each unknown.
    """

    mass: np.ndarray
    slack: np.ndarray
    conditional: np.ndarray
    free: np.ndarray
    target: np.ndarray

    def __post_init__(self) -> None:
        self.n1, self.n2, self.m = self.conditional.shape
        self.q = self.mass[..., None] * self.conditional
        self.scale = np.where(self.free, 1 / np.sqrt(np.where(self.free, self.target, 1)), 0)

    def split(self, stacked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(a [n1, m], b [n2, m]) of a stacked vector."""
        first = self.n1 * self.m
        return stacked[:first].reshape(self.n1, -1), stacked[first:].reshape(self.n2, -1)

    def gather(self, by_cell: np.ndarray) -> np.ndarray:
        """Sums over cells [n1, n2, m] to potentials, stacked."""
        return np.concatenate([by_cell.sum(1).ravel(), by_cell.sum(0).ravel()])

    def project(self, move: np.ndarray) -> np.ndarray:
        """G δ: [n1, n2]."""
        a, b = self.split(move)
        r = self.conditional
        return np.matmul(r, a[:, :, None])[..., 0] + np.einsum("ijy,jy->ij", r, b)

    def residual(
        self, move: np.ndarray, mass_move: np.ndarray, right: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """What a solution leaves of both equations."""
        a, b = self.split(move)
        along = self.project(move)
        moved = a[:, None, :] + b[None, :, :]
        curved = self.q * (moved - along[..., None]) + mass_move[..., None] * self.conditional
        first = np.where(self.free, right[0] - self.gather(curved), 0)
        second = right[1] - (self.mass * along - self.slack * mass_move)
        return first, second


class NewtonSystem:
    """A factorised system; :meth:`solve` refines what its factors give."""

    def __init__(self, newton: Newton) -> None:
        self.newton = newton

    def factored(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A solution by the factors alone."""
        raise NotImplementedError

    def solve(self, lack: np.ndarray, apart: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """δ, stacked, and δs [n1, n2].

        Args:
            lack: right-hand side of the first equation, stacked.
            apart: of the second, [n1, n2].
        """
        n = self.newton
        right = np.where(n.free, lack, 0), apart
        move, mass_move = self.factored(*right)
        size = self._size(right)
        left = n.residual(move, mass_move, right)
        for _ in range(_REFINEMENTS):
            if self._size(left) <= _ENOUGH * size:
                break
            more, mass_more = self.factored(*left)
            tried = move + more, mass_move + mass_more
            now = n.residual(*tried, right)
            if not self._size(now) < self._size(left):
                break
            (move, mass_move), left = tried, now
        return move, mass_move

    def _size(self, right: tuple[np.ndarray, np.ndarray]) -> float:
        first, second = right
        root = np.sqrt(np.where(self.newton.mass > 0, self.newton.mass, 1))
        return float(np.abs(first * self.newton.scale).max() + np.abs(second / root).max())


class ByPotentials(NewtonSystem):
    """δs and δa eliminated: a system of the n2·m potentials b."""

    def __init__(self, newton: Newton) -> None:
        super().__init__(newton)
        n = newton
        r, q = n.conditional, n.q
        weight = n.mass * (1 / n.slack - 1)
        weighted = weight[..., None] * r
        scale_a, scale_b = n.split(n.scale)
        fixed_a, fixed_b = (~part for part in n.split(n.free))
        block_a = np.matmul(weighted.transpose(0, 2, 1), r)  # [n1, m, m]
        _diagonal(block_a)[:] += q.sum(1)
        block_a *= scale_a[:, :, None] * scale_a[:, None, :]
        _diagonal(block_a)[:] += fixed_a + _RIDGE
        cross = weighted[..., :, None] * r[..., None, :]  # [n1, n2, m (a), m (b)]
        _diagonal(cross)[:] += q
        cross *= scale_a[:, None, :, None] * scale_b[None, :, None, :]
        cross = np.ascontiguousarray(cross.transpose(0, 2, 1, 3)).reshape(n.n1, n.m, -1)
        self.lower = np.linalg.cholesky(block_a)
        self.half = np.linalg.solve(self.lower, cross)  # L⁻¹ K_ab: [n1, m, n2·m]
        left = np.zeros((n.n2, n.m, n.n2, n.m))
        j = np.arange(n.n2)
        block_b = np.matmul(weighted.transpose(1, 2, 0), r.transpose(1, 0, 2))
        _diagonal(block_b)[:] += q.sum(0)
        block_b *= scale_b[:, :, None] * scale_b[:, None, :]
        _diagonal(block_b)[:] += fixed_b + _RIDGE
        left[j, :, j] = block_b
        flat = self.half.reshape(-1, n.n2 * n.m)
        schur = left.reshape(n.n2 * n.m, -1) - flat.T @ flat
        self.factor = _cholesky(schur)

    def factored(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        from scipy.linalg import cho_solve

        n = self.newton
        by_cell = (second / n.slack)[..., None] * n.conditional
        right_a, right_b = n.split((first + n.gather(by_cell)) * n.scale)
        half = np.linalg.solve(self.lower, right_a[..., None])  # [n1, m, 1]
        flat = self.half.reshape(-1, n.n2 * n.m)
        b = cho_solve(self.factor, right_b.ravel() - flat.T @ half.ravel(), check_finite=False)
        a = np.linalg.solve(self.lower.transpose(0, 2, 1), half - (self.half @ b)[..., None])
        move = np.concatenate([a.ravel(), b]) * n.scale
        return move, (n.mass * n.project(move) - second) / n.slack


class ByCells(NewtonSystem):
    """δ eliminated: a system of the n1·n2 cells, for labels of many values.

    With w = s·(1 − c), K = G B⁻¹ Gᵀ and B the part of H that is block-diagonal in y, it is
    c·u + w·(K u) = right. Where every slack is below 1, u = √w·v makes it symmetric and positive:
    (c + √w K √w) v = right / √w, which takes half of the time.
    """

    def __init__(self, newton: Newton) -> None:
        from scipy.linalg import cho_solve, lu_factor, lu_solve

        super().__init__(newton)
        n = newton
        self._invert_labels()
        weight = (n.mass * (1 - n.slack)).ravel()
        system = self._between_cells()
        if (weight[n.mass.ravel() > 0] > 0).all():
            root = np.sqrt(weight)
            self.before, self.after = 1 / np.where(root > 0, root, 1), root
            system *= root[:, None]
            system *= root
            np.einsum("ii->i", system)[:] += n.slack.ravel()
            self.factor = _cholesky(system)
            self.solver = cho_solve
        else:
            self.before = self.after = np.ones_like(weight)
            system *= weight[:, None]
            np.einsum("ii->i", system)[:] += n.slack.ravel()
            self.factor = lu_factor(system, overwrite_a=True, check_finite=False)
            self.solver = lu_solve

    def _invert_labels(self) -> None:
        """B⁻¹, for each value of y: a [m, n1, n1], ab [m, n1, n2] and b [m, n2, n2].

        The parts of B that belong to one source are diagonal, so that only the n2 potentials of
        the second need an inverse of a matrix.
        """
        n = self.newton
        scale_a, scale_b = (part.T for part in n.split(n.scale))
        fixed_a, fixed_b = (~part.T for part in n.split(n.free))
        diagonal_a = n.q.sum(1).T * scale_a**2 + fixed_a + _RIDGE
        cross = n.q.transpose(2, 0, 1) * scale_a[:, :, None] * scale_b[:, None, :]
        ratio = cross / diagonal_a[:, :, None]
        schur = -np.matmul(cross.transpose(0, 2, 1), ratio)
        _diagonal(schur)[:] += n.q.sum(0).T * scale_b**2 + fixed_b + _RIDGE
        inverse_b = np.linalg.inv(schur)
        inverse_ab = -np.matmul(ratio, inverse_b)
        inverse_a = -np.matmul(inverse_ab, ratio.transpose(0, 2, 1))
        _diagonal(inverse_a)[:] += 1 / diagonal_a
        self.a = inverse_a * scale_a[:, :, None] * scale_a[:, None, :]
        self.ab = inverse_ab * scale_a[:, :, None] * scale_b[:, None, :]
        self.b = inverse_b * scale_b[:, :, None] * scale_b[:, None, :]

    def _between_cells(self) -> np.ndarray:
        """K = G B⁻¹ Gᵀ: [n1·n2, n1·n2], by one product of matrices for each value of a source."""
        n, r = self.newton, self.newton.conditional
        by_label = np.ascontiguousarray(r.transpose(2, 0, 1))  # [m, k, l]
        cells = n.n1 * n.n2
        out = np.empty((n.n1, n.n2, cells))
        for i in range(n.n1):
            right = by_label * (self.a[:, i, :, None] + self.ab[:, i, None, :])
            np.matmul(r[i], right.reshape(n.m, cells), out=out[i])
        for j in range(n.n2):
            right = by_label * (self.b[:, j, None, :] + self.ab[:, :, j, None])
            out[:, j] += np.matmul(r[:, j], right.reshape(n.m, cells))
        return out.reshape(cells, cells)

    def _by_label(self, stacked: np.ndarray) -> np.ndarray:
        """B⁻¹ of a stacked vector."""
        a, b = (part.T[..., None] for part in self.newton.split(stacked))  # [m, n, 1]
        first = np.matmul(self.a, a) + np.matmul(self.ab, b)
        second = np.matmul(self.ab.transpose(0, 2, 1), a) + np.matmul(self.b, b)
        return np.concatenate([first[..., 0].T.ravel(), second[..., 0].T.ravel()])

    def factored(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n = self.newton
        right = n.mass * (1 - n.slack) * n.project(self._by_label(first)) - second
        solved = self.solver(self.factor, self.before * right.ravel(), check_finite=False)
        u = (self.after * solved).reshape(n.n1, n.n2)
        move = self._by_label(first - n.gather(u[..., None] * n.conditional))
        return move, u + n.mass * n.project(move)


def eliminations(n1: int, n2: int, m: int) -> list[type[NewtonSystem]]:
    """Both eliminations for tables of a size, the one that costs less first."""
    by_potentials = n1 * (n2 * m) ** 2 * m + (n2 * m) ** 3 / 3 + n1 * m**3
    by_cells = 4 * (n1 * n2) ** 2 * m + (n1 * n2) ** 3 / 3 + m * n2**3
    return [ByPotentials, ByCells] if by_potentials <= by_cells else [ByCells, ByPotentials]


def _diagonal(matrices: np.ndarray) -> np.ndarray:
    """A writable view of the diagonals of [..., k, k]."""
    return np.einsum("...ii->...i", matrices)


def _cholesky(matrix: np.ndarray) -> Any:
    """Factors of a matrix that is positive but for rounding: its diagonal grows until it is."""
    from scipy.linalg import cho_factor

    ridge = 0.0
    for _ in range(12):
        with contextlib.suppress(np.linalg.LinAlgError):
            return cho_factor(matrix, lower=True, check_finite=False)
        more = max(10 * ridge, 1e-14)
        np.einsum("ii->i", matrix)[:] += more - ridge
        ridge = more
    raise np.linalg.LinAlgError("no ridge makes it positive")
