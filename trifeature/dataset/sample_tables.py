"""Tables of pairs and samples beside a folder of images: SET.csv, its labels compared."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from trifeature.images.image_sets import ImageSet
from trifeature.pairs.draw import PairSet

from .folders import FolderImages, file_names


def read_table(
    path: Path,
    images: FolderImages,
    split: str,
    modalities: int,
    label: Callable[[np.ndarray], dict[str, np.ndarray]],
    cause: str,
) -> tuple[PairSet, np.ndarray]:
    """Read a table of files and labels, and compare the labels with what they follow from.

    Args:
        path: pairs_SET.csv or samples_SET.csv: image_1, image_2, … and a column per task.
        images: the images of the folder.
        split: whose images the table names, ``train`` or ``test``.
        modalities: how many images a row has.
        label: factors, int64 [n, modalities, 3] → the labels of each task.
        cause: what labels follow from besides the images, for an error.

    Returns:
        The rows, and their factors.

    Raises:
        ValueError: other columns, no rows, a file that the split lacks, or a label that does not
            follow from the images.
        OSError: the file cannot be read.
    """
    kind = path.stem.partition("_")[0]
    image_set: ImageSet = getattr(images, split)
    files = file_names(image_set, split, images.renders)
    row_of = {f"{split}/{file}": row for row, file in enumerate(files)}
    numbered = [f"image_{k + 1}" for k in range(modalities)]
    columns = [*numbered, *label(np.empty((0, modalities, 3), dtype=np.int64))]
    with path.open(newline="") as file:
        reader = csv.reader(file)
        if next(reader, None) != columns:
            raise ValueError(f"{path}: the columns of a table of {kind} are {', '.join(columns)}")
        rows = list(reader)
    if not rows:
        raise ValueError(f"{path} has no {kind}")
    for line, row in enumerate(rows, start=2):
        unknown = next((cell for cell in row[:modalities] if cell not in row_of), None)
        if len(row) != len(columns) or unknown is not None:
            what = f"no image {unknown!r}" if unknown is not None else f"{len(row)} cells"
            raise ValueError(f"{path}, line {line}: {what}")
    index = np.array([[row_of[cell] for cell in row[:modalities]] for row in rows], dtype=np.int64)
    factors = image_set.factors[index]
    labels = label(factors)
    for place, (task, values) in enumerate(labels.items(), start=modalities):
        for line, (row, value) in enumerate(zip(rows, values.tolist(), strict=True), start=2):
            if row[place] != str(value):
                raise ValueError(
                    f"{path}, line {line}: {task} is {row[place]}, but {value} by the images and "
                    f"{cause}"
                )
    return PairSet(index, labels), factors
