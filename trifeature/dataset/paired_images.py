"""The benchmark as one object: images, pairs to learn from, pairs to probe with, tasks, truth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from interaction_probes.common.streams import stream
from interaction_probes.common.values.scalars import whole
from trifeature.images.factors import FactorCounts
from trifeature.images.image_sets import ImageDesign, ImageSet, generate_images
from trifeature.information.limits.of_pairs import additive_limit
from trifeature.information.pid import PID
from trifeature.information.truth import exact_truth, single_image_auc
from trifeature.pairs.design import PairDesign, Task, draw_mapping, tasks
from trifeature.pairs.draw import PairSet, draw_pairs

#: The CoMM paper draws 10,000 pairs to learn from and as many to fit and to score the probes.
N_PAIRS = 10_000


@dataclass(frozen=True)
class PairedImages:
    """A dataset for pretraining and probing.

    Attributes:
        train: images of the training combinations.
        test: images of the held-out combinations.
        pretrain: pairs of train images under the design.
        probe_train: unbiased pairs of train images, to fit probes.
        probe_test: unbiased pairs of test images, to score probes.
        mapping: M, int64 [values of the first mapped attribute].
        tasks: the named tasks; every pair set has their labels.
        truth: task → exact decomposition under the probes' design, in bits.
        additive_limit: best balanced accuracy on S of an additive reading of both images.
        single_image_auc: best AUC on S of each image alone; .5 where S is pure synergy.

    Raises:
        ValueError: sets of samples of different numbers of modalities.
    """

    train: ImageSet
    test: ImageSet
    pretrain: PairSet
    probe_train: PairSet
    probe_test: PairSet
    mapping: np.ndarray
    tasks: tuple[Task, ...]
    truth: dict[str, PID]
    additive_limit: float
    single_image_auc: tuple[float, ...] = (0.5, 0.5)

    def __post_init__(self) -> None:
        sets = self.pretrain, self.probe_train, self.probe_test
        if len({samples.modalities for samples in sets}) > 1:
            found = ", ".join(str(samples.modalities) for samples in sets)
            raise ValueError(f"all samples have the same number of modalities, not {found}")

    @property
    def modalities(self) -> int:
        """How many images a sample has: 2 for pairs."""
        return self.pretrain.modalities

    @property
    def fit(self) -> PairSet:
        """`probe_train` by its name up to 0.1."""
        return self.probe_train

    @property
    def score(self) -> PairSet:
        """`probe_test` by its name up to 0.1."""
        return self.probe_test


def generate(
    images: ImageDesign,
    pairs: PairDesign,
    seed: int,
    size: int = N_PAIRS,
    cache: Path | None = None,
) -> PairedImages:
    """Draw the dataset of a seed; every part has a random stream of its own.

    Args:
        images: what the images are.
        pairs: how pretraining pairs are constrained; probing pairs are always unbiased.
        seed: names the split, the renders, the mapping and the pairs.
        size: pairs to draw for pretraining and fitting, and at most for scoring.
        cache: a folder that keeps rendered images.

    Raises:
        ValueError: a design that allows no pair, or a damaged cache.
    """
    size = whole(size, "the number of pairs")
    if size < 1:
        raise ValueError(f"at least 1 pair is needed, not {size}")
    train, test = generate_images(images, seed, cache)
    return pair_images(train, test, images.counts, pairs, seed, size)


def pair_images(
    train: ImageSet,
    test: ImageSet,
    counts: FactorCounts,
    pairs: PairDesign,
    seed: int,
    size: int = N_PAIRS,
) -> PairedImages:
    """Draw the pairs of a seed from images of any origin.

    Args:
        train: images to learn from and to fit probes on.
        test: images of other combinations, to score probes on.
        counts: how many values each factor has.
        pairs: how pretraining pairs are constrained; probing pairs are always unbiased.
        seed: names the mapping and the pairs.
        size: pairs to draw for pretraining and fitting, and at most for scoring.

    Raises:
        ValueError: a design that allows no pair.
    """
    mapping = draw_mapping(pairs, counts, seed)
    sets = (
        draw_pairs(train, pairs, mapping, size, stream(seed, "pairs", "pretrain")),
        draw_pairs(train, pairs.unbiased, mapping, size, stream(seed, "pairs", "fit")),
        draw_pairs(test, pairs.unbiased, mapping, size, stream(seed, "pairs", "score")),
    )
    return with_pairs(train, test, counts, pairs, mapping, sets)


def with_pairs(
    train: ImageSet,
    test: ImageSet,
    counts: FactorCounts,
    pairs: PairDesign,
    mapping: np.ndarray,
    sets: tuple[PairSet, PairSet, PairSet],
) -> PairedImages:
    """The dataset of images and pairs of any origin: its tasks, its exact truth and its limits.

    Args:
        train: images to learn from and to fit probes on.
        test: images of other combinations, to score probes on.
        counts: how many values each factor has.
        pairs: how pretraining pairs are constrained; probing pairs are unbiased.
        mapping: M, int64 [values of the first mapped attribute].
        sets: the pairs to learn from, to fit probes on and to score them on.

    Raises:
        ValueError: a design that allows no pair.
    """
    pretrain, probe_train, probe_test = sets
    return PairedImages(
        train=train,
        test=test,
        pretrain=pretrain,
        probe_train=probe_train,
        probe_test=probe_test,
        mapping=mapping,
        tasks=tasks(pairs, counts),
        truth=exact_truth(pairs.unbiased, counts, mapping),
        # With the shared attribute one image alone shows both ends of the mapping.
        additive_limit=(
            1.0
            if pairs.shared in pairs.mapped
            else additive_limit(mapping, counts[pairs.mapped[1]])
        ),
        single_image_auc=single_image_auc(pairs.unbiased, counts, mapping),
    )
