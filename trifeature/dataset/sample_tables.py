"""Tables of pairs and samples beside a folder of images: SET.csv, its labels compared."""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import numpy as np

from trifeature.images.image_sets import ImageSet, checksum
from trifeature.pairs.design import PairDesign
from trifeature.pairs.draw import PairSet
from trifeature.samples.design import SampleDesign

from .folders import FolderImages, file_names
from .listed_files import MANIFEST, check_table
from .manifest import SPLIT_OF_SET


def has_tables(folder: Path | str, kind: Literal["pairs", "samples"]) -> bool:
    """Whether a folder has a manifest and a table of each set of pairs or samples.

    Raises:
        ValueError: it has a manifest and some of the tables only.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        return False
    names = [f"{kind}_{name}.csv" for name in SPLIT_OF_SET]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing and len(missing) < len(names):
        there = next(name for name in names if name not in missing)
        raise ValueError(
            f"{folder} has {there}, and lacks {missing[0]}: its {kind} are three tables; remove "
            "all of them to draw others"
        )
    return not missing


def tables_checksum(
    images: FolderImages,
    design: PairDesign | SampleDesign,
    rules: Sequence[np.ndarray],
    sets: Sequence[PairSet],
) -> str:
    """The checksum of a folder's images, its design, what its rules were drawn as, and its sets."""
    of_images = np.frombuffer(bytes.fromhex(images.sha256), dtype=np.uint8)
    of_design = np.frombuffer(json.dumps(asdict(design)).encode(), dtype=np.uint8)
    return checksum(of_images, of_design, *rules, *(each.index for each in sets))


def _rows(path: Path) -> list[list[str]]:
    """The cells of a table, its head among them."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no table of text: {error}") from error


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
        ValueError: no table of text, other columns, no rows, a file that the split lacks, a label
            that does not follow from the images, or a table that is not the one of the manifest.
        OSError: the file cannot be read.
    """
    kind = path.stem.partition("_")[0]
    image_set: ImageSet = getattr(images, split)
    files = file_names(image_set, split, images.renders)
    row_of = {f"{split}/{file}": row for row, file in enumerate(files)}
    numbered = [f"image_{k + 1}" for k in range(modalities)]
    columns = [*numbered, *label(np.empty((0, modalities, 3), dtype=np.int64))]
    first, *rows = _rows(path) or [[]]
    if first != columns:
        raise ValueError(f"{path}: the columns of a table of {kind} are {', '.join(columns)}")
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
    check_table(path, len(rows))
    return PairSet(index, labels), factors
