"""The information profile of every task of a design of samples, ideal and as drawn."""

from collections.abc import Sequence

import numpy as np

from trifeature.images.factors import FactorCounts, column
from trifeature.images.image_sets import ImageSet
from trifeature.pairs.draw import PairSet
from trifeature.samples.design import SampleDesign, images_in_words
from trifeature.samples.latin import LatinArray
from trifeature.samples.rules import SharedFactor
from trifeature.samples.tasks import labels_of, match_task

from .pid import PID, decompose
from .profile import Profile, encoded, profile_of_rows, subsets
from .rule_tables import connected, lone_sharing, rule_table, sharing_entropy

#: Bits below which a label is not given away: rounding.
_NOTHING = 1e-9


def exact_profile(
    design: SampleDesign, counts: FactorCounts, arrays: Sequence[LatinArray]
) -> dict[str, Profile]:
    """Task → I(X_A; label) for all subsets A of the images, in bits, for ideal factor tables.

    Ideal means that every combination of factor values is equally frequent.

    >>> from trifeature import FactorCounts, draw_latin_arrays
    >>> design, counts = SampleDesign.standard(3), FactorCounts()
    >>> profiles = exact_profile(design, counts, draw_latin_arrays(design, counts, seed=0))
    >>> print(profiles["S123-10"])
    1: 0.000, 2: 0.000, 3: 0.000, 12: 0.000, 13: 0.000, 23: 0.000, 123: 3.322 bits

    Args:
        design: the rules; ``design.unbiased`` for the samples of probes.
        counts: how many values each factor has.
        arrays: the Latin array of each Latin rule.

    Raises:
        ValueError: rules that contradict each other, or arrays of other rules.
    """
    found = {}
    for label in labels_of(design, counts, arrays):
        group = connected(design, label.factors)
        lone = lone_sharing(design, group)
        if lone is not None and label.factors == lone.factors[:1]:
            found[label.task.name] = _profile_of_sharing(lone, label.task.classes, design.images)
            continue
        table = rule_table(design, counts, arrays, group)
        labels = label.function(*(table.values(factor) for factor in label.factors))
        classes = label.task.classes
        found[label.task.name] = profile_of_rows(
            table.columns, table.sizes, table.images, labels, classes, table.weights, design.images
        )
    return found


def _profile_of_sharing(rule: SharedFactor, values: int, images: int) -> Profile:
    """The profile of a shared attribute that nothing else ties; the label is its first image's."""

    def entropy(seen: set[int]) -> float:
        return sharing_entropy(rule.strength, values, len(seen))

    first, bits = rule.images[0], {}
    for subset in subsets(images):
        seen = set(subset) & set(rule.images)
        bits[subset] = max(0.0, entropy(seen) + entropy({first}) - entropy(seen | {first}))
    return Profile(bits)


def exact_pid(
    design: SampleDesign, counts: FactorCounts, arrays: Sequence[LatinArray]
) -> dict[str, PID]:
    """Task → PID of I(image 1, image 2; label) for samples of two images, in bits.

    The same numbers as :func:`trifeature.exact_truth` for the design of pairs, and S-10 besides.

    Raises:
        ValueError: samples of more than two images, for which no PID is given, or what
            :func:`exact_profile` refuses.
    """
    if design.images != 2:
        raise ValueError(f"a PID is of 2 images, not {design.images}; take the profile")
    found = {}
    for label in labels_of(design, counts, arrays):
        table = rule_table(design, counts, arrays, connected(design, label.factors))
        labels = label.function(*(table.values(factor) for factor in label.factors))
        codes, sizes = [], []
        for image in (1, 2):
            seen = [k for k, where in enumerate(table.images) if image in where]
            code, size = encoded([table.columns[k] for k in seen], [table.sizes[k] for k in seen])
            codes.append(code)
            sizes.append(size)
        code, cells = encoded([*codes, labels], [*sizes, label.task.classes])
        joint = np.bincount(code, table.weights, cells)
        found[label.task.name] = decompose(joint.reshape(*sizes, label.task.classes))
    return found


def empirical_profile(
    images: ImageSet,
    samples: PairSet,
    design: SampleDesign,
    counts: FactorCounts,
    arrays: Sequence[LatinArray],
) -> dict[str, Profile]:
    """Task → profile for the factor tables of drawn samples, in bits, by their frequencies.

    A finite draw carries chance dependence: of 10,000 samples, .06 bits or so in a subset of two
    images with 100 pairs of values and a label of ten classes. Only the attributes of a label and
    those that rules link to them enter: any other is taken as independent of the label, which in
    drawn samples it is not quite, since a split has a part of the combinations only
    (docs/measurement.md).

    Raises:
        ValueError: samples of other images, or arrays of other rules.
    """
    if samples.index.size and not 0 <= samples.index.min() <= samples.index.max() < len(images):
        raise ValueError(f"the samples are of rows outside 0..{len(images) - 1} of these images")
    factors = images.factors[samples.index]
    weights = np.full(len(samples), 1 / len(samples))
    found = {}
    for label in labels_of(design, counts, arrays):
        group = sorted(connected(design, label.factors), key=lambda f: (f.image, f.factor))
        labels = label.function(
            *(factors[:, each.image - 1, column(each.factor)] for each in label.factors)
        )
        found[label.task.name] = profile_of_rows(
            [factors[:, each.image - 1, column(each.factor)] for each in group],
            [counts[each.factor] for each in group],
            [frozenset({each.image}) for each in group],
            labels,
            label.task.classes,
            weights,
            design.images,
        )
    return found


def check_design(design: SampleDesign, counts: FactorCounts, arrays: Sequence[LatinArray]) -> None:
    """Refuse rules that contradict each other, and those that give a label of synergy away.

    Raises:
        ValueError: no sample obeys some of the rules, or in the samples of probes a subset of a
            Latin rule's images informs about its label; the message says which, and how many bits.
    """
    exact_profile(design, counts, arrays)
    profiles = exact_profile(design.unbiased, counts, arrays)
    for rule, array in zip(design.latin, arrays, strict=True):
        name = match_task(design, rule)
        for task in (name, f"{name}-{array.classes}"):
            for subset, bits in profiles[task].bits.items():
                if set(rule.numbers) <= set(subset) or bits < _NOTHING:
                    continue
                alone = f"{images_in_words(subset)} alone"
                verb = "knows" if len(subset) == 1 else "know"
                raise ValueError(
                    f"{rule} gives the label of {task} away: {alone} {verb} {bits:.3f} of its "
                    f"{profiles[task].total:.3f} bits"
                )
