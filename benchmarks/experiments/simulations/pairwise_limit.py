"""Search for scores of two images at once that tell the match bit of a rule over three.

Run with ``python benchmarks/experiments/simulations/pairwise_limit.py --values 5 --rounds 400``. A
score is p(a, b) + p(b, c) + p(c, a), as in trifeature/information/limits/pairwise_scores.py, which
has the best of such searches: its matches, a + b + c ≡ r mod m, have to lie above 0, and as few
other combinations as possible. To accept the fewest is no linear program, but a sequence of them:
each weighs what was accepted by the inverse of its excess, and the next search begins at the best
with some weights changed. Printed are r, how many are wrongly accepted, the balanced accuracy, and
p in integers. Longer searches, and other remainders and seeds, may find better ones.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from interaction_probes.common.cli import friendly_errors
from trifeature.information.limits.pairwise_scores import wrongly_accepted

_BOUND = 60.0  # of p, where matches lie at 1 or above and others, if not accepted, at -1 or below
_PATIENCE = 25  # rounds without a better score, after which a search starts anew


@dataclass
class Search:
    """The linear programs of one rule.

    Attributes:
        values: m.
        remainder: r.
        symmetric: whether p(a, b) = p(b, a).
    """

    values: int
    remainder: int
    symmetric: bool
    matches: sparse.csr_matrix = field(init=False)
    others: sparse.csr_matrix = field(init=False)

    def __post_init__(self) -> None:
        m = self.values
        cells = np.indices((m, m, m)).reshape(3, -1)
        terms = [self._term(cells[k], cells[(k + 1) % 3]) for k in range(3)]
        rows = np.repeat(np.arange(m**3), 3)
        entries = (np.ones(3 * m**3), (rows, np.stack(terms, axis=1).ravel()))
        scores = sparse.csr_matrix(entries, shape=(m**3, m * m))
        matching = cells.sum(0) % m == self.remainder
        self.matches, self.others = scores[matching], scores[~matching]

    def _term(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        if self.symmetric:
            first, second = np.minimum(first, second), np.maximum(first, second)
        return first * self.values + second

    def solve(self, weights: np.ndarray) -> np.ndarray | None:
        """p for which the weighted excess of the other combinations is least."""
        n, k = self.others.shape[0], self.others.shape[1]
        above = sparse.hstack([-self.matches, sparse.csr_matrix((self.matches.shape[0], n))])
        below = sparse.hstack([self.others, -sparse.eye(n)])
        found = linprog(
            np.concatenate([np.zeros(k), weights]),
            A_ub=sparse.vstack([above, below]).tocsr(),
            b_ub=-np.ones(self.matches.shape[0] + n),
            bounds=[(-_BOUND, _BOUND)] * k + [(0, None)] * n,
            method="highs",
        )
        return None if found.x is None else found.x[:k]

    def descend(self, weights: np.ndarray, steps: int) -> tuple[float, np.ndarray | None]:
        """The fewest accepted on the way, and their p."""
        best: tuple[float, np.ndarray | None] = (np.inf, None)
        for step in range(steps):
            p = self.solve(weights)
            if p is None:
                break
            accepted = float((self.others @ p > -0.5).sum())
            if accepted < best[0]:
                best = accepted, p
            excess = np.maximum(0, self.others @ p + 1)
            weights = 1 / (excess + max(1e-2, 0.5 * 0.6**step))
            weights /= weights.max()
        return best

    def run(self, rounds: int, rng: np.random.Generator) -> np.ndarray | None:
        """The best p of so many rounds; None where no program was solved."""
        best: tuple[float, np.ndarray | None] = (np.inf, None)
        current, stale = best, 0
        for _ in range(rounds):
            if current[1] is None or stale > _PATIENCE:
                current = self.descend(rng.uniform(0, 1, self.others.shape[0]) ** 2, 12)
                stale = 0
            else:
                changed = self.descend(self._changed(current[1], rng), 8)
                stale = 0 if changed[0] < current[0] else stale + 1
                if changed[0] <= current[0]:
                    current = changed
            if current[0] < best[0]:
                best = current
        return best[1]

    def _changed(self, p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Weights that keep what p accepts, but for a random part."""
        accepted = self.others @ p > -1 + 1e-6
        weights = np.where(accepted, 0.02, 1.0) * rng.uniform(0.5, 1, len(accepted))
        part = rng.random(len(accepted)) < rng.choice([0.02, 0.05, 0.1, 0.2])
        weights[part] = np.where(accepted[part], rng.uniform(0.2, 1.5, part.sum()), 0.01)
        return weights

    def in_integers(self, p: np.ndarray) -> np.ndarray:
        """p as integers [m, m] that accept no more; as small as the scales that are tried allow."""
        matrix = p.reshape(self.values, self.values)
        if self.symmetric:
            matrix = np.triu(matrix) + np.triu(matrix, 1).T
        scales = [k / 2 for k in range(1, 100)] + [50.0, 100.0, 200.0, 1000.0]
        found = [np.rint(scale * matrix).astype(int) for scale in scales]
        return min(found, key=lambda each: wrongly_accepted(each, self.remainder))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the best score of a search."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--values", type=int, required=True, help="m, 2 or more")
    parser.add_argument("--remainder", type=int, default=0, help="r; others may be easier")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cyclic", action="store_true", help="p need not be symmetric")
    words = parser.parse_args(arguments)
    with friendly_errors():
        m = words.values
        if m < 2 or not 0 <= words.remainder < m or words.rounds < 1:
            raise ValueError("--values is 2 or more, --remainder below it, --rounds 1 or more")
        search = Search(m, words.remainder, not words.cyclic)
        p = search.run(words.rounds, np.random.default_rng(words.seed))
        if p is None:
            raise ValueError("no linear program was solved: more --rounds, or another --seed")
        integers = search.in_integers(p)
        wrong, others = wrongly_accepted(integers, words.remainder), m**3 - m**2
        print(f"r = {words.remainder}: {wrong:g} of {others} wrongly accepted, ", end="")
        print(f"balanced accuracy {1 - wrong / others / 2:.4f}")
        print("\n".join(str(tuple(row)) for row in integers.tolist()))


if __name__ == "__main__":
    main()
