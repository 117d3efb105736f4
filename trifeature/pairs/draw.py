"""Pairs of images, drawn as a design says, and their labels for every task."""

from dataclasses import dataclass

import numpy as np

from interaction_probes.common.values.scalars import whole
from trifeature.images.factors import NAMES, column
from trifeature.images.image_sets import ImageSet

from .candidates import Pool, largest_size, stratum_sizes
from .design import PairDesign, check_mapping, stratum_fractions


@dataclass(frozen=True)
class PairSet:
    """Samples of one split and their labels: an image per modality each, pairs where there are two.

    Attributes:
        index: int64 [n_samples, n_modalities], rows of the image set; 2 modalities where
            :func:`draw_pairs` drew them.
        labels: task name → int64 [n_samples].

    Raises:
        ValueError: an index of another form.
    """

    index: np.ndarray
    labels: dict[str, np.ndarray]

    def __post_init__(self) -> None:
        if self.index.ndim != 2 or not self.index.shape[1]:
            raise ValueError(f"an index is [n_samples, n_modalities], not {list(self.index.shape)}")

    @property
    def modalities(self) -> int:
        """How many images a sample has."""
        return self.index.shape[1]

    def __len__(self) -> int:
        return len(self.index)


def label_pairs(
    first: np.ndarray, second: np.ndarray, design: PairDesign, mapping: np.ndarray
) -> dict[str, np.ndarray]:
    """Labels of the four tasks from the factor tables of images 1 and 2: int64 [n, 3] each."""
    mapped_from, mapped_to = (column(factor) for factor in design.mapped)
    return {
        "R": first[:, column(design.shared)],
        "U1": first[:, column(design.unique)],
        "U2": second[:, column(design.unique)],
        "S": (second[:, mapped_to] == mapping[first[:, mapped_from]]).astype(np.int64),
    }


def draw_pairs(
    images: ImageSet,
    design: PairDesign,
    mapping: np.ndarray,
    size: int,
    rng: np.random.Generator,
) -> PairSet:
    """Draw pairs without replacement from all that a design allows.

    An image may be paired with itself. A pair drawn without a constraint may still obey it by
    chance, but no pair is drawn twice: where most pairs that obey a constraint are drawn already,
    that chance is smaller than among all.

    Args:
        images: the split to draw from, n images.
        design: the constraints and their strengths.
        mapping: M, as :func:`~trifeature.pairs.design.draw_mapping` gives it.
        size: how many pairs to draw; fewer where the pools have too few pairs at these strengths.
        rng: the random stream of these pairs.

    Raises:
        ValueError: no pair of these images is allowed, a size below 1, or a mapping that
            :func:`trifeature.pairs.design.check_mapping` refuses.
    """
    size = whole(size, "the number of pairs")
    if size < 1:
        raise ValueError(f"at least 1 pair is needed, not {size}")
    n_mapped = int(images.factors[:, column(design.mapped[0])].max()) + 1
    mapping = check_mapping(mapping, n_mapped, len(NAMES[design.mapped[1]]))
    pools = {
        rules: Pool(images.factors, design, mapping, rules) for rules in stratum_fractions(design)
    }
    for pool in pools.values():
        if not pool.total:
            raise ValueError(
                f"no pair of these {len(images)} images is allowed: none has {pool.demands}"
            )
    pool_sizes = {rules: pool.total for rules, pool in pools.items()}
    drawn = np.empty(0, dtype=np.int64)
    for rules, part in stratum_sizes(design, largest_size(design, pool_sizes, size)).items():
        if part:
            drawn = np.concatenate([drawn, pools[rules].draw(part, drawn, rng)])
    drawn = rng.permutation(drawn)
    index = np.stack(np.divmod(drawn, len(images)), axis=1)
    labels = label_pairs(images.factors[index[:, 0]], images.factors[index[:, 1]], design, mapping)
    return PairSet(index, labels)
