"""A collapsed representation: the same features for every sample, so that no probe reads anything.

It is a result, not a failure of the probe, whose scores are then known without any fit.
"""

import numpy as np
import torch
from torch import Tensor

from interaction_probes.probing.intervals import Interval
from interaction_probes.probing.metrics import label_entropy
from interaction_probes.probing.result import ProbeResult

#: A standard deviation below this share of a feature's mean is rounding.
_ROUNDING = 1e-6


def chance_result(
    train_labels: np.ndarray, test_labels: np.ndarray, classes: int, intervals: bool = False
) -> ProbeResult:
    """The scores of a probe that is shown nothing.

    Macro accuracy is one over the classes that are scored, AUC is ½, cross-entropy is H(Y) of the
    scored labels, and captured bits are 0. They hold whatever pairs are drawn, so both ends of an
    interval are the value itself. No penalty was chosen, and none is given.

    Args:
        train_labels: int64 [n]; the most frequent class is the predicted one.
        test_labels: int64 [m].
        classes: number of classes.
        intervals: whether to give intervals.
    """
    entropy = float(label_entropy(test_labels, classes, np.ones((1, len(test_labels))))[0])
    values = {
        "accuracy": 1 / len(np.unique(test_labels)),
        "cross_entropy": entropy,
        "bits": 0.0,
        **({"auc": 0.5} if classes == 2 else {}),
    }
    ends = {name: value for name, value in values.items() if name != "cross_entropy"}
    return ProbeResult(
        accuracy=values["accuracy"],
        auc=values.get("auc"),
        cross_entropy=entropy,
        bits=0.0,
        intervals={name: Interval(v, v) for name, v in ends.items()} if intervals else {},
        predicted=np.full(len(test_labels), np.bincount(train_labels).argmax()),
    )


def is_constant(features: Tensor) -> bool:
    """Whether every feature is the same for all samples, up to the rounding of float32.

    Unlike a threshold of float32 it does not depend on the scale of the features.

    Args:
        features: [n, d], finite.
    """
    matrix = features.double()
    matrix = matrix / matrix.abs().max().clamp(min=torch.finfo(torch.float64).tiny)
    mean = matrix.mean(0)
    deviation = (matrix - mean).square().mean(0).sqrt()
    return not bool((deviation > _ROUNDING * mean.abs()).any())


def count_not_finite(features: Tensor) -> int:
    """How many samples have a feature that is NaN or infinite."""
    return int((~torch.isfinite(features).all(1)).sum())
