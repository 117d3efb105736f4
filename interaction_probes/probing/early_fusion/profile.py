"""The profile of the supervised reference: a network for each label and subset of modalities."""

from collections.abc import Mapping, Sequence

import numpy as np

from interaction_probes.probing.labels.label_parts import read_parts
from interaction_probes.probing.labels.probe import probe_prepared
from interaction_probes.probing.labels.profile import LabelOfParts, LabelProfile
from interaction_probes.probing.labels.result import LabelResult
from interaction_probes.probing.labels.rows import ProbedFeatures
from interaction_probes.runtime.torch_streams import torch_stream
from trifeature.information.profile import Subset, subset_name

from .network import supervised_features


def reference_subsets(modalities: int) -> list[Subset]:
    """Each modality alone, all but one, and all: what a modality has, and what it adds.

    >>> reference_subsets(2)
    [(1,), (2,), (1, 2)]
    >>> reference_subsets(4)
    [(1,), (2,), (3,), (4,), (2, 3, 4), (1, 3, 4), (1, 2, 4), (1, 2, 3), (1, 2, 3, 4)]
    """
    numbers = tuple(range(1, modalities + 1))
    alone = [(number,) for number in numbers]
    without = [tuple(other for other in numbers if other != number) for number in numbers]
    return [subset for subset in dict.fromkeys([*alone, *without, numbers]) if subset]


def early_fusion_profiles(
    features: Sequence[Sequence[np.ndarray]],
    labels: Mapping[str, LabelOfParts],
    penalties: Sequence[float],
    seed: int,
    counts: np.ndarray | None = None,
) -> dict[str, LabelProfile]:
    """What a network that learns a label finds of it in the raw features of some modalities.

    Early fusion: the features of a subset are put side by side, and one network reads them
    (:mod:`.network`). Each subset has a network of its own. One network of all modalities with some
    of them hidden would show less than a subset has: it never learnt to do without the others.
    Its last hidden layer, beside the raw features, is probed as every representation is, so that
    its bits compare with theirs.

    Args:
        features: per modality, [n, d] of the training, the validation and the test rows.
        labels: name → the label.
        penalties: L2 penalties λ of the probe to choose from.
        seed: of the weights, the order and the dropout.
        counts: [b, m] of a bootstrap over the units of the test rows, for intervals.

    Returns:
        Name of a label → its profile over :func:`reference_subsets`.

    Raises:
        ValueError: labels that cannot be probed, or features that are not finite.
    """
    results: dict[str, dict[Subset, LabelResult]] = {name: {} for name in labels}
    for subset in reference_subsets(len(features)):
        chosen = [features[number - 1] for number in subset]
        parts = [np.concatenate(part, axis=1) for part in zip(*chosen, strict=True)]
        for name, label in labels.items():
            known = read_parts(label.kind, label.parts, [len(part) for part in parts])
            generator = torch_stream(seed, "early fusion", name, subset_name(subset))
            hidden = supervised_features(label.kind, parts, known[:2], generator)
            results[name][subset] = probe_prepared(
                *(label.kind, ProbedFeatures.of(hidden), label.parts, penalties),
                *(counts, label.classes),
            )
    return {name: LabelProfile(labels[name].kind, found) for name, found in results.items()}
