"""One probe for labels of every kind."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from interaction_probes.common.values.labels_and_numbers import check_same_index
from interaction_probes.probing.model_selection import check_penalties

from .class_probe import class_chance, class_probe
from .label_parts import read_parts
from .multilabel_probe import multilabel_chance, multilabel_probe
from .real_probe import real_chance, real_probe
from .result import LabelKind, LabelResult
from .rows import PARTS, ProbedFeatures, ProbedRows, check_counts


def probe_label(
    kind: LabelKind,
    fit: tuple[Any, Any],
    choose: tuple[Any, Any],
    score: tuple[Any, Any],
    penalties: Sequence[float],
    counts: np.ndarray | None = None,
    classes: Sequence[str] = (),
) -> LabelResult:
    """What a linear probe finds of a label in frozen features.

    The penalty is chosen on the validation rows, by probes fitted to the training rows. The probe
    of that penalty is then refitted to the training *and* the validation rows, as the probes of
    Trifeature are refitted to all their fitting pairs: after the choice the validation rows serve
    no other purpose, and a probe of more rows is a better one. Penalties are those of a mean over
    rows, so that a chosen one suits both. The test rows are scored once, and choose nothing.
    Published probes that are fitted to the training rows alone have fewer rows.

    >>> rng = np.random.default_rng(0)
    >>> x, noise = rng.normal(size=(300, 2)), rng.normal(size=300)
    >>> parts = [(x[k::3], (x[k::3, 0] + 0.1 * noise[k::3])[:, None]) for k in range(3)]
    >>> found = probe_label("real", *parts, penalties=(1.0, 1e-2, 1e-4))
    >>> print(f"{found.scores['r2']:.2f}", found.chosen)
    0.99 {'r2_strength': 0.01}

    Args:
        kind: of the label, which says what is fitted: multinomial logistic regression of classes
            (:func:`.class_probe.class_probe`), one logistic regression per column of a multi-label
            (:func:`.multilabel_probe.multilabel_probe`), ridge regression of real numbers
            (:func:`.real_probe.real_probe`).
        fit: features [n, d] and labels of the training rows. Labels are int64 [n] of classes, bool
            [n, k] of a multi-label, float64 [n] or [n, k] of real numbers.
        choose: those of the validation rows.
        score: those of the test rows.
        penalties: L2 penalties λ to choose from.
        counts: [b, m] of a bootstrap over the units of the test rows, for intervals
            (:func:`.units.draw_unit_counts`).
        classes: names of the columns of a multi-label, for notes.

    Returns:
        The scores. Of features that are all constant they are chance, and marked as collapsed.

    Raises:
        ValueError: features or labels of other forms, missing, masked or not finite, pandas objects
            of different indexes, a part without rows,
            penalties that are not positive, a label with one value in all training or all test
            rows, or a class of the validation or test rows that no training row has.
    """
    for name, (rows, values) in zip(PARTS, (fit, choose, score), strict=True):
        check_same_index({f"{name} features": rows, f"{name} labels": values})
    features = ProbedFeatures.of([part[0] for part in (fit, choose, score)])
    labels = [part[1] for part in (fit, choose, score)]
    return probe_prepared(kind, features, labels, penalties, counts, classes)


def probe_prepared(
    kind: LabelKind,
    features: ProbedFeatures,
    labels: Sequence[Any],
    penalties: Sequence[float],
    counts: np.ndarray | None = None,
    classes: Sequence[str] = (),
) -> LabelResult:
    """:func:`probe_label` on features that several labels share, which are decomposed once.

    Args:
        kind: of the label.
        features: of the three parts.
        labels: of the training, the validation and the test rows.
        penalties: as for :func:`probe_label`, as are the next two.
        counts: see there.
        classes: see there.

    Raises:
        ValueError: see there.
    """
    penalties = check_penalties(penalties)
    train, validation, test = read_parts(kind, labels, features.rows)
    check_counts(counts, len(test))
    both = np.concatenate([train, validation])
    if features.fitted is None:
        chance = {"classes": class_chance, "multilabel": multilabel_chance, "real": real_chance}
        result = chance[kind](both, test, counts)
        return replace(result, validation=chance[kind](both, validation).scores)
    assert features.test is not None
    assert features.variance is not None
    rows = ProbedRows(features.fitted, features.test, features.variance, len(train), both, test)
    if kind == "classes":
        return class_probe(rows, penalties, counts)
    if kind == "multilabel":
        return multilabel_probe(rows, penalties, counts, classes)
    return real_probe(rows, penalties, counts)
