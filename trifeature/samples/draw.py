"""Samples of n images, drawn as a design says, and their labels for every task."""

from collections.abc import Sequence

import numpy as np

from interaction_probes.common.values.scalars import whole
from trifeature.images.factors import FactorCounts
from trifeature.images.image_sets import ImageSet
from trifeature.pairs.draw import PairSet

from .design import SampleDesign
from .latin import LatinArray
from .pool import SamplePool
from .strata import InForce, stratum_fractions, stratum_sizes
from .tasks import label_samples, labels_of

#: A pool of fewer samples than this many times those wanted is listed, so that none is missed.
_LISTED = 8
#: More would take hours and more memory than machines have, and beyond 2⁵³ floats miss samples.
MOST_SAMPLES = 10_000_000


def draw_samples(
    images: ImageSet,
    counts: FactorCounts,
    design: SampleDesign,
    arrays: Sequence[LatinArray],
    size: int,
    rng: np.random.Generator,
) -> PairSet:
    """Draw samples of n images without replacement from all that a design allows.

    An image may occur twice in a sample. A split has only a part of all combinations of factors, so
    images that share two attributes would have the third in common too often: where a fifth of the
    combinations is for testing, in a third of the samples in place of a tenth. So a sample is kept
    with the probability pⁿ⁻ᵈ, where d of its n images differ in their combinations and p is the
    split's part of all combinations. Then attributes that no rule ties are independent, on average
    over splits.

    >>> from trifeature import FactorCounts, Geometry, ImageDesign, draw_latin_arrays
    >>> from trifeature import generate_images
    >>> images = ImageDesign(Geometry(image=32, shape=20, period=6), FactorCounts(4, 4, 4))
    >>> train, _ = generate_images(images, seed=0)
    >>> design = SampleDesign.standard(3, triple_strength=1.0)
    >>> arrays = draw_latin_arrays(design, images.counts, seed=0)
    >>> samples = draw_samples(train, images.counts, design, arrays, 100, np.random.default_rng(0))
    >>> samples.index.shape, int(samples.labels["S123"].sum())
    ((100, 3), 100)

    Args:
        images: the split to draw from.
        counts: how many values each factor has.
        design: the rules and their strengths.
        arrays: the Latin array of each Latin rule, as :func:`.latin.draw_latin_arrays` gives them.
        size: how many samples to draw; fewer where the images do not allow so many.
        rng: the random stream of these samples.

    Raises:
        ValueError: a size below 1 or above `MOST_SAMPLES`, arrays of other rules, or images that
            cannot fill the design.
    """
    size = whole(size, "the number of samples")
    if size < 1:
        raise ValueError(f"at least 1 sample is needed, not {size}")
    if size > MOST_SAMPLES:
        raise ValueError(f"at most {MOST_SAMPLES:,} samples are drawn, not {size}")
    labels = labels_of(design, counts, arrays)
    sources = {
        in_force: _Source(images, counts, design, arrays, in_force, size, rng)
        for in_force in stratum_fractions(design)
    }
    drawn = np.empty((0, design.images), dtype=np.int64)
    for in_force, part in _fitting_sizes(design, sources, size).items():
        drawn = np.concatenate([drawn, sources[in_force].take(part, drawn)])
    index = rng.permutation(drawn)
    return PairSet(index, label_samples(images.factors[index], labels))


class _Source:
    """The samples of one stratum: listed where they are few, drawn when wanted otherwise."""

    def __init__(
        self,
        images: ImageSet,
        counts: FactorCounts,
        design: SampleDesign,
        arrays: Sequence[LatinArray],
        in_force: InForce,
        size: int,
        rng: np.random.Generator,
    ) -> None:
        self._pool = SamplePool(images.factors, design, arrays, in_force)
        self._rng = rng
        sizes = (counts.shape, counts.texture, counts.colour)
        self._combination = np.ravel_multi_index(tuple(images.factors.T), sizes)
        self._part = len(np.unique(self._combination)) / np.prod(sizes)
        self._listed: np.ndarray | None = None
        if self._pool.total <= _LISTED * size:
            numbers = rng.permutation(int(self._pool.total))
            self._listed = self._thinned(self._pool.numbered(numbers))
        if not len(self._listed if self._listed is not None else images):
            said = " and ".join(
                str(rule) for rule, on in zip(design.rules, in_force, strict=True) if on
            )
            raise ValueError(
                f"no sample of {design.images} of these {len(images)} images obeys {said}"
            )

    @property
    def capacity(self) -> float:
        """How many samples can be taken at least."""
        return self._pool.total / 2 if self._listed is None else len(self._listed)

    def take(self, size: int, drawn: np.ndarray) -> np.ndarray:
        """Samples that are not among those drawn already: int64 [size, n_images]."""
        if self._listed is not None:
            return _new(self._listed, drawn)[:size]
        taken = drawn
        while (missing := len(drawn) + size - len(taken)) > 0:
            candidates = self._thinned(self._pool.draw(missing + missing // 4 + 8, self._rng))
            taken = np.concatenate([taken, _new(candidates, taken)[:missing]])
        return taken[len(drawn) :]

    def _thinned(self, rows: np.ndarray) -> np.ndarray:
        """Samples of which some with equal combinations are left out."""
        combinations = np.sort(self._combination[rows], axis=1)
        repeated = (np.diff(combinations, axis=1) == 0).sum(1)
        return rows[self._rng.random(len(rows)) < self._part**repeated]


def _new(rows: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """The first of each of some rows that are not among those drawn, in their order."""
    _, first = np.unique(np.concatenate([drawn, rows]), axis=0, return_index=True)
    first = np.sort(first[first >= len(drawn)])
    return rows[first - len(drawn)]


def _fitting_sizes(
    design: SampleDesign, sources: dict[InForce, _Source], size: int
) -> dict[InForce, int]:
    """The sizes of the strata for the most samples, up to `size`, that the sources surely have.

    Raises:
        ValueError: there is not one sample.
    """

    def sizes(size: int) -> dict[InForce, int] | None:
        parts, before = stratum_sizes(design, size), 0
        for in_force, part in parts.items():
            if before + part > sources[in_force].capacity:  # all before may be in this pool, too
                return None
            before += part
        return parts

    least, most = 0, size + 1
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if sizes(middle) else (least, middle)
    found = sizes(least) if least else None
    if found is None:
        raise ValueError("these images are too few for the strengths of this design")
    return found
