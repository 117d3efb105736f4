"""MM-IMDb (Arevalo et al., 2017): multimodal_imdb.hdf5, or the folder with split.json."""

from pathlib import Path

import numpy as np

from interaction_probes.datasets.blocks import row_blocks
from interaction_probes.datasets.schema import Label, Modality, MultimodalDataset, Split

from .hdf5 import dataset_of, mapped, opened
from .mmimdb_folder import read_folder
from .standardised import scale_features

_KEYS = ("images", "features", "genres")
#: Rows of the published file, and the first row of its dev and of its test part.
ROWS, DEV, TEST = 25_959, 15_552, 18_160


def read_mmimdb(path: Path, standardise: bool = True) -> MultimodalDataset:
    """Read posters and plots of films with their genres; the split is the published one.

    The hdf5 file has the plots as vectors of 300, averages of word2vec's. Its images are
    memory-mapped where the file has them as uint8 in one piece. In the folder plots are texts:
    see :func:`interaction_probes.datasets.readers.mmimdb_folder.read_folder`.

    Args:
        path: the hdf5 file, or the folder.
        standardise: the text's, by training rows.

    Returns:
        Modalities ``image`` [N, 256, 160, 3] and ``text`` [N, d], label ``genres`` (multi-label).
        The hdf5 file has no names of genres: they are numbers from 0.

    Raises:
        ValueError: other content, or h5py is not installed.
    """
    if path.is_dir():
        return read_folder(path, standardise)
    with opened(path) as file:
        stored = dataset_of(file, "images", (None, 3, None, None), _KEYS)
        n = len(stored)
        if n != ROWS:
            raise ValueError(
                f"images has {n:,} rows: {ROWS:,} are expected, by which the split goes"
            )
        features = dataset_of(file, "features", (n, None), _KEYS)[:].astype(np.float32)
        genres = dataset_of(file, "genres", (n, None), _KEYS)[:]
        images = mapped(stored) if stored.dtype == np.uint8 else None
        pixels = _as_pixels(stored[:] if images is None else images)
    wrong = (genres != 0) & (genres != 1)
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise ValueError(f"genres is 0 and 1: row {row} is not")
    split = Split(np.arange(DEV), np.arange(DEV, TEST), np.arange(TEST, n))
    modalities = [
        Modality("image", "images", np.moveaxis(pixels, 1, -1)),
        Modality("text", "vectors", features),
    ]
    scaled, note = scale_features(modalities, split.train, standardise)
    names = tuple(map(str, range(genres.shape[1])))
    notes = (f"{n:,} rows read, none dropped; rows :{DEV:,} are train, :{TEST:,} dev", note)
    labels = (Label("genres", "multilabel", genres.astype(bool), names),)
    return MultimodalDataset(scaled, labels, split, None, notes)


def _as_pixels(images: np.ndarray) -> np.ndarray:
    """Images as uint8; floats from 0 to 1 as float32."""
    if images.dtype == np.uint8:
        return images
    low = min(float(images[rows].min()) for rows in row_blocks(images))
    high = max(float(images[rows].max()) for rows in row_blocks(images))
    if not 0 <= low <= high <= 255:
        raise ValueError(f"images is 0 to 255 or 0 to 1, not {low:g} to {high:g}")
    if images.dtype.kind == "f" and high <= 1:
        return images.astype(np.float32)
    found = np.empty(images.shape, dtype=np.uint8)
    for rows in row_blocks(images):
        found[rows] = np.rint(images[rows])
    return found
