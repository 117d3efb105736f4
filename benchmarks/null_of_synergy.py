"""What AUC of S a representation without interactions reads: the null of the synergy probe.

Run with ``python benchmarks/null_of_synergy.py [--seeds 40]``; nothing is rendered or trained. The
representations are perfect one-hot codes of factors, side by side, for the split, the mapping and
the pairs of each seed. They hold no interaction, so that a linear probe can only lean on which
values happen to go together in the fitting pairs. Test combinations are those that training lacks:
what is frequent in the one is rare in the other, and such a probe ranks a little worse than a coin.

Two more lines tell which balanced accuracy the best threshold on a sum f(t1) + g(c2) reaches, it is
75 % where all cells are as frequent: found on the fitting pairs, as a probe would, and found on the
scored pairs themselves, which no probe may see.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import torch

from interaction_probes.common.streams import stream
from interaction_probes.probing.intervals import Interval, image_weights
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.metrics import macro_accuracy
from interaction_probes.probing.splits import stratified_split
from interaction_probes.settings.config import ProbeConfig
from trifeature import FactorCounts, ImageSet, PairDesign, PairSet, draw_mapping, draw_pairs
from trifeature.dataset.paired_images import N_PAIRS
from trifeature.images.image_sets import split_combinations

COUNTS, DESIGN, RENDERS = FactorCounts(), PairDesign(), 3
SHAPE, TEXTURE, COLOUR = range(3)
#: Of values of texture 1 and colour 2: bool [10, 10].
Cells = np.ndarray
#: Representation → the (image, factor) whose codes it holds.
CODES = {
    "texture 1 and colour 2": ((0, TEXTURE), (1, COLOUR)),
    "all factors of image 1": ((0, SHAPE), (0, TEXTURE), (0, COLOUR)),
    "all factors of both": tuple((m, f) for m in range(2) for f in (SHAPE, TEXTURE, COLOUR)),
}


def factors_only(factors: np.ndarray) -> ImageSet:
    """An image set of which only the factors matter."""
    return ImageSet(np.zeros((len(factors), 1, 1, 3), np.uint8), factors)


def codes(images: ImageSet, pairs: PairSet, held: tuple[tuple[int, int], ...]) -> torch.Tensor:
    """One-hot codes of pairs, side by side: float32 [n, 10 per factor]."""
    parts = [np.eye(10)[images.factors[pairs.index[:, m], factor]] for m, factor in held]
    return torch.from_numpy(np.concatenate(parts, axis=1)).float()


@dataclass(frozen=True)
class Reading:
    """What one seed reads.

    Attributes:
        auc: representation → AUC of S and its interval over test images.
        additive: where the best additive score was found → its accuracy on the scored pairs.
    """

    auc: dict[str, tuple[float, Interval]]
    additive: dict[str, float]


def best_additive(t: np.ndarray, c: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Cells:
    """The pairs of values that the best threshold on f(t) + g(c) accepts, by local search.

    For a given order of g every t accepts the values of c above a place of its own, so the best
    places are sums to look up; orders are improved by moving one value at a time, from ten starts.

    Returns:
        bool [10, 10].
    """
    gain = np.zeros((10, 10))  # of balanced accuracy, where a cell is accepted
    np.add.at(gain, (t, c), np.where(y == 1, 1 / (y == 1).sum(), -1 / (y == 0).sum()) / 2)

    def reached(order: np.ndarray) -> float:
        return float(np.maximum(gain[:, order].cumsum(1).max(1), 0).sum())

    def moved(order: np.ndarray, at: int, to: int) -> np.ndarray:
        return np.insert(np.delete(order, at), to, order[at])

    def improved(order: np.ndarray) -> np.ndarray:
        while True:
            near = [moved(order, at, to) for at in range(10) for to in range(10)]
            best = max(near, key=reached)
            if reached(best) <= reached(order):
                return order
            order = best

    order = max((improved(rng.permutation(10)) for _ in range(10)), key=reached)
    sums = gain[:, order].cumsum(1)
    count = np.where(sums.max(1) > 0, sums.argmax(1) + 1, 0)
    accepted = np.zeros((10, 10), dtype=bool)
    accepted[:, order] = np.arange(10) < count[:, None]
    return accepted


def measure(seed: int) -> Reading:
    """What the data of a seed read."""
    train, test = split_combinations(COUNTS, seed)
    fit_images, score_images = factors_only(train.repeat(RENDERS, axis=0)), factors_only(test)
    mapping = draw_mapping(DESIGN, COUNTS, seed)
    fit = draw_pairs(fit_images, DESIGN, mapping, N_PAIRS, stream(seed, "pairs", "fit"))
    score = draw_pairs(score_images, DESIGN, mapping, N_PAIRS, stream(seed, "pairs", "score"))
    weights = image_weights(score.index, len(test), stream(seed, "bootstrap"))
    found = {}
    for name, held in CODES.items():
        result = linear_probe(
            (codes(fit_images, fit, held), fit.labels["S"]),
            (codes(score_images, score, held), score.labels["S"]),
            2,
            ProbeConfig().strengths,
            stratified_split(fit.labels["S"], stream(seed, "probe", "S")),
            weights=weights,
        )
        assert result.auc is not None
        found[name] = result.auc, result.intervals["auc"]
    fitted, scored = (
        (images.factors[pairs.index[:, 0], TEXTURE], images.factors[pairs.index[:, 1], COLOUR])
        for images, pairs in ((fit_images, fit), (score_images, score))
    )
    y, additive = score.labels["S"], {}
    for name, cells, labels in (
        ("the fitting pairs", fitted, fit.labels["S"]),
        ("the scored pairs", scored, y),
    ):
        guesses = best_additive(*cells, labels, stream(seed, "additive"))[scored].astype(int)
        additive[name] = float(macro_accuracy(y, guesses, np.ones((1, len(y))))[0])
    return Reading(found, additive)


def main() -> None:
    """Print a line per representation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=40)
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        parser.error("at least 2 seeds tell a mean and its error")
    seeds = [measure(seed) for seed in range(arguments.seeds)]
    print(f"{'codes of':<26}{'AUC, mean':>10}{'± error':>9}{'interval above .5':>19}{'below':>7}")
    for name in CODES:
        auc = np.array([seed.auc[name][0] for seed in seeds])
        above = np.mean([seed.auc[name][1].low > 0.5 for seed in seeds])
        below = np.mean([seed.auc[name][1].high < 0.5 for seed in seeds])
        error = auc.std(ddof=1) / np.sqrt(len(auc))
        print(f"{name:<26}{auc.mean():>10.3f}{error:>9.3f}{above:>18.0%}{below:>8.0%}")
    for name in seeds[0].additive:
        reached = 100 * np.array([seed.additive[name] for seed in seeds])
        print(
            f"best additive score found on {name}: accuracy {reached.mean():.1f} % "
            f"({reached.min():.1f} to {reached.max():.1f})"
        )


if __name__ == "__main__":
    main()
