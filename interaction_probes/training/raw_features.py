"""Modalities as raw features, for what reads them without an encoder."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from interaction_probes.contrast.encoders.sequences import join_valid

from .modalities import Modality, gather, gather_lengths, valid_steps

#: Stretches of a sequence, and cells of an image along a side, that are averaged.
_PARTS = 8
#: Rows that are read at a time.
_ROWS = 1_000


def raw_features(modality: Modality, rows: np.ndarray) -> np.ndarray:
    """Vectors as they are, sequences as means of 8 stretches, images as 8 × 8 cells per channel.

    Padded steps have no part in the means.

    Args:
        modality: arrays of all samples.
        rows: int64 [n], those to read.

    Returns:
        float32 [n, k].
    """
    found = [
        _features(modality, rows[start : start + _ROWS]) for start in range(0, len(rows), _ROWS)
    ]
    return torch.cat(found).numpy()


def _features(modality: Modality, rows: np.ndarray) -> Tensor:
    values = gather(modality.values, rows).float()
    if modality.kind == "vectors":
        return values
    if modality.kind == "images":
        return F.adaptive_avg_pool2d(values.permute(0, 3, 1, 2), _PARTS).flatten(1)
    valid = valid_steps(gather_lengths(modality, rows), values.shape[1])
    if valid is None:
        valid = torch.ones(values.shape[:2], dtype=torch.bool)
    # The last column is 1 in valid steps: its mean is the share of them in a stretch.
    sums = F.adaptive_avg_pool1d(join_valid(values, valid).mT, _PARTS)
    return (sums[:, :-1] / sums[:, -1:].clamp(min=1e-6)).flatten(1)
