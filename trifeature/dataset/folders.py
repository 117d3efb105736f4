"""Folders of PNG files as published code writes and reads them: their names, and reading them.

``train/SHAPE_TEXTURE_COLOUR_K.png`` is the K-th render of a training combination, from 0;
``test/SHAPE_TEXTURE_COLOUR.png`` the image of a test combination.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from interaction_probes.common.spelling import nearest
from trifeature.images.factors import FACTORS, NAMES, FactorCounts, combinations
from trifeature.images.image_sets import ImageSet, checksum
from trifeature.images.png import png_side, read_png

from .listed_files import check_images

_OTHER_FORMATS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".tif", ".tiff", ".webp"})
_FORMS = {"train": "SHAPE_TEXTURE_COLOUR_K.png", "test": "SHAPE_TEXTURE_COLOUR.png"}
_STEMS = {
    "train": re.compile(r"([^_]+)_([^_]+)_([^_]+)_(0|[1-9]\d*)"),
    "test": re.compile(r"([^_]+)_([^_]+)_([^_]+)()"),
}


@dataclass(frozen=True)
class FolderImages:
    """The images of a folder, in the order in which the generator draws them.

    Attributes:
        train: images of the training combinations, renders of one following one another.
        test: images of the held-out combinations.
        counts: how many values each factor has.
        renders: images of each training combination.
    """

    train: ImageSet
    test: ImageSet
    counts: FactorCounts
    renders: int

    @property
    def sha256(self) -> str:
        """The checksum of pixels, factors and split, whatever the files' compression."""
        return checksum(self.train.images, self.train.factors, self.test.images, self.test.factors)


def file_names(images: ImageSet, split: str, renders: int) -> list[str]:
    """The file of each image of a split, below its folder.

    Args:
        images: of the split; renders of a combination follow one another.
        split: ``train`` or ``test``, whose files have no number.
        renders: images of each training combination.
    """
    names = [combination_name(values) for values in images.factors.tolist()]
    if split == "test":
        return [f"{name}.png" for name in names]
    return [f"{name}_{k % renders}.png" for k, name in enumerate(names)]


def combination_name(values: list[int]) -> str:
    """SHAPE_TEXTURE_COLOUR of a row of a factor table."""
    return "_".join(NAMES[factor][value] for factor, value in zip(FACTORS, values, strict=True))


def read_folder(folder: Path | str) -> FolderImages:
    """Read and check the images of a folder; its split is the split.

    Every combination of the first values of each factor, up to the last that occurs, must be in
    train/ or in test/; training combinations must have the same number of renders, and all images
    one size. Files of other kinds are left alone. Where the folder has a manifest.json that lists
    the checksums of its files and its values, they must be these.

    Raises:
        ValueError: no such folder, a PNG file with another name, a combination that is missing or
            is on both sides, a missing render, an image of another size, a file that
            :func:`trifeature.images.png.read_png` refuses, or images that are not those of the
            manifest.
        OSError: a file that cannot be read.
    """
    folder = Path(folder)
    files = {split: _files(folder, split) for split in _FORMS}
    rows = {split: np.array([key[:3] for key in files[split]]) for split in files}
    counts = FactorCounts(*(np.concatenate(list(rows.values())).max(0) + 1).tolist())
    combined = {split: {tuple(row) for row in rows[split].tolist()} for split in rows}
    for values in combinations(counts).tolist():
        sides = [split for split in combined if tuple(values) in combined[split]]
        if not sides:
            raise ValueError(f"{folder} lacks {combination_name(values)}, in train/ as in test/")
        if len(sides) > 1:
            raise ValueError(f"{folder} has {combination_name(values)} in train/ and in test/")
    renders = max(key[3] for key in files["train"]) + 1
    for values in sorted(combined["train"]):
        missing = next((k for k in range(renders) if (*values, k) not in files["train"]), None)
        if missing is not None:
            name = combination_name(list(values))
            raise ValueError(f"{folder / 'train'} lacks {name}_{missing}.png")
    ordered = {split: [path for _, path in sorted(files[split].items())] for split in files}
    first = ordered["train"][0]
    side = png_side(first)
    for path in (path for paths in ordered.values() for path in paths):
        own = png_side(path)
        if own != side:
            raise ValueError(f"{path} has a side of {own} pixels where {first.name} has {side}")
    train, test = (
        ImageSet(
            np.stack([read_png(path) for path in ordered[split]]),
            np.array([key[:3] for key in sorted(files[split])], dtype=np.int64),
        )
        for split in ("train", "test")
    )
    check_images(folder, counts)
    return FolderImages(train, test, counts, renders)


def _files(folder: Path, split: str) -> Mapping[tuple[int, ...], Path]:
    """(shape, texture, colour, render) → file, of one split."""
    inside = folder / split
    if not inside.is_dir():
        raise ValueError(f"no folder {inside}; images lie in train/ and test/")
    found: dict[tuple[int, ...], Path] = {}
    for path in sorted(inside.iterdir()):
        if path.suffix.lower() in _OTHER_FORMATS and _STEMS[split].fullmatch(path.stem):
            raise ValueError(f"{path} is no PNG file: images lie as {_FORMS[split]}")
        if path.suffix.lower() == ".png" and not path.name.startswith("."):
            found[_key(path, split)] = path
    if not found:
        raise ValueError(f"{inside} holds no PNG files")
    return found


def _key(path: Path, split: str) -> tuple[int, ...]:
    parts = _STEMS[split].fullmatch(path.stem)
    if parts is None or path.suffix != ".png":
        raise ValueError(f"{path} is not named {_FORMS[split]}")
    values = []
    for factor, name in zip(FACTORS, parts.groups(), strict=False):
        names = NAMES[factor]
        if name not in names:
            close = nearest(name, names)
            hint = f"did you mean {close}?" if close else f"there are {', '.join(names)}"
            raise ValueError(f"{path}: no {factor} {name!r}; {hint}")
        values.append(names.index(name))
    return (*values, int(parts[4] or 0))
