"""Samples of n images as one object: images, samples to learn from and to probe with, tasks, truth.

The counterpart of :mod:`.paired_images` for two images or more and any rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from interaction_probes.common.streams import stream
from interaction_probes.common.values.scalars import whole
from trifeature.images.factors import FactorCounts
from trifeature.images.image_sets import ImageDesign, ImageSet, generate_images
from trifeature.information.design_profiles import check_design, exact_profile
from trifeature.information.limits.of_rules import match_limits
from trifeature.information.profile import Profile
from trifeature.information.shared import SharedInformation, shared_information
from trifeature.pairs.design import Task, draw_mapping
from trifeature.pairs.draw import PairSet, draw_pairs
from trifeature.samples.design import SampleDesign
from trifeature.samples.draw import draw_samples
from trifeature.samples.latin import LatinArray, draw_latin_arrays
from trifeature.samples.tasks import label_samples, labels_of, sample_tasks

from .paired_images import N_PAIRS


@dataclass(frozen=True)
class ImageSamples:
    """A dataset of samples of n images for pretraining and probing.

    Attributes:
        design: the rules of the pretraining samples.
        arrays: the Latin array of each Latin rule.
        train: images of the training combinations.
        test: images of the held-out combinations.
        pretrain: samples of train images under the design.
        probe_train: samples of train images without Latin rules, to fit probes.
        probe_test: samples of test images without Latin rules, to score probes.
        tasks: the named tasks; every set of samples has their labels.
        truth: task → exact information profile under the probes' design, in bits.
        shared: what the images share under the pretraining design, in bits.
        limits: task → (what a score sees at once → the best balanced accuracy that is known of such
            scores), of the tasks whose label is whether a rule is obeyed:
            :func:`trifeature.information.limits.of_rules.match_limits`.

    Raises:
        ValueError: sets of samples of other numbers of images than the design's.
    """

    design: SampleDesign
    arrays: tuple[LatinArray, ...]
    train: ImageSet
    test: ImageSet
    pretrain: PairSet
    probe_train: PairSet
    probe_test: PairSet
    tasks: tuple[Task, ...]
    truth: dict[str, Profile]
    shared: SharedInformation
    limits: dict[str, dict[str, float]]

    def __post_init__(self) -> None:
        found = {s.modalities for s in (self.pretrain, self.probe_train, self.probe_test)}
        if found != {self.design.images}:
            said = ", ".join(map(str, sorted(found)))
            raise ValueError(f"samples of this design have {self.design.images} images, not {said}")

    @property
    def modalities(self) -> int:
        """How many images a sample has."""
        return self.design.images


def generate_samples(
    images: ImageDesign,
    design: SampleDesign,
    seed: int,
    size: int = N_PAIRS,
    cache: Path | None = None,
) -> ImageSamples:
    """Draw the dataset of a seed; every part has a random stream of its own.

    The images are those of :func:`trifeature.generate` for the same seed, and so are the samples of
    a design of pairs, in the same bytes; they have the task S-10 besides.

    >>> from trifeature import Geometry
    >>> images = ImageDesign(Geometry(image=32, shape=20, period=6), FactorCounts(4, 4, 4))
    >>> data = generate_samples(images, SampleDesign.standard(3, triple_strength=0.5), 0, size=60)
    >>> data.pretrain.index.shape
    (60, 3)
    >>> print(data.truth["S123-4"])
    1: 0.000, 2: 0.000, 3: 0.000, 12: 0.000, 13: 0.000, 23: 0.000, 123: 2.000 bits

    Args:
        images: what the images are.
        design: the rules of the pretraining samples; the probes' have no Latin rules.
        seed: names the split, the renders, the Latin arrays and the samples.
        size: samples to draw for pretraining and fitting, and at most for scoring.
        cache: a folder that keeps rendered images.

    Raises:
        ValueError: a design that :func:`sample_images` refuses, or a damaged cache.
    """
    size = whole(size, "the number of samples")
    # Before the images are rendered, which takes longest.
    check_design(design, images.counts, draw_latin_arrays(design, images.counts, seed))
    train, test = generate_images(images, seed, cache)
    return sample_images(train, test, images.counts, design, seed, size)


def sample_images(
    train: ImageSet,
    test: ImageSet,
    counts: FactorCounts,
    design: SampleDesign,
    seed: int,
    size: int = N_PAIRS,
) -> ImageSamples:
    """Draw the samples of a seed from images of any origin.

    Args:
        train: images to learn from and to fit probes on.
        test: images of other combinations, to score probes on.
        counts: how many values each factor has.
        design: the rules of the pretraining samples; the probes' have no Latin rules.
        seed: names the Latin arrays and the samples.
        size: samples to draw for pretraining and fitting, and at most for scoring.

    Raises:
        ValueError: rules that contradict each other or give a label away to some of their images,
            a rule over attributes of different numbers of values, or images that cannot fill the
            design.
    """
    arrays = draw_latin_arrays(design, counts, seed)
    check_design(design, counts, arrays)
    sets = [
        _drawn(images, counts, rules, arrays, size, seed, name)
        for images, rules, name in (
            (train, design, "pretrain"),
            (train, design.unbiased, "fit"),
            (test, design.unbiased, "score"),
        )
    ]
    return with_samples(train, test, counts, design, arrays, sets)


def _drawn(
    images: ImageSet,
    counts: FactorCounts,
    design: SampleDesign,
    arrays: Sequence[LatinArray],
    size: int,
    seed: int,
    name: str,
) -> PairSet:
    """One set of samples; of a design of pairs, what :func:`trifeature.generate` draws."""
    if (pairs := design.as_pairs()) is None:
        return draw_samples(images, counts, design, arrays, size, stream(seed, "samples", name))
    mapping = draw_mapping(pairs, counts, seed)
    drawn = draw_pairs(images, pairs, mapping, size, stream(seed, "pairs", name))
    labels = labels_of(design, counts, arrays)
    return PairSet(drawn.index, label_samples(images.factors[drawn.index], labels))


def with_samples(
    train: ImageSet,
    test: ImageSet,
    counts: FactorCounts,
    design: SampleDesign,
    arrays: Sequence[LatinArray],
    sets: Sequence[PairSet],
) -> ImageSamples:
    """The dataset of images and samples of any origin: its tasks, its exact truth and its limits.

    Args:
        train: images to learn from and to fit probes on.
        test: images of other combinations, to score probes on.
        counts: how many values each factor has.
        design: the rules of the pretraining samples.
        arrays: the Latin array of each Latin rule.
        sets: the samples to learn from, to fit probes on and to score them on.

    Raises:
        ValueError: rules that contradict each other, or sets of other numbers of images.
    """
    pretrain, probe_train, probe_test = sets
    return ImageSamples(
        design=design,
        arrays=tuple(arrays),
        train=train,
        test=test,
        pretrain=pretrain,
        probe_train=probe_train,
        probe_test=probe_test,
        tasks=sample_tasks(design, counts, arrays),
        truth=exact_profile(design.unbiased, counts, arrays),
        shared=shared_information(design, counts, arrays),
        limits=match_limits(design, counts, arrays),
    )
