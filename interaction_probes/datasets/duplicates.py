"""Samples that occur on both sides of a split."""

import hashlib
from dataclasses import dataclass

import numpy as np

from .blocks import row_blocks
from .schema import Modality, MultimodalDataset


@dataclass(frozen=True)
class Repeated:
    """Rows of a part whose values occur in the training rows too.

    Attributes:
        rows: int64 of the part.
        of: int64, for each the first training row with the same values.
    """

    rows: np.ndarray
    of: np.ndarray


def repeated_rows(dataset: MultimodalDataset) -> dict[tuple[str, str], Repeated]:
    """(part, modality) → its rows whose values occur in the training rows; "" is all modalities.

    Every modality is read once, a block at a time; only parts and modalities with such rows are
    named.
    """
    digests = {modality.name: _row_digests(modality) for modality in dataset.modalities}
    digests[""] = np.array(
        [
            hashlib.blake2b(b"".join(row), digest_size=16).hexdigest()
            for row in zip(*digests.values(), strict=True)
        ],
        dtype="S32",
    )
    found = {}
    train = dataset.split.learnt_from
    for name, digest in digests.items():
        known, first = np.unique(digest[train], return_index=True)
        for part in ("validation", "test"):
            rows = getattr(dataset.split, part)
            place = np.searchsorted(known, digest[rows]).clip(max=len(known) - 1)
            same = known[place] == digest[rows]
            if same.any():
                found[part, name] = Repeated(rows[same], train[first[place[same]]])
    return found


def _row_digests(modality: Modality) -> np.ndarray:
    """A digest of each row of a modality."""
    found = np.empty(len(modality), dtype="S32")
    for rows in row_blocks(modality.values):
        block = np.ascontiguousarray(modality.values[rows])
        for k, row in enumerate(block):
            found[rows.start + k] = hashlib.blake2b(row.data, digest_size=16).hexdigest()
    return found
