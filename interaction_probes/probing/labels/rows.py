"""The rows of a probe: training, validation and test features in one basis, labels checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from interaction_probes.probing.examples import as_features
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.standardiser import CollapsedError

#: The parts of a split, in the order in which they are used.
PARTS = ("training", "validation", "test")


@dataclass(frozen=True)
class ProbedFeatures:
    """Features of the three parts, ready for the probes of several labels.

    They are standardised, and rotated to their principal directions, by the statistics of the
    training and the validation rows together, which are all that a probe is fitted to in the end.

    Attributes:
        rows: how many rows the parts have.
        fitted: [n, r], the training rows, then the validation rows; None where the features have
            collapsed.
        test: [m, r]; None likewise.
        variance: [r], of the fitted rows, ascending; None likewise.
    """

    rows: tuple[int, int, int]
    fitted: Tensor | None
    test: Tensor | None
    variance: Tensor | None

    @classmethod
    def of(cls, parts: Sequence[Any]) -> "ProbedFeatures":
        """From the features [n, d] of the training, the validation and the test rows.

        Args:
            parts: tensors on one device, arrays or frames.

        Raises:
            ValueError: another number of parts, parts without a row, of other widths, or values
                that are missing or not finite.
        """
        if len(parts) != len(PARTS):
            raise ValueError(
                f"features are those of the training, validation and test rows, not of {len(parts)}"
            )
        for part, name in zip(parts, PARTS, strict=True):
            if np.shape(part)[:1] == (0,):
                raise ValueError(f"no {name} rows: a probe needs some of each part")
        tensors = [as_features(part, name) for part, name in zip(parts, PARTS, strict=True)]
        for tensor, name in zip(tensors, PARTS, strict=True):
            if tensor.ndim != 2 or tensor.shape[1:] != tensors[0].shape[1:]:
                shapes = ", ".join(str(list(each.shape)) for each in tensors)
                raise ValueError(f"features are [n, d], of one d in every part, not {shapes}")
            if not torch.isfinite(tensor).all():
                raise ValueError(f"the features of the {name} rows are not finite")
        rows = (len(tensors[0]), len(tensors[1]), len(tensors[2]))
        dtype = torch.promote_types(tensors[0].dtype, tensors[1].dtype)
        both = torch.cat([part.to(dtype) for part in tensors[:2]])
        try:
            basis = PCABasis.of(both)
        except CollapsedError:
            return cls(rows, None, None, None)
        return cls(rows, basis.rotated, basis.rotate(tensors[2].to(dtype)), basis.variance)


@dataclass(frozen=True)
class ProbedRows:
    """Features and one label of the three parts.

    Attributes:
        fitted: [n, r], rotated features of the training rows, then of the validation rows.
        test: [m, r].
        variance: [r], of the fitted rows.
        train: how many of the fitted rows are training rows.
        labels: [n] or [n, k], of the fitted rows.
        test_labels: [m] or [m, k].
    """

    fitted: Tensor
    test: Tensor
    variance: Tensor
    train: int
    labels: np.ndarray
    test_labels: np.ndarray


def check_counts(counts: np.ndarray | None, rows: int) -> None:
    """Refuse resample counts of another number of test rows.

    Raises:
        ValueError: they are not [b, rows].
    """
    if counts is not None and np.shape(counts)[1:] != (rows,):
        raise ValueError(f"resample counts are [b, {rows}], not {list(np.shape(counts))}")
