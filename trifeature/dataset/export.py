"""Datasets on disk: an npz file, the folders of PNG files that published code reads, or Parquet."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from trifeature.images.factors import FACTORS, NAMES
from trifeature.images.image_sets import ImageDesign, ImageSet
from trifeature.images.png import png_bytes
from trifeature.pairs.design import PairDesign
from trifeature.samples.design import SampleDesign

from .folders import file_names
from .manifest import SPLIT_OF_SET, Dataset, described, kind_of, sets_of, table_arrays
from .new_folder import check_free, new_folder, write_manifest
from .parquet import check_pyarrow, write_parquet

Format = Literal["npz", "folders", "parquet"]


def export(
    data: Dataset,
    out: Path,
    form: Format,
    images: ImageDesign,
    pairs: PairDesign | SampleDesign,
    seed: int,
) -> dict[str, Any]:
    """Write a dataset to a new folder, wholly or not at all.

    ``npz`` writes data.npz. ``folders`` writes train/SHAPE_TEXTURE_COLOUR_K.png (K-th render, from
    0), test/SHAPE_TEXTURE_COLOUR.png, a metadata.csv beside them, factors.csv and a csv of each
    set of pairs or samples. ``parquet`` writes
    what :mod:`trifeature.dataset.parquet` says. Each has a manifest.json: the generator's version,
    the design, the names of the factors' values, the mapping or the Latin arrays, the sha256 of
    each file and of the content (the arrays of data.npz, whatever the format).

    Args:
        data: what :func:`trifeature.generate` or :func:`trifeature.generate_samples` drew.
        out: the folder to make; it may exist if it is empty.
        form: the format.
        images: the design of the images, for the manifest.
        pairs: the design of the pretraining pairs or samples, for the manifest.
        seed: the seed, for the manifest.

    Returns:
        The manifest.

    Raises:
        ValueError: the folder holds something already, or Parquet is asked for without pyarrow.
        OSError: the folder cannot be written.
    """
    check_free(out)
    if form == "parquet":
        check_pyarrow()
    with new_folder(out) as folder:
        arrays = contents(data)
        if form == "npz":
            np.savez_compressed(folder / "data.npz", allow_pickle=False, **arrays)
        elif form == "folders":
            _write_folders(folder, data, images.renders)
        else:
            write_parquet(folder, data, images)
        return write_manifest(folder, described(data, form, images, pairs, seed), arrays)


def contents(data: Dataset) -> dict[str, np.ndarray]:
    """Every array of a dataset by name, as data.npz holds them."""
    arrays = table_arrays(data)
    for split in ("train", "test"):
        image_set: ImageSet = getattr(data, split)
        arrays |= {f"{split}_images": image_set.images, f"{split}_factors": image_set.factors}
    for name, pair_set in sets_of(data).items():
        arrays[f"{name}_index"] = pair_set.index
        arrays |= {f"{name}_{task}": labels for task, labels in pair_set.labels.items()}
    return arrays


def _write_folders(folder: Path, data: Dataset, renders: int) -> None:
    files: dict[str, list[str]] = {}
    rows: list[list[Any]] = []
    columns = [*FACTORS, *(f"{factor}_value" for factor in FACTORS)]
    for split, image_set in (("train", data.train), ("test", data.test)):
        (folder / split).mkdir()
        names = file_names(image_set, split, renders)
        factors = [
            [*(NAMES[f][value] for f, value in zip(FACTORS, values, strict=True)), *values]
            for values in image_set.factors.tolist()
        ]
        for name, pixels in zip(names, image_set.images, strict=True):
            (folder / split / name).write_bytes(png_bytes(pixels))
        labelled = list(zip(names, factors, strict=True))
        # What the Hugging Face loader `imagefolder` reads labels from.
        _write_table(
            folder / split / "metadata.csv",
            ["file_name", *columns],
            ([name, *values] for name, values in labelled),
        )
        files[split] = [f"{split}/{name}" for name in names]
        rows += [[f"{split}/{name}", split, *values] for name, values in labelled]
    _write_table(folder / "factors.csv", ["file", "split", *columns], rows)
    numbered = [f"image_{k + 1}" for k in range(data.modalities)]
    for name, pair_set in sets_of(data).items():
        split_files = files[SPLIT_OF_SET[name]]
        labels = np.stack(list(pair_set.labels.values()), axis=1).tolist()
        lines = (
            [*(split_files[image] for image in images), *values]
            for images, values in zip(pair_set.index.tolist(), labels, strict=True)
        )
        target = folder / f"{kind_of(data)}_{name}.csv"
        _write_table(target, [*numbered, *pair_set.labels], lines)


def _write_table(path: Path, header: list[str], rows: Iterable[list[Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
