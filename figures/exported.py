"""A data set as ``python -m trifeature generate`` writes it in its npz form, read with care."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from interaction_probes.common.error_lines import first_line
from interaction_probes.figures.drawing.style import TASKS

#: The columns of a factor table.
FACTORS = ("shape", "texture", "colour")


@dataclass(frozen=True)
class Exported:
    """Images with their factors, and the pairs that probes are fitted on.

    Attributes:
        images: uint8 [n, side, side, 3], those of the training split first.
        factors: int [n, 3], columns as in `FACTORS`.
        values: factor → the names of its values.
        index: int [m, 2], the images of each pair.
        labels: task → int [m].
        shared: the factor that the images of a pair share.
        unique: the factor that each image has to itself.
        mapped: the factors of image 1 and image 2 that the mapping links.
        mapping: M, int [values of the first mapped factor].
        seed: the seed that it was drawn from.
    """

    images: np.ndarray
    factors: np.ndarray
    values: dict[str, tuple[str, ...]]
    index: np.ndarray
    labels: dict[str, np.ndarray]
    shared: str
    unique: str
    mapped: tuple[str, str]
    mapping: np.ndarray
    seed: int


def read_exported(folder: Path) -> Exported:
    """Read a folder that holds manifest.json and data.npz.

    Raises:
        ValueError: no such folder, another format, samples of three images or more, files that
            differ from the manifest's checksum, or a manifest that is damaged or does not fit the
            arrays.
        OSError: a file cannot be read.
    """
    if not (folder / "manifest.json").is_file():
        raise ValueError(
            f"{folder} is no folder with a manifest.json: write one with "
            "python -m trifeature generate --out FOLDER"
        )
    manifest = _manifest(folder / "manifest.json")
    if "pairs" not in manifest and "samples" in manifest:
        raise ValueError(
            f"{folder} has samples of three images or more, and the figure is of pairs: a sheet of "
            "such samples is drawn by python -m trifeature preview --modalities 3 --out FOLDER"
        )
    if manifest.get("format") != "npz":
        raise ValueError(
            f"{folder} has the format {manifest.get('format')}; the figure is drawn from npz "
            "(python -m trifeature generate --format npz --out FOLDER)"
        )
    path = folder / "data.npz"
    try:
        expected = manifest["files_sha256"]["data.npz"]
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != expected:
            raise ValueError(f"{path} is damaged: its checksum is not that of the manifest")
        data = _fill(path, manifest)
        _check(data, manifest, folder)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        reason = f"it lacks {error.args[0]}" if isinstance(error, KeyError) else str(error)
        raise ValueError(
            f"{folder} cannot be drawn ({reason}): generate it again with this version"
        ) from error
    return data


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: it is no JSON") from error
    if not isinstance(manifest, dict):
        raise ValueError(f"{path} is damaged: it is no JSON object")
    return manifest


def _fill(path: Path, manifest: dict[str, Any]) -> Exported:
    design = manifest["pairs"]
    try:
        first, second = design["mapped"]
        with np.load(path, allow_pickle=False) as file:
            return Exported(
                images=np.concatenate([file["train_images"], file["test_images"]]),
                factors=np.concatenate([file["train_factors"], file["test_factors"]]),
                values={factor: tuple(manifest["values"][factor]) for factor in FACTORS},
                index=file["fit_index"],
                labels={task: file[f"fit_{task}"] for task in TASKS},
                shared=design["shared"],
                unique=design["unique"],
                mapped=(first, second),
                mapping=file["mapping"],
                seed=int(manifest["seed"]),
            )
    except (KeyError, TypeError):
        raise
    except Exception as error:  # zipfile, zlib and numpy each raise kinds of their own
        if isinstance(error, OSError) and error.filename is not None:
            raise
        reason = first_line(error, "it is empty")
        raise ValueError(f"{path} or its manifest is damaged ({reason})") from error


def _check(data: Exported, manifest: dict[str, Any], folder: Path) -> None:
    """Raise ValueError where arrays and manifest do not fit each other."""
    n, m = len(data.factors), len(data.index)
    sizes = [len(data.values[factor]) for factor in FACTORS]
    named = {data.shared, data.unique, *data.mapped} <= set(FACTORS)
    fits = (
        named
        and data.images.dtype == np.uint8
        and data.images.ndim == 4
        and data.images.shape == (n, data.images.shape[1], data.images.shape[1], 3)
        and data.factors.shape == (n, 3)
        and _within(data.factors, np.array(sizes))
        and data.index.shape == (m, 2)
        and _within(data.index, n)
        and all(labels.shape == (m,) for labels in data.labels.values())
        and data.mapping.shape == (len(data.values[data.mapped[0]]),)
        and _within(data.mapping, len(data.values[data.mapped[1]]))
    )
    if not fits:
        raise ValueError(f"{folder}: its manifest and its arrays do not fit each other")
    first, second = (data.factors[data.index[:, side]] for side in (0, 1))
    at = {factor: column for column, factor in enumerate(FACTORS)}
    obeys = second[:, at[data.mapped[1]]] == data.mapping[first[:, at[data.mapped[0]]]]
    implied = {
        "R": first[:, at[data.shared]],
        "U1": first[:, at[data.unique]],
        "U2": second[:, at[data.unique]],
        "S": obeys,
    }
    for task, labels in implied.items():
        if not np.array_equal(data.labels[task], labels):
            raise ValueError(f"{folder}: the labels of {task} are not those that its factors imply")
    names_from, names_to = (data.values[factor] for factor in data.mapped)
    words = {names_from[k]: names_to[value] for k, value in enumerate(data.mapping)}
    if manifest.get("mapping") != words:
        raise ValueError(f"{folder}: its manifest and its arrays tell different mappings")


def _within(numbers: np.ndarray, size: int | np.ndarray) -> bool:
    """Whether there are whole numbers, all from 0 to below a size."""
    return bool(
        numbers.size
        and np.issubdtype(numbers.dtype, np.integer)
        and (numbers >= 0).all()
        and (numbers < size).all()
    )
