"""Model PID: which information of a pair the prediction of a probe uses, in bits.

A score says how often a prediction is right; the decomposition of I(factors of image 1, factors of
image 2; prediction) says from what it is made. A prediction of synergy that looks at one image has
no synergy, however it scores.

The scored pairs are made from few images, which is what biases the decomposition most: noise that
is the same in all pairs of an image seems to depend on the other image too, up to .6 bits of it for
ten classes and 200 images. So the floor is of shuffled images, not of shuffled pairs. Shuffling the
values of one image at a time keeps what the other says, so that a prediction from one image alone
reads no synergy. A floor is due to noise alone: it is scaled by what both images leave open of the
prediction, relative to the shuffled ones, as mutual information is adjusted for chance (Vinh, Epps
& Bailey, *Information theoretic measures for clusterings comparison*, JMLR 2010). A prediction that
the factors determine has a floor of 0, so that the true label reads the truth.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from interaction_probes.probing.intervals import Interval
from trifeature.information.pid import PID, decompose, table_entropy

#: Shuffles of each image's values for the floor.
SHUFFLES = 20
#: Resamplings of the images behind an interval, the first of those that are given.
REPLICATES = 100
_PARTS = tuple(PID.__annotations__)


@dataclass(frozen=True)
class ImageValues:
    """What may be known of one image of a pair: the value of its factors.

    Attributes:
        values: int64 [images], one number from 0 on per value, or per combination of values.
        strata: int64 [images]; the values of the images of a stratum may be exchanged without a
            change to which images meet. Images of a pair are of one stratum.
    """

    values: np.ndarray
    strata: np.ndarray

    def shuffled(self, rng: np.random.Generator) -> np.ndarray:
        """The values, permuted within each stratum."""
        order = rng.permutation(len(self.values))
        found = np.empty_like(self.values)
        found[np.argsort(self.strata, kind="stable")] = self.values[
            order[np.argsort(self.strata[order], kind="stable")]
        ]
        return found


@dataclass(frozen=True)
class ModelPID:
    """The decomposition of a prediction, in bits.

    Attributes:
        plug_in: by the frequencies of the scored pairs.
        floor: the part of it that is chance.
        truth: the decomposition of the true label on the same pairs, by the same factors.
        intervals: part → its 95 % interval over images, around the corrected value.
    """

    plug_in: PID
    floor: PID
    truth: PID
    intervals: dict[str, Interval]

    @property
    def corrected(self) -> dict[str, float]:
        """Part → plug-in less floor, which is about 0 where there is nothing.

        Redundancy and synergy are then a little below, since their floor is the larger of two.
        """
        return {name: getattr(self.plug_in, name) - getattr(self.floor, name) for name in _PARTS}

    def metrics(self) -> Iterator[tuple[str, float]]:
        """(name, value) of each part, the ends of its interval, its floor and its truth."""
        for name, value in self.corrected.items():
            yield name, value
            yield f"{name}_low", self.intervals[name].low
            yield f"{name}_high", self.intervals[name].high
            yield f"{name}_floor", getattr(self.floor, name)
            yield f"{name}_truth", getattr(self.truth, name)


def model_pid(
    images: tuple[ImageValues, ImageValues],
    index: np.ndarray,
    predicted: np.ndarray,
    labels: np.ndarray,
    classes: int,
    resample_counts: np.ndarray,
    rng: np.random.Generator,
) -> ModelPID:
    """The decomposition (BROJA) of I(image 1, image 2; prediction) of scored pairs.

    The interval has the spread of resamplings of the images
    (:func:`interaction_probes.probing.intervals.draw_resample_counts`) and lies around the value
    less the floor.

    Args:
        images: what may be known of image 1 and of image 2.
        index: int64 [m, 2], the images of each pair.
        predicted: int64 [m], classes that were predicted for pairs that no probe was fitted to.
        labels: int64 [m], the true classes.
        classes: number of classes.
        resample_counts: [b, m] of a bootstrap over images; the first `REPLICATES` are used.
        rng: draws the shuffles.

    Raises:
        ValueError: arrays of other lengths, or fewer than 2 resamplings.
    """
    if index.shape != (len(predicted), 2) or len(labels) != len(predicted):
        raise ValueError(
            f"pairs are [m, 2] with m predictions and m labels, not {list(index.shape)} with "
            f"{len(predicted)} and {len(labels)}"
        )
    if len(resample_counts) < 2 or resample_counts.shape[1] != len(predicted):
        raise ValueError(
            f"resample counts are [b, {len(predicted)}], b of 2 or more, not "
            f"{list(resample_counts.shape)}"
        )
    pairs = _Pairs(
        images[0].values[index[:, 0]],
        images[1].values[index[:, 1]],
        (int(images[0].values.max()) + 1, int(images[1].values.max()) + 1, classes),
    )
    table = pairs.table(predicted)
    plug_in = decompose(table)
    floor = _floor(images, index, pairs, predicted, rng)
    replicates = np.array(
        [_values(decompose(pairs.table(predicted, w))) for w in resample_counts[:REPLICATES]]
    )
    spread = replicates - replicates.mean(0)
    corrected = _values(plug_in) - _values(floor)
    intervals = {
        name: Interval.of(corrected[k] - spread[:, k]).including(float(corrected[k]))
        for k, name in enumerate(_PARTS)
    }
    return ModelPID(plug_in, floor, decompose(pairs.table(labels)), intervals)


@dataclass(frozen=True)
class _Pairs:
    """The values of both images of each pair: int64 [m] each, and the sizes of a table."""

    first: np.ndarray
    second: np.ndarray
    shape: tuple[int, int, int]

    def table(self, labels: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """How often values and labels meet: [n1, n2, classes]."""
        cell = np.ravel_multi_index((self.first, self.second, labels), self.shape)
        return np.bincount(cell, weights, int(np.prod(self.shape))).reshape(self.shape)


def _floor(
    images: tuple[ImageValues, ImageValues],
    index: np.ndarray,
    pairs: _Pairs,
    predicted: np.ndarray,
    rng: np.random.Generator,
) -> PID:
    """What chance gives each part: the uniqueness of an image from shuffles of that image.

    Redundancy and synergy are of both images, and have the larger of both floors.
    """
    left_open = _left_open(pairs.table(predicted))
    # Where both images always have the same value, they keep it in common.
    shared = np.array_equal(pairs.first, pairs.second)
    floors = []
    for side in (0, 1):
        found, shuffled_open = [], []
        for _ in range(SHUFFLES):
            drawn = images[side].shuffled(rng)[index[:, side]]
            first = drawn if side == 0 or shared else pairs.first
            second = drawn if side == 1 or shared else pairs.second
            table = _Pairs(first, second, pairs.shape).table(predicted)
            found.append(_values(decompose(table)))
            shuffled_open.append(_left_open(table))
        mean = float(np.mean(shuffled_open))
        floors.append(np.mean(found, axis=0) * (left_open / mean if mean > 0 else 0.0))
    redundancy, synergy = (max(floors[0][k], floors[1][k]) for k in (0, 3))
    return PID(float(redundancy), float(floors[0][1]), float(floors[1][2]), float(synergy))


def _left_open(table: np.ndarray) -> float:
    """H(prediction | both images) in bits; exactly 0 where they determine it."""
    by_pair = table.reshape(-1, table.shape[2])
    if ((by_pair > 0).sum(1) <= 1).all():
        return 0.0
    return max(0.0, table_entropy(by_pair) - table_entropy(by_pair.sum(1)))


def _values(pid: PID) -> np.ndarray:
    """[4]."""
    return np.array([getattr(pid, name) for name in _PARTS])
