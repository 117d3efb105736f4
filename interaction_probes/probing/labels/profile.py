"""The profile of a label: what is usable of it from every subset of the modalities."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from interaction_probes.probing.intervals import Interval
from trifeature.information.profile import Subset, subset_name, subsets

from .probe import probe_prepared
from .result import MAIN_METRIC, LabelKind, LabelResult
from .rows import ProbedFeatures

#: 63 subsets, each with probes of its own.
MOST_MODALITIES = 6

#: The numbers of the modalities that are shown, from 0 → the features of the training, the
#: validation and the test rows: [n, d] each, of one d per subset.
Represent = Callable[[frozenset[int]], Sequence[Any]]


@dataclass(frozen=True)
class LabelOfParts:
    """One label of the three parts.

    Attributes:
        kind: of the label.
        parts: labels of the training, the validation and the test rows.
        classes: names of the columns of a multi-label.
    """

    kind: LabelKind
    parts: Sequence[Any]
    classes: Sequence[str] = ()


@dataclass(frozen=True)
class LabelProfile:
    """One label's probe under every subset of the modalities.

    Attributes:
        kind: of the label.
        results: subset → its result; a subset has the numbers of its modalities, from 1, in order.
    """

    kind: LabelKind
    results: dict[Subset, LabelResult]

    @property
    def metric(self) -> str:
        """What the profile shows: "bits", or "r2" of real numbers, whose bits no entropy bounds."""
        return MAIN_METRIC[self.kind]

    @property
    def scores(self) -> dict[Subset, float]:
        """Subset → bits, or R²."""
        return {subset: result.main for subset, result in self.results.items()}

    def gain(self, subset: Subset, other: Subset) -> tuple[float, Interval | None]:
        """How much more a subset scores than another, and the interval of that.

        ``gain((1, 2), (1,))`` is what modality 2 adds to modality 1. Both are resampled alike, so
        what moves both scores cancels, and the interval is narrower than theirs suggest.

        Args:
            subset: the numbers of its modalities, from 1, in order.
            other: likewise.

        Raises:
            ValueError: a subset that is not in the profile.
        """
        for one in (subset, other):
            if one not in self.results:
                known = ", ".join(map(subset_name, self.results))
                raise ValueError(f"no subset {one} in a profile of {known}")
        high, low = self.results[subset], self.results[other]
        value = high.main - low.main
        if self.metric not in high.replicates or self.metric not in low.replicates:
            return value, None
        resampled = high.replicates[self.metric] - low.replicates[self.metric]
        return value, Interval.of(resampled).including(value)

    def __str__(self) -> str:
        return ", ".join(f"{subset_name(s)}: {value:.3f}" for s, value in self.scores.items())


def probe_profiles(
    represent: Represent,
    modalities: int,
    labels: Mapping[str, LabelOfParts],
    penalties: Sequence[float],
    counts: np.ndarray | None = None,
) -> dict[str, LabelProfile]:
    """Probe every label under every subset of the modalities, 2ⁿ − 1 of n.

    Each subset has probes of its own, whose penalties its own validation rows choose. The features
    of a subset are decomposed once for all labels, and no two subsets are in memory together.

    >>> rng = np.random.default_rng(0)
    >>> bits = rng.integers(2, size=(600, 2))
    >>> def represent(present):
    ...     shown = np.where([k in present for k in range(2)], bits, 0)
    ...     return np.split(np.column_stack([shown, shown.sum(1) == 1]).astype(float), 3)
    >>> label = LabelOfParts("classes", np.split(bits[:, 0] ^ bits[:, 1], 3))
    >>> profiles = probe_profiles(represent, 2, {"xor": label}, penalties=(1e-4, 1e-6))
    >>> {subset: round(abs(bits), 1) for subset, bits in profiles["xor"].scores.items()}
    {(1,): 0.0, (2,): 0.0, (1, 2): 1.0}

    Args:
        represent: features of the rows with some modalities shown and the others hidden. A subset
            for which it raises NotImplementedError, as methods do that need every modality, is left
            out.
        modalities: n, 1 to 6.
        labels: name → the label.
        penalties: L2 penalties λ to choose from.
        counts: [b, m] of a bootstrap over the units of the test rows, for intervals.

    Returns:
        Name of a label → its profile, the smaller subsets first.

    Raises:
        ValueError: a number of modalities outside 1 to 6, or what
            :func:`.probe.probe_label` refuses, with the label and the subset.
    """
    if not 1 <= modalities <= MOST_MODALITIES:
        raise ValueError(
            f"profiles are of 1 to {MOST_MODALITIES} modalities, not {modalities}: subsets are "
            "2ⁿ − 1"
        )
    results: dict[str, dict[Subset, LabelResult]] = {name: {} for name in labels}
    for subset in subsets(modalities):
        try:
            parts = represent(frozenset(number - 1 for number in subset))
        except NotImplementedError:
            continue
        where = f"modalities {subset_name(subset)}"
        try:
            features = ProbedFeatures.of(parts)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        for name, label in labels.items():
            try:
                results[name][subset] = probe_prepared(
                    label.kind, features, label.parts, penalties, counts, label.classes
                )
            except ValueError as error:
                raise ValueError(f"label {name}, {where}: {error}") from error
    return {name: LabelProfile(labels[name].kind, found) for name, found in results.items()}
