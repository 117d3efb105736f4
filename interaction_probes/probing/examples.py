"""What a probe is fitted to and scores: features and labels, read and checked."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from interaction_probes.common.values.labels_and_numbers import check_same_index, numbers

#: Features [n, d] and labels int64 [n].
Examples = tuple[Tensor, np.ndarray]


def as_examples(examples: tuple[Any, Any], name: str) -> Examples:
    """Features as a tensor and labels as int64, from arrays, frames, lists or tensors.

    Args:
        examples: features [n, d] and labels [n].
        name: what an error calls them: "fitting" or "scoring".

    Raises:
        ValueError: features or labels that are missing, masked or no numbers, labels that are not
            whole, or pandas objects of different indexes.
    """
    features, labels = examples
    check_same_index({f"{name} features": features, f"{name} labels": labels})
    features = as_features(features, name)
    if type(labels) is not np.ndarray or labels.dtype != np.int64:
        read = numbers(labels, f"the array of {name} labels")
        if read.shape[1] > 1 or (read != np.round(read)).any():
            raise ValueError(f"labels of the {name} pairs are whole numbers [n]")
        labels = read[:, 0].astype(np.int64)
    return features, labels


def as_features(features: Any, name: str) -> Tensor:
    """Features [n, d] as a tensor of float32 or float64, from arrays, frames, lists or tensors.

    Args:
        features: [n, d].
        name: what an error calls their rows.

    Raises:
        ValueError: features that are missing, masked or no numbers.
    """
    if not isinstance(features, Tensor) or features.layout != torch.strided:
        features = torch.from_numpy(numbers(features, f"the array of {name} features"))
    features = features.detach()
    if features.dtype not in (torch.float32, torch.float64) and not features.is_complex():
        features = features.float()  # exact: half and bfloat16 have fewer digits
    return features


def check_examples(train: Examples, test: Examples, classes: int) -> None:
    """Refuse what cannot be probed, in a line that says which pairs are at fault.

    Raises:
        ValueError: as :func:`~interaction_probes.probing.linear.linear_probe` lists.
    """
    if train[0].ndim != 2 or train[0].shape[1:] != test[0].shape[1:]:
        shapes = f"{list(train[0].shape)} and {list(test[0].shape)}"
        raise ValueError(f"features of fitting and scoring pairs are [n, d] each, not {shapes}")
    for name, (features, labels) in (("fitting", train), ("scoring", test)):
        if labels.ndim != 1:
            raise ValueError(f"labels of the {name} pairs are [n], not {list(labels.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} {name} features have {len(labels)} labels")
        found = np.unique(labels)
        if len(found) < 2:
            raise ValueError(
                f"all {len(labels)} {name} pairs are of one class: nothing to probe; more pairs "
                "or more factor values may help"
            )
        if found[0] < 0 or found[-1] >= classes:
            raise ValueError(f"labels of the {name} pairs lie outside 0..{classes - 1}")
        if len(labels) < classes:
            raise ValueError(f"{len(labels)} {name} pairs are fewer than the {classes} classes")
        if not torch.isfinite(features).all():
            raise ValueError(f"the features of the {name} pairs are not finite")
    if len(unseen := np.setdiff1d(test[1], train[1])):
        # Its bias has no penalty and no minimum: bits would be wherever the solver stopped.
        raise ValueError(
            f"no fitting pair is of class {unseen[0]}, which scoring pairs have: "
            f"{(test[1] == unseen[0]).sum()} of {len(test[1])}; more pairs or fewer factor values "
            "may help"
        )
