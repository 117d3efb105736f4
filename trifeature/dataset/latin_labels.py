"""The balanced label of synergy beside S, for pairs: the symbol of a Latin square."""

from dataclasses import replace

from trifeature.images.factors import FactorCounts
from trifeature.images.image_sets import ImageSet
from trifeature.information.design_profiles import exact_pid
from trifeature.pairs.design import PairDesign
from trifeature.pairs.draw import PairSet
from trifeature.samples.design import SampleDesign
from trifeature.samples.latin import latin_square_of
from trifeature.samples.tasks import label_samples, labels_of

from .paired_images import PairedImages


def with_latin_label(
    data: PairedImages, design: PairDesign, counts: FactorCounts, seed: int
) -> PairedImages:
    """A dataset of pairs with a fifth task, S-10 of ten colours.

    S is whether image 2 is what image 1 maps to, one pair in ten. S-10 is the symbol of a random
    Latin square L[mapped₁, mapped₂] whose symbol 0 is the mapping, ten balanced classes. Each row
    has each symbol once, and each column where the mapping is a bijection: then neither image alone
    has information about it, and both have log2(10) = 3.32 bits. Pairs that all obey the mapping
    show one symbol only; from them the .469 bits of S can be learnt at most.

    >>> from trifeature import Geometry, ImageDesign, generate
    >>> images = ImageDesign(Geometry(image=32, shape=20, period=6), FactorCounts(4, 4, 4))
    >>> data = generate(images, PairDesign(), seed=0, size=50)
    >>> more = with_latin_label(data, PairDesign(), images.counts, seed=0)
    >>> [task.name for task in more.tasks], round(more.truth["S-4"].synergy, 6)
    (['R', 'U1', 'U2', 'S', 'S-4'], 2.0)

    Args:
        data: the dataset; it is not changed.
        design: how its pretraining pairs were constrained.
        counts: how many values each factor has.
        seed: names the Latin square.
    """
    rules = SampleDesign.of_pairs(design)
    arrays = [latin_square_of(data.mapping, counts[design.mapped[1]], seed)]
    label = labels_of(rules, counts, arrays)[-1]
    name = label.task.name

    def labelled(pairs: PairSet, images: ImageSet) -> PairSet:
        return replace(
            pairs, labels=pairs.labels | label_samples(images.factors[pairs.index], [label])
        )

    return replace(
        data,
        pretrain=labelled(data.pretrain, data.train),
        probe_train=labelled(data.probe_train, data.train),
        probe_test=labelled(data.probe_test, data.test),
        tasks=(*data.tasks, label.task),
        truth=data.truth | {name: exact_pid(rules.unbiased, counts, arrays)[name]},
    )
