"""What drawn pairs hold: counts of factors, co-occurrences, and information in bits."""

from dataclasses import astuple

import numpy as np

from trifeature.images.factors import NAMES, FactorCounts, column
from trifeature.images.image_sets import ImageSet
from trifeature.information.pid import PID
from trifeature.information.profile import entropy_of
from trifeature.information.purity import purity_notes
from trifeature.information.sampling_bias import chance_information
from trifeature.information.truth import empirical_truth, exact_truth
from trifeature.pairs.design import PairDesign
from trifeature.pairs.draw import PairSet

from .dataset.paired_images import PairedImages

_PARTS = ("R", "U1", "U2", "S")


def audit(data: PairedImages, design: PairDesign, counts: FactorCounts) -> str:
    """A report on the pretraining pairs and on the unbiased pairs that score the probes.

    Args:
        data: the dataset.
        design: how its pretraining pairs were constrained.
        counts: how many values each factor has.

    Raises:
        ValueError: the design allows no pair.
    """
    parts = []
    for title, images, pairs, constrained in (
        ("Pretraining pairs", data.train, data.pretrain, design),
        ("Probing pairs (unbiased, from test images)", data.test, data.probe_test, design.unbiased),
    ):
        drawn = empirical_truth(images, pairs, constrained, counts, data.mapping)
        ideal = exact_truth(constrained, counts, data.mapping)
        parts += [
            f"{title}: {len(pairs):,}, {constrained.shared} shared by design in "
            f"{100 * constrained.shared_strength:g} %, {_mapping_rates(pairs, constrained)}",
            value_counts(images, pairs, design.shared, counts),
            co_occurrence(images, pairs, design, counts, data.mapping),
            information_table(drawn, ideal),
            unlinked_dependence(images, pairs, constrained, counts),
        ]
    left, right = data.probe_test.index.T
    if (left == right).all():
        parts.append(
            f"each of the {len(left):,} probing pairs is an image with itself, so that image 2 "
            "holds all that is asked of image 1: more values are needed"
        )
    parts += [f"{note} (ideal, of probing pairs)" for note in purity_notes(data.truth)]
    return "\n\n".join(filter(None, parts))


def _mapping_rates(pairs: PairSet, design: PairDesign) -> str:
    """In how many of the pairs the mapping is obeyed by design, and in how many it is at all."""
    imposed, obeyed = 100 * design.mapping_strength, 100 * float((pairs.labels["S"] == 1).mean())
    if imposed == 0:
        return f"mapping not imposed; {obeyed:.1f} % obey it by chance"
    by_chance = f", {obeyed:.1f} % with those that obey it by chance" if imposed < 100 else ""
    return f"mapping obeyed by design in {imposed:g} %{by_chance}"


def value_counts(images: ImageSet, pairs: PairSet, factor: str, counts: FactorCounts) -> str:
    """How often each value of a factor occurs in images 1 and in images 2 of the pairs."""
    names = NAMES[factor][: counts[factor]]
    width = max(map(len, names))
    lines = [f"{factor:<12}" + "".join(f"{name:>{width + 1}}" for name in names)]
    for side in (0, 1):
        values = images.factors[pairs.index[:, side], column(factor)]
        frequencies = np.bincount(values, minlength=len(names))
        lines.append(f"  image {side + 1}   " + "".join(f"{n:>{width + 1}}" for n in frequencies))
    return "\n".join(lines)


def co_occurrence(
    images: ImageSet,
    pairs: PairSet,
    design: PairDesign,
    counts: FactorCounts,
    mapping: np.ndarray,
) -> str:
    """Co-occurrences of the values of mapped₁ and mapped₂; [n] marks what the mapping requires."""
    first, second = design.mapped
    names_1, names_2 = NAMES[first][: counts[first]], NAMES[second][: counts[second]]
    values_1 = images.factors[pairs.index[:, 0], column(first)]
    values_2 = images.factors[pairs.index[:, 1], column(second)]
    table = np.zeros((len(names_1), len(names_2)), dtype=np.int64)
    np.add.at(table, (values_1, values_2), 1)
    width = max(7, *map(len, names_2)) + 1
    lines = [f"{first} 1 × {second} 2".ljust(20) + "".join(f"{n:>{width}} " for n in names_2)]
    for row, name in enumerate(names_1):
        cells = (
            f"{f'[{n}]':>{width + 1}}" if mapping[row] == k else f"{n:>{width}} "
            for k, n in enumerate(table[row])
        )
        lines.append(f"  {name:<18}" + "".join(cells))
    return "\n".join(line.rstrip() for line in lines)


def information_table(drawn: dict[str, PID], ideal: dict[str, PID]) -> str:
    """The terms of each task in bits, as drawn beside ideal."""
    head = "".join(f"{part:>8}" for part in _PARTS)
    lines = [
        f"{'bits about':<12}{'as drawn':>32}   {'ideal':>32}",
        f"{'  task':<12}{head}   {head}",
    ]
    for task in drawn:
        # Adding 0 turns a rounded −0 into 0.
        found, exact = (
            "".join(f"{round(bits, 3) + 0:>8.3f}" for bits in astuple(terms[task]))
            for terms in (drawn, ideal)
        )
        lines.append(f"  {task:<10}{found}   {exact}")
    return "\n".join(lines)


def unlinked_dependence(
    images: ImageSet, pairs: PairSet, design: PairDesign, counts: FactorCounts
) -> str | None:
    """A line on what the table of bits takes as independent and the drawn pairs do not.

    The bits of a task are of the attributes that the design's rules link to its label. So they
    leave out what the shared attribute of image 2 tells about the unique one of image 1 where a
    split has only a part of the combinations of both. None where the mapping links the shared one.
    """
    if design.mapping_strength and design.shared in design.mapped:
        return None
    shared, unique = column(design.shared), column(design.unique)
    met = np.zeros((counts[design.shared], counts[design.unique]))
    factors = images.factors[pairs.index]
    np.add.at(met, (factors[:, 1, shared], factors[:, 0, unique]), 1)
    p = met / met.sum()
    bits = max(0.0, entropy_of(p.sum(0)) + entropy_of(p.sum(1)) - entropy_of(p))
    return (
        "as drawn, attributes that no rule links are taken as independent; here the "
        f"{design.shared} of image 2 holds {bits:.3f} bits about the {design.unique} of image 1 "
        f"(chance alone about {chance_information(met):.3f})"
    )
