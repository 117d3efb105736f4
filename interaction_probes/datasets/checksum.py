"""The checksum of a dataset's content, of which only a block is in memory at a time."""

import hashlib
from collections.abc import Iterator

import numpy as np

from .blocks import row_blocks
from .schema import MultimodalDataset


def content_checksum(dataset: MultimodalDataset) -> str:
    """SHA-256 of names, kinds and values, as 64 hexadecimal digits.

    Equal content has an equal checksum whatever it was read from, an .npz file or a folder. The
    order of modalities is content, since methods number them; that of labels is not.
    """
    digest = hashlib.sha256()
    for name, array in _arrays(dataset):
        digest.update(f"{name}\n{array.dtype.str}{list(array.shape)}\n".encode())
        for rows in row_blocks(array):
            digest.update(np.ascontiguousarray(array[rows]).data)
    return digest.hexdigest()


def _arrays(dataset: MultimodalDataset) -> Iterator[tuple[str, np.ndarray]]:
    for modality in dataset.modalities:
        yield f"modality.{modality.name} {modality.kind}", modality.values
        if modality.lengths is not None:
            yield f"lengths.{modality.name}", modality.lengths
    for label in sorted(dataset.labels, key=lambda one: one.name):
        yield f"label.{label.name} {label.kind} {list(label.classes)}", label.values
    for part, rows in dataset.split.parts().items():
        yield f"split.{part}", rows
    if dataset.units is not None:
        yield "unit", dataset.units
