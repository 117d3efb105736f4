"""What a design holds: the exact decomposition of every task, ideal and as drawn."""

import numpy as np

from trifeature.images.factors import FACTORS, FactorCounts, column, combinations
from trifeature.images.image_sets import ImageSet
from trifeature.pairs.candidates import required
from trifeature.pairs.design import PairDesign, check_mapping, stratum_fractions, tasks
from trifeature.pairs.draw import PairSet, label_pairs

from .limits.of_pairs import best_auc
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
    return {
        task: decompose(with_label_noise(joint, label_noise))
        for task, joint in _ideal_joints(design, counts, mapping).items()
    }


def single_image_auc(
    design: PairDesign, counts: FactorCounts, mapping: np.ndarray
) -> tuple[float, float]:
    """The highest AUC on S of image 1 alone and of image 2 alone, for ideal factor tables.

    Both are .5 where S is pure synergy.

    Raises:
        ValueError: the design allows no pair.
    """
    joint = _ideal_joints(design, counts, mapping)["S"]
    return best_auc(joint.sum(1)), best_auc(joint.sum(0))


def _ideal_joints(
    design: PairDesign, counts: FactorCounts, mapping: np.ndarray
) -> dict[str, np.ndarray]:
    """Task → P(x1, x2, y) where every combination of factor values is equally frequent."""
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
    weights = joint[first, second]
    return _joints(table[first], table[second], weights, design, counts, mapping)


def empirical_truth(
    images: ImageSet, pairs: PairSet, design: PairDesign, counts: FactorCounts, mapping: np.ndarray
) -> dict[str, PID]:
    """Task → PID for the factor tables of drawn pairs, in bits.

    A finite draw carries chance dependence, so its terms differ slightly from the ideal ones. Only
    the attributes that bear on a task enter, those of its label and what a rule of the design links
    to them: any other is taken as independent of the label. In drawn pairs it is not quite, since a
    split has a part of the combinations only (docs/measurement.md).

    Raises:
        ValueError: pairs of other images, or a mapping that :func:`exact_truth` refuses.
    """
    first_mapped, second_mapped = design.mapped
    mapping = check_mapping(mapping, counts[first_mapped], counts[second_mapped])
    if pairs.index.size and not 0 <= pairs.index.min() <= pairs.index.max() < len(images):
        raise ValueError(f"the pairs are of rows outside 0..{len(images) - 1} of these images")
    first, second = (images.factors[pairs.index[:, side]] for side in (0, 1))
    weights = np.full(len(pairs), 1 / len(pairs))
    joints = _joints(first, second, weights, design, counts, mapping)
    return {task: decompose(joint) for task, joint in joints.items()}


def _joints(
    first: np.ndarray,
    second: np.ndarray,
    weights: np.ndarray,
    design: PairDesign,
    counts: FactorCounts,
    mapping: np.ndarray,
) -> dict[str, np.ndarray]:
    """Task → P(x1, x2, y): [n1, n2, classes], of the factors that bear on the task."""
    labels = label_pairs(first, second, design, mapping)
    found = {}
    for task in tasks(design, counts):
        relevant = _relevant(task.name, design)
        code_1, n1 = _encode(first, [f for side, f in relevant if side == 1], counts)
        code_2, n2 = _encode(second, [f for side, f in relevant if side == 2], counts)
        cell = (code_1 * n2 + code_2) * task.classes + labels[task.name]
        joint = np.bincount(cell, weights, n1 * n2 * task.classes)
        found[task.name] = joint.reshape(n1, n2, task.classes)
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
