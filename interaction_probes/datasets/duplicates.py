"""Samples that occur on both sides of a split."""

import hashlib
from dataclasses import dataclass

import numpy as np

from .blocks import row_blocks, valid_steps
from .schema import Modality, MultimodalDataset

#: Part → the rows that something was fitted to before it is read.
SEEN_BY = {"validation": "training", "test": "training or validation"}


@dataclass(frozen=True)
class Repeated:
    """Rows of a part whose values occur in rows that something is fitted to.

    Attributes:
        rows: int64 of the part.
        of: int64, for each the first of those rows with the same values.
    """

    rows: np.ndarray
    of: np.ndarray


def repeated_rows(dataset: MultimodalDataset) -> dict[tuple[str, str], Repeated]:
    """(part, modality) → its rows whose values were seen before; "" is all modalities.

    Of validation rows that is in the training rows or those to pretrain on. Of test rows it is in
    the validation rows as well: probes are refitted to them. Every modality is read once, a block
    at a time; only parts and modalities with such rows are named.
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
    seen = {"validation": train, "test": np.union1d(train, dataset.split.validation)}
    for name, digest in digests.items():
        for part, before in seen.items():
            known, first = np.unique(digest[before], return_index=True)
            rows = getattr(dataset.split, part)
            place = np.searchsorted(known, digest[rows]).clip(max=len(known) - 1)
            same = known[place] == digest[rows]
            if same.any():
                found[part, name] = Repeated(rows[same], before[first[place[same]]])
    return found


def _row_digests(modality: Modality) -> np.ndarray:
    """A digest of each row of a modality: of its values, whatever stands at padded steps."""
    found = np.empty(len(modality), dtype="S32")
    for rows in row_blocks(modality.values):
        block = np.ascontiguousarray(modality.values[rows])
        if block.dtype.kind == "f":
            block = block + 0  # −0 becomes 0
        numbers = np.arange(rows.start, rows.stop)
        if modality.lengths is not None:
            block = np.where(valid_steps(modality, numbers)[..., None], block, 0)
        for k, row in zip(numbers, block, strict=True):
            digest = hashlib.blake2b(row.data, digest_size=16)
            if modality.lengths is not None:
                digest.update(str(modality.lengths[k]).encode())
            found[k] = digest.hexdigest()
    return found
