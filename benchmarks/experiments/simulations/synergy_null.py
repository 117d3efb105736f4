"""The null distribution of the synergy probe: AUC of S for representations without interactions.

Run with ``python benchmarks/experiments/simulations/synergy_null.py [--seeds 40]``; nothing is
rendered or trained. The representations are concatenated one-hot codes of factors, for the split,
the mapping and the pairs of each seed. They contain no interaction, so a linear probe can use only
the chance co-occurrence of values in the training pairs. Test combinations are those that the
training split lacks: values that co-occur often in one split co-occur rarely in the other, so the
AUC of such a probe is slightly below .5.

Two more lines give the balanced accuracy of the best threshold on a sum f(t1) + g(c2), which is
75 % if all cells are equally frequent. One is fitted on the training pairs, as a probe is; the
other on the test pairs themselves, which no probe may use.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import balanced_accuracy_score

from interaction_probes.common.streams import stream
from interaction_probes.probing.intervals import Interval, draw_resample_counts
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.splits import stratified_split
from interaction_probes.settings.probe_config import ProbeConfig
from trifeature import FactorCounts, ImageSet, PairDesign, PairSet, draw_mapping, draw_pairs
from trifeature.dataset.paired_images import N_PAIRS
from trifeature.images.image_sets import split_combinations

COUNTS, DESIGN, RENDERS = FactorCounts(), PairDesign(), 3
SHAPE, TEXTURE, COLOUR = range(3)
#: bool [10, 10], by texture 1 and colour 2.
Cells = np.ndarray
#: Representation → its (image, factor) codes.
CODES = {
    "texture 1 and colour 2": ((0, TEXTURE), (1, COLOUR)),
    "all factors of image 1": ((0, SHAPE), (0, TEXTURE), (0, COLOUR)),
    "all factors of both": tuple((m, f) for m in range(2) for f in (SHAPE, TEXTURE, COLOUR)),
}


def factors_only(factors: np.ndarray) -> ImageSet:
    """An image set with blank images: only the factors are used."""
    return ImageSet(np.zeros((len(factors), 1, 1, 3), np.uint8), factors)


def codes(images: ImageSet, pairs: PairSet, factors: tuple[tuple[int, int], ...]) -> torch.Tensor:
    """Concatenated one-hot codes of pairs: float32 [n, 10 per factor]."""
    one_hot = [np.eye(10)[images.factors[pairs.index[:, m], factor]] for m, factor in factors]
    return torch.from_numpy(np.concatenate(one_hot, axis=1)).float()


@dataclass(frozen=True)
class NullScores:
    """Scores of one seed.

    Attributes:
        auc: representation → AUC of S and its interval over test images.
        additive: pairs on which the additive score was fitted → its accuracy on the test pairs.
    """

    auc: dict[str, tuple[float, Interval]]
    additive: dict[str, float]


def best_additive(t: np.ndarray, c: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Cells:
    """The cells (t, c) that the best threshold on f(t) + g(c) accepts, by local search.

    For a fixed order of c by g, each t accepts a prefix of that order, and cumulative sums give the
    best prefix. The search moves one value of the order at a time, from ten random starts.

    Returns:
        bool [10, 10].
    """
    gain = np.zeros((10, 10))  # of balanced accuracy, if a cell is accepted
    np.add.at(gain, (t, c), np.where(y == 1, 1 / (y == 1).sum(), -1 / (y == 0).sum()) / 2)

    def total_gain(order: np.ndarray) -> float:
        return float(np.maximum(gain[:, order].cumsum(1).max(1), 0).sum())

    def move(order: np.ndarray, source: int, target: int) -> np.ndarray:
        return np.insert(np.delete(order, source), target, order[source])

    def local_search(order: np.ndarray) -> np.ndarray:
        while True:
            neighbours = [move(order, i, j) for i in range(10) for j in range(10)]
            best = max(neighbours, key=total_gain)
            if total_gain(best) <= total_gain(order):
                return order
            order = best

    order = max((local_search(rng.permutation(10)) for _ in range(10)), key=total_gain)
    sums = gain[:, order].cumsum(1)
    count = np.where(sums.max(1) > 0, sums.argmax(1) + 1, 0)
    accepted = np.zeros((10, 10), dtype=bool)
    accepted[:, order] = np.arange(10) < count[:, None]
    return accepted


def measure(seed: int) -> NullScores:
    """Scores for the split, mapping and pairs of a seed."""
    train_factors, test_factors = split_combinations(COUNTS, seed)
    train_images = factors_only(train_factors.repeat(RENDERS, axis=0))
    test_images = factors_only(test_factors)
    mapping = draw_mapping(DESIGN, COUNTS, seed)
    train = draw_pairs(train_images, DESIGN, mapping, N_PAIRS, stream(seed, "pairs", "fit"))
    test = draw_pairs(test_images, DESIGN, mapping, N_PAIRS, stream(seed, "pairs", "score"))
    resample_counts = draw_resample_counts(test.index, len(test_images), stream(seed, "bootstrap"))
    auc = {}
    for name, factors in CODES.items():
        score = linear_probe(
            (codes(train_images, train, factors), train.labels["S"]),
            (codes(test_images, test, factors), test.labels["S"]),
            2,
            ProbeConfig().strengths,
            stratified_split(train.labels["S"], stream(seed, "probe", "S")),
            resample_counts=resample_counts,
        )
        assert score.auc is not None
        auc[name] = score.auc, score.intervals["auc"]
    train_cells, test_cells = (
        (images.factors[pairs.index[:, 0], TEXTURE], images.factors[pairs.index[:, 1], COLOUR])
        for images, pairs in ((train_images, train), (test_images, test))
    )
    y, additive = test.labels["S"], {}
    for name, cells, labels in (
        ("the training pairs", train_cells, train.labels["S"]),
        ("the test pairs", test_cells, y),
    ):
        accepted = best_additive(*cells, labels, stream(seed, "additive"))
        predicted = accepted[test_cells].astype(int)
        additive[name] = float(balanced_accuracy_score(y, predicted))
    return NullScores(auc, additive)


def main() -> None:
    """Print a line per representation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=40)
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        parser.error(f"--seeds must be at least 2 for a standard error, not {arguments.seeds}")
    seeds = [measure(seed) for seed in range(arguments.seeds)]
    print(f"{'codes of':<26}{'AUC, mean':>10}{'± error':>9}{'interval above .5':>19}{'below':>7}")
    for name in CODES:
        auc = np.array([seed.auc[name][0] for seed in seeds])
        above = np.mean([seed.auc[name][1].low > 0.5 for seed in seeds])
        below = np.mean([seed.auc[name][1].high < 0.5 for seed in seeds])
        error = auc.std(ddof=1) / np.sqrt(len(auc))
        print(f"{name:<26}{auc.mean():>10.3f}{error:>9.3f}{above:>18.0%}{below:>8.0%}")
    for name in seeds[0].additive:
        accuracy = 100 * np.array([seed.additive[name] for seed in seeds])
        print(
            f"best additive score fitted on {name}: accuracy {accuracy.mean():.1f} % "
            f"({accuracy.min():.1f} to {accuracy.max():.1f})"
        )


if __name__ == "__main__":
    main()
