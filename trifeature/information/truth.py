"""What a design holds: the exact decomposition of every task, ideal and as drawn."""

import numpy as np

from trifeature.images.factors import FACTORS, FactorCounts, column, combinations
from trifeature.images.image_sets import ImageSet
from trifeature.pairs.candidates import required
from trifeature.pairs.design import PairDesign, check_mapping, stratum_fractions, tasks
from trifeature.pairs.draw import PairSet, label_pairs

from .pid import PID, decompose, with_label_noise


def exact_truth(
    design: PairDesign, counts: FactorCounts, mapping: np.ndarray, label_noise: float = 0.0
) -> dict[str, PID]:
    """Task → PID of I(image 1, image 2; label) for ideal factor tables, in bits.

    Ideal means that every combination of factor values is equally frequent. With `label_noise` ε,
    the decomposition is of labels of which a fraction ε was replaced by another value.

    Raises:
        ValueError: the design allows no pair, a noise outside [0, 1], or a mapping of missing
            values or of some that mapped₂ does not have.
    """
    first_mapped, second_mapped = design.mapped
    mapping = check_mapping(mapping, counts[first_mapped], counts[second_mapped])
    table = combinations(counts)
    joint = np.zeros((len(table), len(table)))
    for rules, fraction in stratum_fractions(design).items():
        keys_of_first, keys_of_second = required(table, design, mapping, rules)
        allowed = keys_of_first[:, None] == keys_of_second[None, :]
        if not allowed.any():
            raise ValueError("the design allows no pair: its constraints contradict each other")
        joint += fraction * allowed / allowed.sum()
    first, second = np.nonzero(joint)
    return _decompositions(
        table[first], table[second], joint[first, second], design, counts, mapping, label_noise
    )


def empirical_truth(
    images: ImageSet, pairs: PairSet, design: PairDesign, counts: FactorCounts, mapping: np.ndarray
) -> dict[str, PID]:
    """Task → PID for the factor tables of drawn pairs, in bits.

    A finite draw carries chance dependence, so its terms differ slightly from the ideal ones.

    Raises:
        ValueError: pairs of other images, or a mapping that :func:`exact_truth` refuses.
    """
    first_mapped, second_mapped = design.mapped
    mapping = check_mapping(mapping, counts[first_mapped], counts[second_mapped])
    if pairs.index.size and not 0 <= pairs.index.min() <= pairs.index.max() < len(images):
        raise ValueError(f"the pairs are of rows outside 0..{len(images) - 1} of these images")
    first, second = (images.factors[pairs.index[:, side]] for side in (0, 1))
    weights = np.full(len(pairs), 1 / len(pairs))
    return _decompositions(first, second, weights, design, counts, mapping)


def _decompositions(
    first: np.ndarray,
    second: np.ndarray,
    weights: np.ndarray,
    design: PairDesign,
    counts: FactorCounts,
    mapping: np.ndarray,
    label_noise: float = 0.0,
) -> dict[str, PID]:
    labels = label_pairs(first, second, design, mapping)
    found = {}
    for task in tasks(design, counts):
        relevant = _relevant(task.name, design)
        code_1, n1 = _encode(first, [f for side, f in relevant if side == 1], counts)
        code_2, n2 = _encode(second, [f for side, f in relevant if side == 2], counts)
        cell = (code_1 * n2 + code_2) * task.classes + labels[task.name]
        joint = np.bincount(cell, weights, n1 * n2 * task.classes)
        joint = with_label_noise(joint.reshape(n1, n2, task.classes), label_noise)
        found[task.name] = decompose(joint)
    return found


def _relevant(task: str, design: PairDesign) -> set[tuple[int, str]]:
    """The (image, factor) nodes that bear on a task: its label's, and what a constraint links."""
    mapped = ((1, design.mapped[0]), (2, design.mapped[1]))
    labelled: dict[str, set[tuple[int, str]]] = {
        "R": {(1, design.shared)},
        "U1": {(1, design.unique)},
        "U2": {(2, design.unique)},
        "S": set(mapped),
    }
    nodes = labelled[task]
    links: list[set[tuple[int, str]]] = []
    if design.shared_strength > 0:
        links.append({(1, design.shared), (2, design.shared)})
    if design.mapping_strength > 0:
        links.append(set(mapped))
    for _ in links:  # two links close in two passes
        for link in links:
            if nodes & link:
                nodes = nodes | link
    return nodes


def _encode(table: np.ndarray, factors: list[str], counts: FactorCounts) -> tuple[np.ndarray, int]:
    """One code for the values of some factors, and how many codes there are."""
    code, size = np.zeros(len(table), dtype=np.int64), 1
    for factor in sorted(factors, key=FACTORS.index):
        code, size = code * counts[factor] + table[:, column(factor)], size * counts[factor]
    return code, size
