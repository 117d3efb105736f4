"""What AUC of S a representation without interactions reads: the null of the synergy probe.

Run with ``python benchmarks/null_of_synergy.py [--seeds 40]``; nothing is rendered or trained. The
representations are perfect one-hot codes of factors, side by side, for the split, the mapping and
the pairs of each seed. They hold no interaction, so that a linear probe can only lean on which
values happen to go together in the fitting pairs. Test combinations are those that training lacks:
what is frequent in the one is rare in the other, and such a probe ranks a little worse than a coin.
"""

import argparse

import numpy as np
import torch

from interaction_probes.config import ProbeConfig
from interaction_probes.intervals import Interval, image_weights
from interaction_probes.probes import linear_probe
from interaction_probes.validation import stratified_split
from trifeature import FactorCounts, ImageSet, PairDesign, PairSet, draw_mapping, draw_pairs
from trifeature.dataset import N_PAIRS
from trifeature.images import split_combinations
from trifeature.streams import stream

COUNTS, DESIGN, RENDERS = FactorCounts(), PairDesign(), 3
SHAPE, TEXTURE, COLOUR = range(3)
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


def measure(seed: int) -> dict[str, tuple[float, Interval]]:
    """AUC of S and its interval over test images, for every representation."""
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
    return found


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
        auc = np.array([found[name][0] for found in seeds])
        above = np.mean([found[name][1].low > 0.5 for found in seeds])
        below = np.mean([found[name][1].high < 0.5 for found in seeds])
        error = auc.std(ddof=1) / np.sqrt(len(auc))
        print(f"{name:<26}{auc.mean():>10.3f}{error:>9.3f}{above:>18.0%}{below:>8.0%}")


if __name__ == "__main__":
    main()
