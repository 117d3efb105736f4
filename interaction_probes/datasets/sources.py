"""Arrays by key from a file, a folder or a function of the user's."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.common.users_code import import_module_of, location

from .schema import MultimodalDataset

FORMS = "an .npz file, a folder of .npy files, or package.module:function"
#: How each command is told the format of another program.
FORMAT_OPTIONS = "check-data --format, run --data.format, sweep --grid data.format"


def read_source(source: str | Path) -> Mapping[str, Any] | MultimodalDataset:
    """Arrays by key; those of a folder are memory maps, those of an .npz file are read when used.

    Raises:
        ValueError: there is no such file or function, it cannot be read, or it is of another form.
    """
    path = Path(source)
    if path.is_dir():
        return _of_folder(path)
    if path.is_file():
        return Archive(path)
    if re.fullmatch(r"\w+(\.\w+)*:\w+", str(source)):
        return _of_function(str(source))
    raise ValueError(f"{source}: no such file; data are {FORMS}")


class Archive(Mapping[str, np.ndarray]):
    """The arrays of an .npz file by key; one that is pickled is refused."""

    def __init__(self, path: Path):
        self._path = path
        try:
            file = np.load(path, allow_pickle=False)
        except (ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path} is no .npz file of plain arrays; data are {FORMS}, and a file of another "
                f"program needs its format: {FORMAT_OPTIONS}"
            ) from error
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise ValueError(f"{path} is a single array; data are {FORMS}")
        with file:
            self._keys = list(file.files)

    def __getitem__(self, key: str) -> np.ndarray:
        if key not in self._keys:
            raise KeyError(key)
        try:
            with np.load(self._path, allow_pickle=False) as file:
                return np.asarray(file[key])
        except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(_unreadable(key, error)) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class Folder(Mapping[str, np.ndarray]):
    """The .npy files of a folder by key, the name without .npy, as memory maps."""

    def __init__(self, path: Path):
        self._path = path
        self._keys = sorted(file.name.removesuffix(".npy") for file in path.glob("*.npy"))
        if not self._keys:
            raise ValueError(f"{path} has no .npy files; data are {FORMS}")

    def __getitem__(self, key: str) -> np.ndarray:
        if key not in self._keys:
            raise KeyError(key)
        try:
            found = np.load(self._path / f"{key}.npy", mmap_mode="r", allow_pickle=False)
            assert isinstance(found, np.ndarray)
            return found
        except (ValueError, EOFError) as error:
            raise ValueError(_unreadable(key, error)) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _of_folder(path: Path) -> Mapping[str, np.ndarray]:
    return Folder(path)


def _unreadable(key: str, error: Exception) -> str:
    if any(word in str(error) for word in ("pickle", "Python objects")):
        return (
            f"{key} is an array of Python objects, which only a pickle can hold: save numbers, or "
            "texts by np.array(…, dtype=str)"
        )
    return f"{key} cannot be read: {' '.join(str(error).split()) or type(error).__name__}"


def _of_function(target: str) -> Mapping[str, Any] | MultimodalDataset:
    """What a user's function returns; this runs its code."""
    module_name, _, name = target.partition(":")
    module = import_module_of(module_name, target)
    function = getattr(module, name, None)
    if not callable(function):
        hint = did_you_mean(name, [key for key, value in vars(module).items() if callable(value)])
        raise ValueError(f"{target}: {module_name} has no function {name!r}; {hint}".rstrip("; "))
    try:
        found = function()
    except (Exception, SystemExit) as error:  # anything that a user's function may raise
        raise ValueError(
            f"{target}: {location(error)}{type(error).__name__}: {' '.join(str(error).split())}"
        ) from error
    if not isinstance(found, Mapping | MultimodalDataset):
        raise ValueError(
            f"{target} returns {type(found).__name__}: give a dict of arrays, or a "
            "MultimodalDataset"
        )
    return found
